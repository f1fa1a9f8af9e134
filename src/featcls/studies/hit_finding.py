"""Hits and misses told apart, by a spot count and by learned pipelines (Ke et al., table 3)."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from featcls.plugins import registry
from featcls.studies import ablation, networks, screening_cnn
from featcls.studies import pipelines as p
from featcls.studies.base import Setting, Study, Table
from featcls.studies.bench import Bench
from featcls.studies.frames import CENTRE, screening_note, screening_runs
from featcls.studies.spot_finding import NOTE, TABLE_3, counts, finder, recalls, threshold
from featcls.studies.tables import BESIDE, Outcome, beside, measured, paper, share, table

SHARES = (0.5, 0.2, 0.3)  # training, validation, test: section 3.4
TEST = 600  # frames of a run: figure 9
ALL = "all four"
SURE = (ALL, screening_cnn.LABEL)  # whose scores are looked at


def chain(setting: Setting) -> list[p.Step]:
    """Return binning and centre crop of section 2.2.1."""
    return [p.step("bin", factor=2), p.step("crop", roi=setting.of(CENTRE))]


def candidates(run: str, setting: Setting) -> dict[str, list[p.Step]]:
    """Return the features that are compared, by their names."""
    normal = [*chain(setting), p.step("lcn", window=9)]
    return {
        "spots": [finder(run, setting)],
        "LCN, intensity": p.behind(normal, *p.intensity()),
        "LCN, LBP": p.behind(normal, *p.lbp()),
        "LCN, GLCM": p.behind(normal, *p.glcm(ends=(-3.0, 10.0), levels=32)),
    }


def run(setting: Setting) -> list[Table]:
    """Return recall of hits and misses of each run, and how sure the pipelines are."""
    rows, sure, rest = [], [], []
    absent = networks.missing(registry(setting.plugins), "ke")
    for name, data in screening_runs(setting).items():
        bench = Bench(data, setting)
        splits = bench.splits(*SHARES)
        network, by_count = TABLE_3[name]
        groups = candidates(name, setting)
        configs = {label: p.config(own) for label, own in groups.items()}
        configs[ALL] = p.config([step for own in groups.values() for step in own])
        bench.vectors(*configs.values())  # all features in one pass over the frames
        rows += _rows(name, "threshold on spots", _by_threshold(bench, name, splits), by_count)
        found = {label: bench.outcomes(config, splits) for label, config in configs.items()}
        if absent is None:
            cnn = screening_cnn.network(setting, screening_cnn.LCN)
            found[screening_cnn.LABEL] = networks.outcomes(bench, cnn, splits)
        for label, outcomes in found.items():
            rows += _rows(name, label, _grouped(outcomes, bench.classes), network)
            if label in SURE:
                sure.append([name, label, *_confidence(outcomes, bench.classes)])
            rows.append([name, label, "3 classes right", _accuracy(outcomes, bench), None, ""])
        for label, outcomes in bench.trivial(splits):
            rows += _rows(name, label, _grouped(outcomes, bench.classes), None)
        carried = ablation.features(configs[ALL], groups, bench, splits)
        rest += [[name, *cells] for cells in carried]
    columns = ["run", "pipeline", "figure", *BESIDE]
    notes = [
        screening_note(setting),
        NOTE,
        "The threshold on spots is chosen on the training frames and stands beside the paper's "
        "spot finder; learned pipelines (a forest of 200 trees, a CNN) stand beside the paper's "
        "CNN. "
        f"The paper tests on {TEST} frames a run but does not say how many of them are hits, so "
        "its shares have no interval here.",
        screening_cnn.note(setting, absent),
    ]
    confidence = table(
        "Mean score of the true side where a frame was classified rightly",
        ["run", "pipeline", "misses", "hits or maybes"],
        sure,
        ["Figure 9 of the paper shows these for the CNN, without numbers in its text."],
    )
    about = "3 classes right, by all four and the forest."
    rests = ablation.rests(rest, about, front=["run"])
    return [table("Hit or maybe against miss", columns, rows, notes), confidence, rests]


def _by_threshold(bench: Bench, name: str, splits: Sequence[Any]) -> list[Any]:
    found = counts(bench, name)
    hit = bench.y != bench.classes.index("miss")
    chosen = [threshold(found[parts[0]], hit[parts[0]]) for parts in splits]
    return [
        recalls(found[parts[-1]] >= least, hit[parts[-1]])
        for parts, least in zip(splits, chosen, strict=True)
    ]


def _grouped(outcomes: Sequence[Outcome], classes: Sequence[str]) -> list[Any]:
    """Return recalls with Hit and Maybe taken together, predicted as in section 3.4."""
    miss = list(classes).index("miss")
    return [recalls(scores.argmax(axis=1) != miss, y != miss) for scores, y in outcomes]


def _rows(name: str, label: str, found: Sequence[Any], theirs: Any) -> list[list[Any]]:
    return [
        [name, label, what, *beside(share([f[k] for f in found]), _paper(theirs, k))]
        for k, what in enumerate(("hits found", "misses kept out"))
    ]


def _paper(theirs: Any, k: int) -> Any:
    return None if theirs is None else paper(theirs[k], "table 3")


def _accuracy(outcomes: Sequence[Outcome], bench: Bench) -> Any:
    return measured("accuracy", outcomes, bench.classes)


def _confidence(outcomes: Sequence[Outcome], classes: Sequence[str]) -> list[float | None]:
    scores, y = outcomes[0]
    miss = list(classes).index("miss")
    of_miss, right = scores[:, miss], (scores.argmax(axis=1) == miss) == (y == miss)
    parts = of_miss[right & (y == miss)], 1 - of_miss[right & (y != miss)]
    return [round(float(np.mean(part)), 3) if len(part) else None for part in parts]


STUDY = Study(
    "hit-finding",
    "Hits and misses",
    "Ke et al. (2018), table 3 and figure 9",
    "the plugin featcls-torch for the rows of a CNN; `--data`: CXIDB 76, a folder a run",
    {
        "small": "5 x 240 frames of 3 to 4 Mpx",
        "full": "5 x 2,000 frames; the CNN keeps 37 GB of them",
    },
    run,
)
