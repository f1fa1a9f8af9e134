"""The joint search of the DiffraNet paper (tables 3, 4, 5, 12, 13) and its best configs."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from featcls.config import Config, dumps
from featcls.search import Trial
from featcls.search import warm_start as warm
from featcls.studies import ablation
from featcls.studies.base import Setting, Study, Table
from featcls.studies.frames import DIFFRANET, written
from featcls.studies.searching import Refit, best_of_each, searched
from featcls.studies.tables import BESIDE, Outcome, beside, measured, paper, share, table

PRESET = "diffranet-figure"
PARTS = {  # of the paper's 10,000, 2,400 and 12,600
    "toy": {"train": 30, "validation": 20, "test": 20},
    "small": {"train": 800, "validation": 200, "test": 1000},
    "full": {"train": 10000, "validation": 2400, "test": 12600},
}
SPACES = {  # with the number of evaluations
    "toy": (("quick", 3),),
    "small": (("diffranet", 40), ("default", 30)),
    "full": (("diffranet", 150), ("default", 150)),
}
VALIDATED, TESTED = 2400, 12600
VALIDATION = {
    ("glcm", "rf"): paper(0.9858, "tables 3 and 4", VALIDATED),
    ("glcm", "svm"): paper(0.9788, "table 3", VALIDATED),
    ("lbp", "svm"): paper(0.9671, "table 4", VALIDATED),
    ("sift_bovw", "rf"): paper(0.5642, "table 4", VALIDATED),
}
TEST = {
    ("glcm", "rf"): paper(0.9845, "table 5", TESTED),
    ("glcm", "svm"): paper(0.9766, "table 5", TESTED),
}
SHOWN = (
    *("distances", "angles", "P", "R", "clusters", "C", "gamma"),
    *("n_estimators", "max_depth", "max_features", "class_weight"),
)
CONFUSION = {  # true class by row
    "svm": (
        "table 12",
        (
            (2069, 0, 0, 0, 0),
            (0, 3266, 1, 0, 1),
            (1, 160, 3142, 44, 0),
            (0, 0, 40, 2377, 27),
            (0, 0, 0, 22, 1450),
        ),
    ),
    "rf": (
        "table 13",
        (
            (2069, 0, 0, 0, 0),
            (0, 3266, 2, 0, 0),
            (0, 53, 3254, 39, 0),
            (0, 0, 45, 2368, 31),
            (0, 0, 0, 25, 1447),
        ),
    ),
}


def run(setting: Setting) -> list[Table]:
    """Return the best of each extractor and classifier, the paper's configs, the confusions."""
    if setting.data is None:
        data = written(setting, PRESET, setting.of(PARTS))
        note = f"{sum(setting.of(PARTS).values())} simulated frames ({PRESET})"
    else:
        data = {"source": setting.data, "select": {"classes": list(DIFFRANET)}}
        note = "The frames of DiffraNet"
    tables, rest, spaces = [], [], setting.of(SPACES)
    for space, evals in spaces:
        options: dict[str, Any] = {"space": space, "max_evals": evals, "metric": "accuracy"}
        found = searched(setting, f"search-{space}", data, **options)
        refit = Refit(found, setting)
        left_out = ", ".join(sorted({row["plugin"] for row in found.info["left_out"]}))
        notes = [
            f"{note}: {_roles(refit)}. {evals} evaluations of the space `{space}` in "
            f"{found.info['seconds']:g} s, chosen by validation accuracy. Test figures: fitted "
            "on the training frames, once a seed."
            + (f" Not installed, so not searched: {left_out}." if left_out else "")
        ]
        best = best_of_each(found)
        tables.append(_best(space, best, found.leaderboard(), refit, notes))
        if space == spaces[0][0]:
            tables += [_papers_own(refit, note), *_confusions(best, refit)]
        pair, first = next(iter(best.items()))
        rest += [[f"{space}: {' + '.join(pair)}", *cells] for cells in refit.rests(first.config)]
    about = "Test accuracy of the best pipeline of each space."
    return [*tables, ablation.rests(rest, about, front=["pipeline"])]


