"""Accuracy against the number of labelled frames (Ke et al., table 7; Zimmermann, table 5)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from featcls.plugins import registry
from featcls.search.problem import Indices
from featcls.studies import droplets as zimmermann
from featcls.studies import networks, screening_cnn
from featcls.studies import pipelines as p
from featcls.studies.base import Setting, Study, Table
from featcls.studies.bench import Bench
from featcls.studies.frames import RAYONIX, screening_note, screening_runs
from featcls.studies.hit_finding import SHARES, TEST, chain
from featcls.studies.pictures import pictures
from featcls.studies.tables import BESIDE, Outcome, paper, rated, table, together

SIZES = {"toy": (8, 16), "small": (50, 100, 200, 400), "full": (100, 400, 2000, 4000)}
GROUPS = {"Rayonix": RAYONIX, "LG36": ("LG36",)}
TABLE_7 = {4000: (0.94, 0.91), 2000: (0.92, 0.93), 400: (0.93, 0.92), 100: (0.91, 0.95)}
EPOCHS = {"toy": 1, "small": 8, "full": 200}
ALPHA = 0.2
PARTS = (0.25, 0.5, 0.75, 1.0)  # of the training frames
# Share of the training frames -> accuracy, precision, recall.
TABLE_5 = {
    1.0: (0.965, 0.922, 0.870),
    0.75: (0.915, 0.821, 0.771),
    0.5: (0.829, 0.740, 0.679),
    0.25: (0.797, 0.673, 0.593),
}

Splits = Mapping[str, Sequence[Sequence[Indices]]]  # run -> seed -> training, ..., test frames
Found = dict[int, list[dict[str, Outcome]]]  # training frames -> seed -> run


def run(setting: Setting) -> list[Table]:
    """Return the table of the screening runs and that of the droplets."""
    return [_screening(setting), _droplets(setting)]


def _screening(setting: Setting) -> Table:
    data = {name: data for name, data in screening_runs(setting).items() if name != "L498"}
    runs = {name: Bench(source, setting) for name, source in data.items()}
    splits = {name: bench.splits(*SHARES) for name, bench in runs.items()}
    classes = next(iter(runs.values())).classes
    absent = networks.missing(registry(setting.plugins), "ke")
    pipelines = {"LCN, features": _by_features(runs, splits, setting)}
    if absent is None:
        pipelines[screening_cnn.LABEL] = _by_network(runs, splits, setting)
    rows = []
    for label, found in pipelines.items():
        for n in setting.of(SIZES):
            used = sum(len(own) for own in _first(splits, 0, n).values())  # runs may be shorter
            for k, (group, members) in enumerate(GROUPS.items()):
                outcomes = [
                    together([own[name] for name in members if name in own]) for own in found[n]
                ]
                printed = TABLE_7.get(n) if used == n else None
                theirs = printed and paper(printed[k], "table 7", TEST * len(members))
                rows.append([label, used, group, *rated(outcomes, classes, theirs)])
    for name, bench in runs.items():
        for label, outcomes in bench.trivial(splits[name]):
            rows.append([label, len(splits[name][0][0]), name, *rated(outcomes, classes)])
    columns = ["pipeline", "training frames", "tested on", "balanced accuracy", *BESIDE]
    notes = [
        screening_note(setting),
        "Features: LBP, moments and quantiles, GLCM, and a forest. Smaller sets lie within "
        "larger ones; the baselines learn from all training frames of their run. The paper's "
        "counts are after augmentation by random crops, ours are frames.",
        screening_cnn.note(setting, absent),
    ]
    return table("Success rate by the number of training frames", columns, rows, notes)


def _first(splits: Splits, seed: int, n: int) -> dict[str, Indices]:
    """Return the first training frames of each run, as many of each, n in all."""
    each = max(1, round(n / len(splits)))
    return {name: own[seed][0][:each] for name, own in splits.items()}


def _by_features(runs: Mapping[str, Bench], splits: Splits, setting: Setting) -> Found:
    features = [*p.lbp(), *p.intensity(), *p.glcm(ends="frame", levels=32)]
    config = p.config(features, preprocess=[*chain(setting), screening_cnn.LCN])
    X = {name: bench.vectors(config)[0] for name, bench in runs.items()}
    bench = next(iter(runs.values()))
    found: Found = {}
    for n in setting.of(SIZES):
        found[n] = []
        for seed in range(setting.seeds):
            learn = [(X[k], runs[k].y, own) for k, own in _first(splits, seed, n).items()]
            held = [(X[k], runs[k].y, own[seed][-1]) for k, own in splits.items()]
            scores, y = bench.outcome(config, learn, held, seed)
            ends = np.cumsum([len(part[2]) for part in held])[:-1]
            each = zip(np.split(scores, ends), np.split(y, ends), strict=True)
            found[n].append(dict(zip(runs, each, strict=True)))
    return found


def _by_network(runs: Mapping[str, Bench], splits: Splits, setting: Setting) -> Found:
    config = screening_cnn.network(setting, screening_cnn.LCN)
    frames = {name: pictures(bench, config) for name, bench in runs.items()}
    bench = next(iter(runs.values()))
    fits = {}
    for n in setting.of(SIZES):
        for seed in range(setting.seeds):
            learn = [(frames[k], runs[k].y, own) for k, own in _first(splits, seed, n).items()]
            held = [(frames[k], runs[k].y, own[seed][-1]) for k, own in splits.items()]
            fits[n, seed] = networks.fit(bench, config, learn, held, seed)
    found: Found = {n: [] for n in setting.of(SIZES)}
    for (n, _), stages in zip(fits, networks.tried(list(fits.values()), setting), strict=True):
        found[n].append(dict(zip(runs, stages[-1].outcomes, strict=True)))
    return found


def _droplets(setting: Setting) -> Table:
    bench = zimmermann.droplets(replace(setting, data=None))
    splits = bench.splits(1 - zimmermann.EVALUATED, zimmermann.EVALUATED)
    parts = [(round(part * len(splits[0][0])), part) for part in PARTS]
    own = [[(learn[:n], held) for learn, held in splits] for n, _ in parts]
    pipelines = {"features": [bench.outcomes(zimmermann.features(), each) for each in own]}
    absent = networks.missing(bench.registry, "airynet")
    trained = f"The paper's network is left out: {absent}."
    if absent is None:
        epochs = setting.of(EPOCHS)
        rate = {"epochs": epochs, "decay_epochs": max(epochs // 4, 1)}
        trained = zimmermann.protocol_note(setting, staged=False, epochs=epochs)
        config = zimmermann.network(setting, alpha=ALPHA, **rate)
        (tried,) = networks.stages(bench, [config], [split for each in own for split in each])
        found = [stages[-1].outcomes[0] for stages in tried]
        k = len(splits)
        pipelines["ResNet18"] = [found[i * k : (i + 1) * k] for i in range(len(parts))]
    rows = []
    for label, each in pipelines.items():
        for (n, part), outcomes in zip(parts, each, strict=True):
            theirs = zimmermann.printed(TABLE_5[part], "table 5")
            rows += zimmermann.micro([label, n], outcomes, bench.classes, theirs)
    for label, outcomes in bench.trivial(splits):
        rows += zimmermann.micro([label, parts[-1][0]], outcomes, bench.classes)
    notes = [
        zimmermann.note(bench),
        "Features: LBP, moments and quantiles, GLCM and CCF features of the logarithm, and a "
        "forest. The paper: ResNet18 with the logarithmic activation (alpha 0.2), the best value "
        "of each figure over the training; its sizes are the same shares of 6,174 frames.",
        trained,
    ]
    columns = ["pipeline", "training frames", "figure", *BESIDE]
    return table("Droplets by the number of training frames", columns, rows, notes)


STUDY = Study(
    "training-size",
    "How many labelled frames",
    "Ke et al. (2018), table 7; Zimmermann et al. (2019), table 5",
    "the plugin featcls-torch for its networks, features without it; `--data`: CXIDB 76, a "
    "folder a run",
    {
        "small": "4 x 240 frames of 3 to 4 Mpx and 1,000 droplets",
        "full": "4 x 2,000 frames and 7,264 droplets",
    },
    run,
)
