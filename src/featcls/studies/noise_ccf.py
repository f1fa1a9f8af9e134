"""Frames against maps of their angular correlation as noise is added (Zimmermann, table 6)."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from featcls.config import Config
from featcls.studies import ablation, networks
from featcls.studies import droplets as zimmermann
from featcls.studies import pipelines as p
from featcls.studies.base import Setting, Study, Table
from featcls.studies.bench import Bench
from featcls.studies.frames import simulated
from featcls.studies.tables import BESIDE, Outcome, table

FRAMES = {"toy": 24, "small": 800, "full": 7264}
# The same field of view on fewer pixels, which hold more light each.
CHANGES: Mapping[str, dict[str, Any]] = {
    "toy": {"shape": [64, 64], "pixel": 146e-6 * 8, "saturation": 1e7},
    "small": {"shape": [128, 128], "pixel": 146e-6 * 4, "saturation": 1e7},
    "full": {},
}
RINGS = {"toy": 32, "small": 64, "full": 112}
EPOCHS = {"toy": 2, "small": 12, "full": 200}
ALPHA = 0.2
METRIC = zimmermann.MICRO[0]
ORDER = 8
NOISES = ("none", "mean", "mean + std.", "maximum")  # upper ends of the uniform noise
# Noise -> accuracy, precision, recall of the network on images, and on CCF maps.
TABLE_6 = {
    "none": ((0.965, 0.922, 0.870), (0.950, 0.901, 0.838)),
    "mean": ((0.954, 0.910, 0.853), (0.948, 0.897, 0.833)),
    "mean + std.": ((0.944, 0.887, 0.815), (0.946, 0.893, 0.823)),
    "maximum": ((0.926, 0.865, 0.808), (0.944, 0.905, 0.814)),
}
IMAGES, MAPS = "images, network", "CCF maps, network"
FEATURES, EVERY = "CCF features, forest", "LBP, intensity, GLCM, CCF features, forest"


def run(setting: Setting) -> list[Table]:
    """Return the figures of networks on images and on maps, and of classical pipelines."""
    bench = _bench(setting)
    splits = bench.splits(1 - zimmermann.EVALUATED, zimmermann.EVALUATED)
    ends = bounds(bench)
    classical = {
        (noise, label): config
        for noise, end in ends.items()
        for label, config in _classical(_noisy(end)).items()
    }
    bench.vectors(*classical.values())  # all features in one pass over the frames
    found = {key: bench.outcomes(config, splits) for key, config in classical.items()}
    absent = networks.missing(bench.registry, "airynet")
    if absent is None:
        found |= _trained(bench, ends, splits)
    rows, rest = [], []
    for noise in NOISES:
        if absent is None:
            both = found[noise, MAPS], found[noise, IMAGES]
            cells = ablation.compared("CCF maps, for images", *both, bench.classes, METRIC)
            rest.append([noise, "network", *cells])
        carried = ablation.features(
            classical[noise, EVERY], zimmermann.groups(), bench, splits, METRIC, parts=()
        )
        rest += [[noise, "all features, forest", *cells] for cells in carried]
        for (own, label), outcomes in found.items():
            if own == noise:
                theirs = zimmermann.printed(TABLE_6[noise][label in (MAPS, FEATURES)], "table 6")
                rows += zimmermann.micro([noise, label], outcomes, bench.classes, theirs)
    for label, outcomes in bench.trivial(splits):
        rows += zimmermann.micro(["none", label], outcomes, bench.classes)
    notes = [zimmermann.note(bench), _noise_note(ends), _network_note(setting, absent)]
    columns = ["noise up to", "input", "figure", *BESIDE]
    about = "Accuracy of the decisions; of a network what maps give it in the place of images."
    return [
        table("Images and CCF maps behind uniform noise", columns, rows, notes),
        ablation.rests(rest, about, front=["noise up to", "pipeline"]),
    ]


def bounds(bench: Bench) -> dict[str, float]:
    """Return the upper end of each noise: medians over the frames of what a frame holds."""
    statistics = p.config([p.step("intensity", statistics="four")])
    (X,) = bench.vectors(statistics)
    mean, std, _, largest = X[bench.good].T
    found = (0.0, *(float(np.median(x)) for x in (mean, mean + std, largest)))
    return {name: round(end, 4) for name, end in zip(NOISES, found, strict=True)}


def _bench(setting: Setting) -> Bench:
    made = simulated(
        "spi-droplets", setting.of(FRAMES), compressed=False, changes=setting.of(CHANGES)
    )
    return Bench(setting.data or made, setting, ["featcls.studies.noise"])


def _noisy(end: float) -> list[p.Step]:
    return [p.step("uniform_noise", bound=end)] if end > 0 else []


def _classical(before: Sequence[p.Step]) -> dict[str, Config]:
    every = {**zimmermann.features(), "preprocess": list(before)}
    return {
        FEATURES: {**every, "extractors": [p.step("ccf")]},
        EVERY: every,
    }


def _trained(
    bench: Bench, ends: Mapping[str, float], splits: Sequence[Any]
) -> dict[tuple[str, str], list[Outcome]]:
    """Train the eight networks, each once a seed, all of them side by side."""
    configs = {
        (noise, label): config
        for noise, end in ends.items()
        for label, config in _networks(bench.setting, _noisy(end)).items()
    }
    found = networks.stages(bench, list(configs.values()), splits)
    return {
        key: [stages[-1].outcomes[0] for stages in seeds]
        for key, seeds in zip(configs, found, strict=True)
    }


def _networks(setting: Setting, before: Sequence[p.Step]) -> dict[str, Config]:
    """Return the network behind noise on images, and on maps that are made of noisy images."""
    epochs = setting.of(EPOCHS)
    own = {"epochs": epochs, "decay_epochs": max(epochs // 4, 1), "inputs": "frame"}
    config = zimmermann.network(setting, alpha=ALPHA, **own)
    maps = p.step("ccf", n_rings=setting.of(RINGS), reduction="merged", order=ORDER)
    return {
        IMAGES: {**config, "preprocess": [*before, *config["preprocess"]]},
        MAPS: {**config, "preprocess": [*before, maps]},
    }


def _noise_note(ends: Mapping[str, float]) -> str:
    told = ", ".join(f"{name} {end:g}" for name, end in ends.items() if end)
    return (
        f"Noise is uniform from 0 to the median over all frames of each frame's {told} (counts), "
        "added to the frames that are learned from and to those that judge. Maps and features "
        "are made of the noisy frames: below the diagonal the correlation at angle 0, above it "
        f"its order {ORDER}. CCF features stand beside the paper's network on maps, the others "
        "beside its network on images. The trivial baselines see frames without noise."
    )


def _network_note(setting: Setting, absent: Any) -> str:
    if absent is not None:
        return f"The paper's networks are left out: {absent}."
    training, side = setting.of(zimmermann.TRAINING), setting.of(zimmermann.SIDE)
    return (
        f"Networks: ResNet18 with the logarithmic activation (alpha {ALPHA}), {side} x {side} "
        f"pixels or maps of {setting.of(RINGS)} rings, each scaled by its own mean and deviation, "
        f"{training['filters']} filters in the first layer (the paper 64), {setting.of(EPOCHS)} "
        "epochs (the paper 200), scored after the last; the paper takes the best value of each "
        "figure over the training."
    )


STUDY = Study(
    "noise-ccf",
    "Noise, images and CCF maps",
    "Zimmermann et al. (2019), table 6 and figure 4",
    "the plugin featcls-torch for its networks, features without it; `--data`: labelled "
    "droplets, such as CXIDB 94 with a manifest",
    {
        "small": "800 droplets of 128 x 128; eight networks a seed",
        "full": "7,264 droplets of 512 x 512; eight networks a seed of 200 epochs",
    },
    run,
)
