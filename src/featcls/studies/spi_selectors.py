"""How single hits are selected: networks, Poisson averages, forests, and the trivial baselines."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featcls.config import Config
from featcls.studies import ablation, networks
from featcls.studies import pipelines as p
from featcls.studies.base import Setting
from featcls.studies.selection import F1, Selected, best_threshold, outcomes
from featcls.studies.sphere import ANGLES, RINGS
from featcls.studies.spi_averages import ITERATIONS, N_CLASSES
from featcls.studies.spi_frames import Hits, roi
from featcls.studies.tables import Outcome

SIDE = {"toy": {19: 32, 53: 32}, "small": {19: 64, 53: 64}, "full": {19: 416, 53: 608}}
BATCH = {"toy": {19: 8, 53: 8}, "small": {19: 16, 53: 16}, "full": {19: 64, 53: 24}}
# `every` 100 iterations and five stages on from the best are the slides'; they ran 4,400.
TRAINING: Mapping[str, Mapping[str, Any]] = {
    "toy": {"filters": 2, "epochs": 1, "every": 1, "lr": 0.003},
    "small": {"filters": 4, "epochs": 20, "every": 10, "lr": 0.003},
    "full": {"filters": 32, "epochs": 500, "every": 100, "lr": 0.001},
}
KEPT = 5
HELD = 336 / 891  # of the labelled frames: they select the stage
EVERY = "all of these"


def by_networks(found: Hits, wanted: Mapping[str, tuple[int, str]]) -> dict[str, list[Selected]]:
    """Train networks of a depth and input once a seed; frames set apart choose the stage."""
    bench, setting = found.bench, found.bench.setting
    configs = [_network(setting, depth, inputs) for depth, inputs in wanted.values()]
    splits = [
        (np.concatenate([sets["train"], sets["validation"]]), sets["test"]) for sets in found.sets
    ]
    tried = networks.stages(bench, configs, splits)
    return {
        label: [_of(*stages[-1].outcomes[0]) for stages in seeds]
        for label, seeds in zip(wanted, tried, strict=True)
    }


def _network(setting: Setting, depth: int, inputs: str) -> Config:
    side = setting.of(SIDE)[depth]
    made = {"depth": depth, "head": "yolo", "negative": 0, "inputs": inputs}
    chosen = {"holdout": round(HELD, 4), "select": "f1", "keep": KEPT}
    protocol = {"schedule": "constant", "batch_size": setting.of(BATCH)[depth]}
    step = p.step("darknet", **made, **chosen, **protocol, **setting.of(TRAINING))
    return p.config([], step, [*roi(), p.step("resize", size=[side, side])])


def groups() -> dict[str, list[p.Step]]:
    """Return the features of the classical pipelines by their names."""
    logarithm = [p.step("quantise", method="log", levels=256, range=[0.0, 65535.0])]
    patterns = [*p.behind(logarithm, *p.lbp()), *p.glcm("log", (0.0, 65535.0), 32)]
    return {
        "intensity": p.intensity(),
        "CCF features": [p.step("ccf")],
        "sphere fit": [p.step("sphere_size")],
        "LBP, GLCM": patterns,
    }


def classical() -> dict[str, Config]:
    """Return the classical pipelines by their features."""
    kinds = groups()
    kinds[EVERY] = [feature for features in kinds.values() for feature in features]
    return {label: p.config(features, preprocess=roi()) for label, features in kinds.items()}


def by_features(found: Hits, config: Config) -> list[Selected]:
    """Select by a forest's score, the threshold with the greatest F1 on validation frames."""
    bench = found.bench
    (X,) = bench.vectors(config)
    selected = []
    for seed, sets in enumerate(found.sets):
        learn, choose, judge = sets["train"], sets["validation"], sets["test"]
        held = np.concatenate([X[choose], X[judge]])
        scores = bench.scores(config["classifier"], X[learn], bench.y[learn], held, seed)[:, 1]
        least = best_threshold(scores[: len(choose)], bench.y[choose] == 1)
        selected.append((scores[len(choose) :] >= least, bench.y[judge] == 1))
    return selected


def rests(found: Hits) -> list[list[Any]]:
    """Return what the F1 of all features together rests on, as rows of `ablation.rests`."""
    config = classical()[EVERY]

    def fitted(config: Config) -> list[Outcome]:
        return outcomes(by_features(found, config))

    rows = ablation.without(config, groups(), fitted(config), fitted, *F1)
    return [[f"{EVERY}, forest", *cells] for cells in rows]


def trivial(found: Hits) -> dict[str, list[Selected]]:
    """Return what the trivial baselines select, and every frame."""
    splits = [[sets["train"], sets["test"]] for sets in found.sets]
    known = found.bench.trivial(splits)
    selected = {label: [_of(*one) for one in outcomes] for label, outcomes in known}
    everything = [np.ones(len(sets["test"]), bool) for sets in found.sets]
    truth = [found.bench.y[sets["test"]] == 1 for sets in found.sets]
    return {**selected, "every frame": list(zip(everything, truth, strict=True))}


def methods(setting: Setting) -> str:
    """Say how the Poisson averages and the forests select."""
    return (
        f"Poisson averages: {setting.of(N_CLASSES)} classes (the reference 20) of photons on "
        f"{RINGS} rings of {ANGLES} angles, {setting.of(ITERATIONS)} iterations over the labelled "
        "frames, the angle in the plane marginalised; the classes that give the greatest F1 on "
        "those labels are selected, where the reference chose by eye. Forests learn from the "
        "training frames; their threshold is that of the greatest F1 on the validation frames, "
        "and all features together stand beside the slides' best network."
    )


def protocol(setting: Setting) -> str:
    """Say how the networks are trained, and where that differs from the slides."""
    sides, training = setting.of(SIDE), setting.of(TRAINING)
    return (
        f"Networks: Darknet-19 and -53 with the heads of YOLO, {training['filters']} filters in "
        f"the first layer (the slides 32, trained on photographs before; ours start at random), "
        f"{sides[19]} and {sides[53]} pixels a side (416 and 608), {training['epochs']} epochs. "
        f"Of the training and validation frames together {HELD:.1%} of each class select the "
        f"stage by F1, every {training['every']} iterations; a frame is selected where the "
        f"{KEPT} stages up to the best all select it (the slides: five about their choice)."
    )


def _of(scores: NDArray[np.float64], y: NDArray[Any]) -> Selected:
    return scores.argmax(axis=1) == 1, y == 1
