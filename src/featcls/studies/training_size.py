"""Accuracy against the number of labelled frames (Ke et al., table 7; Zimmermann, table 5)."""

from dataclasses import replace
from typing import Any

from featcls.studies import droplets as zimmermann
from featcls.studies import pipelines as p
from featcls.studies.base import Setting, Study, Table
from featcls.studies.bench import Bench, Chosen
from featcls.studies.frames import RAYONIX, screening_note, screening_runs
from featcls.studies.hit_finding import SHARES, TEST, chain
from featcls.studies.tables import BESIDE, beside, measured, paper, table

SIZES = {"toy": (8, 16), "small": (50, 100, 200, 400), "full": (100, 400, 2000, 4000)}
GROUPS = {"Rayonix": RAYONIX, "LG36": ("LG36",)}
TABLE_7 = {4000: (0.94, 0.91), 2000: (0.92, 0.93), 400: (0.93, 0.92), 100: (0.91, 0.95)}
PARTS = (0.25, 0.5, 0.75, 1.0)  # of the training frames
# Share of the training frames -> accuracy, precision, recall.
TABLE_5 = {
    1.0: (0.965, 0.922, 0.870),
    0.75: (0.915, 0.821, 0.771),
    0.5: (0.829, 0.740, 0.679),
    0.25: (0.797, 0.673, 0.593),
}


def run(setting: Setting) -> list[Table]:
    """Return the table of the screening runs and that of the droplets."""
    return [_screening(setting), _droplets(setting)]


def _screening(setting: Setting) -> Table:
    runs = {name: data for name, data in screening_runs(setting).items() if name != "L498"}
    benches = [Bench(data, setting) for data in runs.values()]
    features = [*p.lbp(), *p.intensity(), *p.glcm(ends="frame", levels=32)]
    config = p.config(features, preprocess=[*chain(setting), p.step("lcn", window=9)])
    X = [bench.vectors(config)[0] for bench in benches]
    splits = [bench.splits(*SHARES) for bench in benches]
    rows = []
    for n in setting.of(SIZES):
        for group, members in enumerate(GROUPS.values()):
            at = [k for k, name in enumerate(runs) if name in members]
            outcomes = []
            for seed in range(setting.seeds):
                learn = [
                    _first(X[k], benches[k], splits[k][seed][0], n, len(benches))
                    for k in range(len(benches))
                ]
                held = [(X[k], benches[k].y, splits[k][seed][-1]) for k in at]
                outcomes.append(benches[0].outcome(config, learn, held, seed))
            used = sum(len(part[2]) for part in learn)  # fewer where a run is shorter
            printed = TABLE_7.get(n)
            theirs = (
                printed and used == n and paper(printed[group], "table 7", TEST * len(members))
            )
            ours = measured("accuracy", outcomes, benches[0].classes)
            balanced = measured("balanced_accuracy", outcomes, benches[0].classes)
            rows.append([used, list(GROUPS)[group], balanced, *beside(ours, theirs or None)])
    for name, bench, own in zip(runs, benches, splits, strict=True):
        for label, outcomes in bench.trivial(own):
            balanced = measured("balanced_accuracy", outcomes, bench.classes)
            ours = measured("accuracy", outcomes, bench.classes)
            rows.append([label, name, balanced, *beside(ours, None)])
    columns = ["training frames", "tested on", "balanced accuracy", *BESIDE]
    notes = [
        screening_note(setting),
        "LCN, then LBP, moments and quantiles, GLCM, and a forest. Smaller sets lie within "
        "larger ones; the baselines learn from all training frames of their run. The paper's "
        "counts are after augmentation by random crops, ours are frames.",
    ]
    return table("Success rate by the number of training frames", columns, rows, notes)


def _first(X: Any, bench: Bench, rows: Any, n: int, runs: int) -> Chosen:
    return X, bench.y, rows[: max(1, round(n / runs))]


def _droplets(setting: Setting) -> Table:
    bench = zimmermann.droplets(replace(setting, data=None))
    config = zimmermann.features()
    (X,) = bench.vectors(config)
    splits = bench.splits(1 - zimmermann.EVALUATED, zimmermann.EVALUATED)
    rows = []
    for part in PARTS:
        outcomes = []
        for seed, (learn, held) in enumerate(splits):
            some = learn[: round(part * len(learn))]
            outcomes.append(
                bench.outcome(config, [(X, bench.y, some)], [(X, bench.y, held)], seed)
            )
        size = round(part * len(splits[0][0]))
        rows += zimmermann.micro([size], outcomes, bench.classes, TABLE_5[part], "table 5")
    for label, outcomes in bench.trivial(splits):
        rows += zimmermann.micro([label], outcomes, bench.classes)
    notes = [
        zimmermann.note(bench),
        "LBP, moments and quantiles, GLCM and CCF features of the logarithm, and a forest. The "
        "paper: ResNet18 with the logarithmic activation, the best value of each figure over the "
        "training; its sizes are the same shares of 6,174 frames.",
    ]
    columns = ["training frames", "figure", *BESIDE]
    return table("Droplets by the number of training frames", columns, rows, notes)


STUDY = Study(
    "training-size",
    "How many labelled frames",
    "Ke et al. (2018), table 7; Zimmermann et al. (2019), table 5",
    "nothing (columns of a CNN of ours wait for the torch plugin); `--data`: CXIDB 76, a folder "
    "a run",
    {
        "small": "4 x 240 frames of 3 to 4 Mpx and 1,000 droplets",
        "full": "4 x 2,000 frames and 7,264 droplets",
    },
    run,
)
