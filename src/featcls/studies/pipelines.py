"""The classical pipelines that studies compare, as configs."""

from collections.abc import Mapping, Sequence
from typing import Any

from featcls.config import Config

Step = dict[str, Any]

FOREST: Step = {"name": "rf", "params": {"n_estimators": 200, "class_weight": "balanced"}}
MACHINE: Step = {"name": "svm", "params": {"C": 30.0, "class_weight": "balanced"}}
PROPERTIES = ["ASM", "contrast", "correlation", "dissimilarity", "energy", "homogeneity"]


def step(name: str, **params: Any) -> Step:
    """Return a step of a chain, or an extractor without a chain of its own."""
    return {"name": name, "params": params}


def config(
    extractors: Sequence[Mapping[str, Any]],
    classifier: Mapping[str, Any] = FOREST,
    preprocess: Sequence[Step] = (),
) -> Config:
    """Return a config of extractors, a chain that they share, and a classifier."""
    return {
        "preprocess": list(preprocess),
        "extractors": [dict(extractor) for extractor in extractors],
        "classifier": dict(classifier),
    }


def behind(chain: Sequence[Step], *extractors: Mapping[str, Any]) -> list[Step]:
    """Return extractors with a chain before their own."""
    return [{**e, "preprocess": [*chain, *e.get("preprocess", [])]} for e in extractors]


def lbp() -> list[Step]:
    """Return local binary patterns at three radii."""
    return [step("lbp", P=P, R=float(R), method="uniform") for P, R in ((8, 1), (16, 2), (24, 3))]


def glcm(method: str = "linear", ends: Any = (0.0, 256.0), levels: int = 64) -> list[Step]:
    """Return co-occurrence statistics at four distances and angles."""
    wanted = ends if isinstance(ends, str) else list(ends)
    params = {"distances": [1, 2, 4, 8], "angles": [0.0, 45.0, 90.0, 135.0]}
    chain = [step("quantise", method=method, levels=levels, range=wanted)]
    made = step("glcm", **params, properties=PROPERTIES, over_angles="mean+range")
    return [{**made, "preprocess": chain}]


def intensity() -> list[Step]:
    """Return moments and quantiles of the pixel values."""
    return [step("intensity", statistics="all")]


def spots(**params: Any) -> list[Step]:
    """Return number, size and strength of the spots."""
    return [step("spots", **params)]
