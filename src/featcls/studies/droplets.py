"""Droplets with several labels each: frames, protocol and figures of Zimmermann et al. (2019)."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from featcls.config import Config
from featcls.studies import pipelines as p
from featcls.studies.base import Setting
from featcls.studies.bench import Bench
from featcls.studies.frames import simulated
from featcls.studies.tables import Outcome, beside, measured, paper

FRAMES = {"toy": 16, "small": 1000, "full": 7264}
EVALUATED = 0.15  # of all frames: section 3.1.5
LABELS = 11
MICRO = ("micro_accuracy", "micro_precision", "micro_recall")
SIDE = {"toy": 32, "small": 64, "full": 224}  # pixels: section 3.1.5
TRAINING: Mapping[str, Mapping[str, Any]] = {  # what differs from section 3.1.5
    "toy": {"filters": 2, "epochs": 2, "decay_epochs": 1, "batch_size": 4, "lr": 0.03},
    "small": {"filters": 8, "epochs": 40, "decay_epochs": 10, "batch_size": 16, "lr": 0.03},
    "full": {"filters": 64, "epochs": 200, "decay_epochs": 50, "batch_size": 48, "lr": 0.1},
}


def droplets(setting: Setting) -> Bench:
    """Return the droplets, simulated or given."""
    made = simulated("spi-droplets", setting.of(FRAMES), compressed=False)
    return Bench(setting.data or made, setting)


def network(setting: Setting, **params: Any) -> Config:
    """Return a network of the paper with its protocol, or a smaller one by scale."""
    protocol = {"schedule": "step", "flip": True, "contrast": 0.2, "brightness": 0.2}
    step = p.step("airynet", **protocol, **setting.of(TRAINING), **params)
    size = setting.of(SIDE)
    return p.config([], step, [p.step("resize", size=[size, size])])


def stops(setting: Setting) -> tuple[int, ...]:
    """Return the epochs after which the paper looks: every quarter of the training."""
    epochs = setting.of(TRAINING)["epochs"]
    return tuple(sorted({max(epochs * k // 4, 1) for k in (1, 2, 3, 4)}))


def features() -> Config:
    """Return the classical pipeline: LBP, moments and quantiles, GLCM, CCF of the logarithm."""
    logarithm = [p.step("quantise", method="log", levels=256, range=[0.0, 65535.0])]
    found = p.behind(logarithm, *p.lbp(), *p.intensity(), p.step("ccf"))
    found += p.glcm("log", (0.0, 65535.0), 32)
    return p.config(found, {**p.FOREST, "params": {**p.FOREST["params"], "class_weight": None}})


def micro(
    first: Sequence[Any],
    outcomes: Sequence[Outcome],
    classes: Sequence[str],
    printed: Sequence[float] | None = None,
    where: str = "",
) -> list[list[Any]]:
    """Return a row a figure over all decisions: cells in front, its name, ours, the paper's.

    The paper's accuracy has an interval that takes the decisions as independent; precision and
    recall have none, for their counts are not printed.
    """
    decisions = round(EVALUATED * FRAMES["full"]) * LABELS
    rows = []
    for k, metric in enumerate(MICRO):
        n = decisions if metric == "micro_accuracy" else None
        theirs = None if printed is None else paper(printed[k], where, n)
        if metric == "micro_recall" and not all(np.any(y) for _, y in outcomes):
            continue
        name = metric.removeprefix("micro_")
        rows.append([*first, name, *beside(measured(metric, outcomes, classes), theirs)])
    return rows


def note(bench: Bench) -> str:
    """Say what the frames are, and the paper's."""
    what = "given" if bench.setting.data else "simulated (preset spi-droplets)"
    return (
        f"{len(bench.good)} droplets, {what}, {len(bench.classes)} labels, {EVALUATED:.0%} of "
        "them to be judged by; the paper: 7,264 helium droplets, 11 labels. Its accuracy counts "
        "decisions, one a frame and label, and its interval takes them as independent; precision "
        "and recall have none, for their counts are not printed."
    )
