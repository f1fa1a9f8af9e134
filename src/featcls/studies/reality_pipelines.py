"""What is tried on real frames: pipelines and networks that saw simulated ones alone."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featcls.config import Config, canonical
from featcls.errors import UsageError
from featcls.search import warm_start as warm
from featcls.studies import deepfreak, networks
from featcls.studies import pipelines as p
from featcls.studies.base import Setting
from featcls.studies.bench import Bench
from featcls.studies.pictures import pictures

HITS = ("weak", "good", "strong", "diffraction")
PAPER_CONFIGS = (
    "paper's, GLCM rf, table 3",
    "paper's, GLCM svm, table 3",
    "paper's, LBP rf, table 14",
    "paper's, LBP svm, table 14",
    "paper's, LBP rf, table 16",
    "paper's, LBP svm, table 16",
)
DEEPFREAK: Mapping[str, Mapping[str, Any]] = {
    "paper's, DeepFreak, table 2": deepfreak.TABLE_2,
    "paper's, DeepFreak, table 15": {
        "topology": 11,
        "lr": 1.4542e-4,
        "momentum": 0.99589,
        "weight_decay": 1.8555e-5,
        "batch_size": 1,
    },
    "paper's, DeepFreak, table 17": {
        "topology": 10,
        "lr": 4.8311e-3,
        "momentum": 0.88172,
        "weight_decay": 2.1462e-5,
        "batch_size": 8,
    },
}
EPOCHS = {"toy": 1, "small": 24, "full": 180}

Scored = tuple[str, Sequence[NDArray[np.float64]]]  # classifier, scores a seed
Tried = dict[str, Scored]


def trained(
    source: Bench, learn: Any, variants: Mapping[str, tuple[Bench, list[p.Step]]]
) -> dict[str, dict[str, Scored]]:
    """Return, of each variant, the scores of all real frames by networks trained once."""
    setting, seeds = source.setting, range(source.setting.seeds)
    fits = []
    for best in DEEPFREAK.values():
        config = _network(setting, best)
        own = pictures(source, config), source.y, learn
        held = [
            (pictures(real, {**config, "preprocess": [*chain, *config["preprocess"]]}), real.y,
             real.good)
            for real, chain in variants.values()
        ]  # fmt: skip
        fits += [networks.fit(source, config, [own], held, seed) for seed in seeds]
    tried = iter(networks.tried(fits, setting))
    found: dict[str, dict[str, Scored]] = {variant: {} for variant in variants}
    for label in DEEPFREAK:
        last = [next(tried)[-1] for _ in seeds]
        for k, (variant, (real, _)) in enumerate(variants.items()):
            scores = [_of_all(real, stage.outcomes[k][0], source.classes) for stage in last]
            found[variant][label] = ("deepfreak", scores)
    return found


def _network(setting: Setting, best: Mapping[str, Any]) -> Config:
    return deepfreak.network(setting, best, epochs=setting.of(EPOCHS))


def _of_all(real: Bench, five: NDArray[Any], classes: Sequence[str]) -> NDArray[np.float64]:
    """Return scores of the two classes for all frames, 0 where one cannot be read."""
    scores = np.zeros((len(real.problem.dataset), 2))
    scores[real.good] = _grouped(five, classes)
    return scores


def _grouped(five: NDArray[Any], classes: Sequence[str]) -> NDArray[np.float64]:
    hits = np.isin(classes, HITS)
    return np.stack([five[:, ~hits].sum(axis=1), five[:, hits].sum(axis=1)], 1)


def fitted(
    source: Bench, learn: Any, real: Bench, chain: Sequence[p.Step], only: Sequence[str] = ()
) -> Tried:
    """Return the scores of all real frames by each pipeline, fitted on simulated frames.

    By those of some names where these are given.
    """
    configs = _pipelines(source)
    configs = {label: config for label, config in configs.items() if label in (only or configs)}
    held = [{**c, "preprocess": [*chain, *c.get("preprocess", [])]} for c in configs.values()]
    X, X_real = source.vectors(*configs.values()), real.vectors(*held)
    found: dict[str, Scored] = {}
    for (label, config), own, other in zip(configs.items(), X, X_real, strict=True):
        scores = []
        for seed in range(source.setting.seeds):
            five = source.scores(config["classifier"], own[learn], source.y[learn], other, seed)
            scores.append(_grouped(five, source.classes))
        found[label] = (str(config["classifier"]["name"]), scores)
    return found


def _pipelines(source: Bench) -> dict[str, Config]:
    shipped, _ = warm.load("diffranet", source.registry, source.classes)
    configs = dict(zip(PAPER_CONFIGS, shipped, strict=True))
    normal = [p.step("lcn", window=9)]
    own = {
        "spots": p.config(p.spots(gain=0.3)),
        "LCN, LBP": p.config(p.lbp(), preprocess=normal),
        "LCN, LBP, svm": p.config(p.lbp(), p.MACHINE, preprocess=normal),
        "LCN, LBP, intensity, spots": p.config(
            [*p.behind(normal, *p.lbp(), *p.intensity()), *p.spots(gain=0.3)]
        ),
    }
    known = source.registry.space_of
    return configs | {label: canonical(config, known) for label, config in own.items()}


def network_note(setting: Setting, absent: UsageError | None) -> str:
    """Say how DeepFreak is trained, or what it lacks to be."""
    if absent is not None:
        return f"The paper's DeepFreak is left out: {absent}."
    return deepfreak.note(setting, _network(setting, deepfreak.TABLE_2))
