"""Droplets with several labels each: frames, protocol and figures of Zimmermann et al. (2019)."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from featcls.config import Config
from featcls.evaluate import measure
from featcls.search.problem import Indices
from featcls.studies import ablation
from featcls.studies import pipelines as p
from featcls.studies.base import Setting, Table
from featcls.studies.bench import Bench
from featcls.studies.frames import simulated
from featcls.studies.tables import Figure, Outcome, beside, measured, paper

FRAMES = {"toy": 16, "small": 1000, "full": 7264}
CHANGES: Mapping[str, dict[str, Any]] = {
    "toy": {"shape": [64, 64], "pixel": 146e-6 * 8},
    "small": {},
    "full": {},
}
EVALUATED = 0.15  # of all frames: section 3.1.5
LABELS = 11
DECISIONS = round(EVALUATED * FRAMES["full"]) * LABELS  # of the paper's evaluation
MICRO = ("micro_accuracy", "micro_precision", "micro_recall")
SIDE = {"toy": 32, "small": 96, "full": 224}  # pixels: section 3.1.5
TRAINING: Mapping[str, Mapping[str, Any]] = {  # what differs from section 3.1.5
    "toy": {"filters": 2, "epochs": 2, "decay_epochs": 1, "batch_size": 4, "lr": 0.03},
    "small": {"filters": 8, "epochs": 20, "decay_epochs": 5, "batch_size": 16, "lr": 0.03},
    "full": {"filters": 64, "epochs": 200, "decay_epochs": 50, "batch_size": 48, "lr": 0.1},
}


def droplets(setting: Setting) -> Bench:
    """Return the droplets, simulated or given."""
    n, changes = setting.of(FRAMES), setting.of(CHANGES)
    made = simulated("spi-droplets", n, compressed=False, changes=changes)
    return Bench(setting.data or made, setting)


def network(setting: Setting, **params: Any) -> Config:
    """Return a network of the paper with its protocol, or a smaller one by scale."""
    protocol = {"schedule": "step", "flip": True, "contrast": 0.2, "brightness": 0.2}
    step = p.step("airynet", **{**protocol, **setting.of(TRAINING), **params})
    size = setting.of(SIDE)
    return p.config([], step, [p.step("resize", size=[size, size])])


def stops(epochs: int) -> tuple[int, ...]:
    """Return the epochs after which the paper looks: every quarter of the training."""
    return tuple(sorted({max(epochs * k // 4, 1) for k in (1, 2, 3, 4)}))


def groups() -> dict[str, list[p.Step]]:
    """Return the features of the classical pipeline, of the logarithm, by their names."""
    logarithm = [p.step("quantise", method="log", levels=256, range=[0.0, 65535.0])]
    return {
        "LBP": p.behind(logarithm, *p.lbp()),
        "intensity": p.behind(logarithm, *p.intensity()),
        "CCF": p.behind(logarithm, p.step("ccf")),
        "GLCM": p.glcm("log", (0.0, 65535.0), 32),
    }


def features() -> Config:
    """Return the classical pipeline: all of `groups`, and a forest."""
    found = [step for own in groups().values() for step in own]
    return p.config(found, {**p.FOREST, "params": {**p.FOREST["params"], "class_weight": None}})


def rests(bench: Bench, splits: Sequence[Sequence[Indices]]) -> Table:
    """Return what the accuracy of the classical pipeline rests on."""
    rows = ablation.features(features(), groups(), bench, splits, MICRO[0])
    return ablation.rests(rows, "Accuracy of the decisions by all features and the forest.")


def micro(
    first: Sequence[Any],
    outcomes: Sequence[Outcome],
    classes: Sequence[str],
    theirs: Sequence[Figure] | None = None,
) -> list[list[Any]]:
    """Return a row a figure over all decisions: cells in front, its name, ours, the paper's."""
    rows = []
    for k, metric in _defined(outcomes):
        ours = measured(metric, outcomes, classes)
        rows.append([*first, _name(metric), *beside(ours, theirs[k] if theirs else None)])
    return rows


def staged(
    first: Sequence[Any],
    seeds: Sequence[Sequence[Outcome]],
    classes: Sequence[str],
    theirs: Sequence[Figure] | None = None,
) -> list[list[Any]]:
    """Return the rows of `micro` with two figures of ours: after the last stop, and at the best.

    The papers print the greatest value of each figure that the training passed through.
    """
    rows = []
    for k, metric in _defined([own[-1] for own in seeds]):
        best = [max(own, key=lambda o: measure(metric, o[0], o[1], classes)) for own in seeds]
        last = measured(metric, [own[-1] for own in seeds], classes)
        ours = measured(metric, best, classes)
        rows.append([*first, _name(metric), last, *beside(ours, theirs[k] if theirs else None)])
    return rows


def _defined(outcomes: Sequence[Outcome]) -> list[tuple[int, str]]:
    some = all(np.any(y) for _, y in outcomes)
    return [(k, metric) for k, metric in enumerate(MICRO) if some or metric != "micro_recall"]


def _name(metric: str) -> str:
    return metric.removeprefix("micro_")


def printed(
    values: Sequence[float], where: str, decisions: int | None = DECISIONS
) -> list[Figure]:
    """Return the paper's accuracy, precision and recall; the first is of so many decisions."""
    return [paper(value, where, None if k else decisions) for k, value in enumerate(values)]


def others(bench: Bench, splits: Sequence[Sequence[Indices]]) -> list[list[Any]]:
    """Return the rows of `staged` for what stands beside networks: features, and the trivial."""
    found = [("LBP, intensity, GLCM, CCF, rf", bench.outcomes(features(), splits))]
    return [
        row
        for label, outcomes in (*found, *bench.trivial(splits))
        for row in _without_stages(micro([label], outcomes, bench.classes))
    ]


def _without_stages(rows: Sequence[list[Any]]) -> list[list[Any]]:
    return [[*row[:2], None, *row[2:]] for row in rows]


def protocol_note(setting: Setting, *, staged: bool = True, **params: Any) -> str:
    """Say how the networks are trained, when they are tried, what is smaller than in the paper."""
    size, full = setting.of(SIDE), TRAINING["full"]
    training = {k: v for k, v in setting.of(TRAINING).items() if k != "decay_epochs"} | params
    smaller = ", ".join(f"{k} {v} for {full[k]}" for k, v in training.items() if v != full[k])
    told = f" Smaller than in the paper: {size} pixels a side for {SIDE['full']}, {smaller}."
    stages = ", ".join(map(str, stops(training["epochs"]))) if staged else training["epochs"]
    return (
        "SGD, a tenth of the rate every quarter of the epochs, elastic net 1e-5, flips, contrast "
        f"and brightness by 0.2 (section 3.1.5). Tried after {stages} epochs."
        + (told if smaller else "")
    )


def note(bench: Bench) -> str:
    """Say what the frames are, and the paper's."""
    what = "given" if bench.setting.data else "simulated (preset spi-droplets)"
    return (
        f"{len(bench.good)} droplets, {what}, {len(bench.classes)} labels, {EVALUATED:.0%} of "
        "them to be judged by; the paper: 7,264 helium droplets, 11 labels. Its accuracy counts "
        "decisions, one a frame and label, and its interval takes them as independent; precision "
        "and recall have none, for their counts are not printed."
    )