def _best(
    space: str,
    best: Mapping[tuple[str, str], Trial],
    board: Sequence[Trial],
    refit: Refit,
    notes: Sequence[str],
) -> Table:
    rows = []
    for pair, trial in best.items():
        validation = measured("accuracy", refit.validated(trial.config), refit.classes)
        ours = measured("accuracy", refit.outcomes(trial.config), refit.classes)
        words = [pair[0], pair[1], _short(trial.config)]
        rows.append([*words, validation, VALIDATION.get(pair), *beside(ours, TEST.get(pair))])
    trivial = [("majority class", refit.constant())]
    trivial += [
        ("four intensity statistics + rf", refit.outcomes(trial.config))
        for trial in board
        if trial.tid == -1
    ]
    for label, outcomes in trivial:
        ours = measured("accuracy", outcomes, refit.classes)
        rows.append([label, "", "", None, None, *beside(ours, None)])
    columns = ["extractor", "classifier", "config", "validation", "paper, validation", *BESIDE]
    return table(f"Best of each, space {space}", columns, rows, notes)


def _papers_own(refit: Refit, note: str) -> Table:
    configs, _ = warm.load("diffranet", refit.registry, refit.classes)
    rows = []
    for config in configs[:2]:  # those of table 3; the rest are for real frames
        pair = ("glcm", config["classifier"]["name"])
        validation = measured("accuracy", refit.validated(config), refit.classes)
        ours = measured("accuracy", refit.outcomes(config), refit.classes)
        words = [pair[1], _short(config)]
        rows.append([*words, validation, VALIDATION[pair], *beside(ours, TEST[pair])])
    columns = ["classifier", "config", "validation", "paper, validation", *BESIDE]
    notes = [f"{note}. No search: the two configs of table 3 as they are printed."]
    return table("The paper's best configs", columns, rows, notes)


def _confusions(best: Mapping[tuple[str, str], Trial], refit: Refit) -> list[Table]:
    tables = []
    for classifier, (where, printed) in CONFUSION.items():
        own = [trial for pair, trial in best.items() if pair[1] == classifier]
        if own and tuple(refit.classes) == DIFFRANET:
            outcomes = refit.outcomes(own[0].config)
            tables.append(confusion(f"the best {classifier}", outcomes, where, printed))
    return tables


def confusion(
    what: str, outcomes: Sequence[Outcome], where: str, printed: Sequence[Sequence[int]]
) -> Table:
    """Return counts of the five classes by predicted class, and recalls beside the paper's."""
    scores, y = outcomes[0]
    counts = np.zeros((len(DIFFRANET), len(DIFFRANET)), int)
    np.add.at(counts, (y, scores.argmax(axis=1)), 1)
    rows = []
    for code, name in enumerate(DIFFRANET):
        recalls = [
            (int((s.argmax(axis=1)[t == code] == code).sum()), int((t == code).sum()))
            for s, t in outcomes
        ]
        n = sum(printed[code])
        theirs = paper(printed[code][code] / n, where, n)
        rows.append([name, *counts[code].tolist(), *beside(share(recalls), theirs)])
    columns = ["true class", *DIFFRANET, *(f"recall, {word}" for word in BESIDE)]
    notes = [
        "Counts of the first seed by predicted class; recalls over the seeds. The paper's are of "
        "the counts that it prints; its row of weak frames has 3,347 in table 12, 3,346 in "
        "tables 6 and 13."
    ]
    return table(f"Confusions of {what} on the test frames", columns, rows, notes)


def _roles(refit: Refit) -> str:
    return ", ".join(f"{n} {role}" for role, n in refit.problem.roles().items() if n)


def _short(config: Config) -> str:
    """Return the parameters that the paper's tables print."""
    steps = [*config["extractors"], config["classifier"]]
    params = [
        (key, step["params"][key]) for step in steps for key in SHOWN if key in step["params"]
    ]
    return ", ".join(f"{key} {dumps(value)}" for key, value in params)


STUDY = Study(
    "diffranet-search",
    "The search of DiffraNet",
    "Souza et al. (2018), tables 3, 4, 5, 12, 13",
    "the extra `sift` for its third extractor; `--data`: `synthetic` of DiffraNet",
    {
        "small": "2,000 frames; 40 and 30 evaluations",
        "full": "25,000 frames (6.6 GB); 150 evaluations of two spaces",
    },
    run,
)
