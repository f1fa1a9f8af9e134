"""From a config to feature vectors and scores: the chain of steps, made of plugins.

Two roads lead to the same numbers: frame by frame (`Fitted.features`, for prediction),
and from cached atom rows of a whole data set (`feature_rows` in `featcls.cache`, for search).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featcls.config import Config, dumps, params_from_json
from featcls.errors import PluginError
from featcls.extractors.base import Atom, Extractor, Rows, atom_key
from featcls.frame import Frame
from featcls.plugins import Registry
from featcls.preprocess.base import Preprocessor

Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class Branch:
    """One extractor behind its whole chain: the shared steps, then its own."""

    name: str
    chain: list[Config]  # canonical steps
    extractor: Extractor

    @property
    def atoms(self) -> dict[str, Atom]:
        """The extractor's atoms by key."""
        return {atom_key(atom): atom for atom in self.extractor.atoms()}


def branches(config: Mapping[str, Any], registry: Registry) -> list[Branch]:
    """Return the branches of a canonical config, in its order of extractors."""
    return [
        Branch(
            item["name"],
            [*config["preprocess"], *item["preprocess"]],
            registry.get("extractor", item["name"]).factory(**params_from_json(item["params"])),
        )
        for item in config["extractors"]
    ]


def steps(chain: Sequence[Config], registry: Registry) -> list[Preprocessor]:
    """Return the preprocessors of a chain of canonical steps."""
    return [
        registry.get("preprocessor", step["name"]).factory(**params_from_json(step["params"]))
        for step in chain
    ]


def apply(chain: Iterable[Preprocessor], frame: Frame) -> Frame:
    """Send a frame through a chain."""
    for step in chain:
        frame = step.apply(frame)
    return frame


class Chains:
    """Several chains of canonical steps; what they begin with alike, a frame passes once.

    Examples
    --------
    >>> from featcls.plugins import registry
    >>> step = {"name": "bin", "params": {"factor": 2, "method": "mean"}}
    >>> one, other = Chains([[step], [step]], registry())(Frame(np.ones((4, 4), np.uint8)))
    >>> one.shape, one is other
    ((2, 2), True)
    """

    def __init__(self, chains: Sequence[Sequence[Config]], registry: Registry) -> None:
        self._ends = [tuple(map(dumps, chain)) for chain in chains]
        self._steps: dict[tuple[str, ...], Preprocessor] = {}  # by all steps up to it, in order
        for chain, end in zip(chains, self._ends, strict=True):
            for k, step in enumerate(steps(chain, registry), 1):
                self._steps.setdefault(end[:k], step)

    def __call__(self, frame: Frame) -> list[Frame]:
        """Return a frame behind each chain."""
        made: dict[tuple[str, ...], Frame] = {(): frame}
        for path, step in self._steps.items():
            made[path] = step.apply(made[path[:-1]])
        return [made[end] for end in self._ends]


class Chained(Sequence[Frame]):
    """Frames behind a chain, each sent through it when asked for: what frame classifiers take.

    A classifier may also take `frames`, the sequence before the chain, and do `chain` itself.
    """

    def __init__(self, frames: Sequence[Frame], chain: Sequence[Preprocessor]) -> None:
        self.frames, self.chain = frames, chain

    def __len__(self) -> int:
        return len(self.frames)

    def __getitem__(self, i: Any) -> Any:
        if isinstance(i, slice):
            return [self[k] for k in range(*i.indices(len(self)))]
        return apply(self.chain, self.frames[i])


def fit_chain(
    chain: Sequence[Config], frames: Sequence[Frame], registry: Registry
) -> list[Config]:
    """Return a chain with every learnable parameter learned from training frames.

    Steps are learned in order: each sees the frames as the steps before leave them.
    """
    fitted: list[Config] = []
    for config, step in zip(chain, steps(chain, registry), strict=True):
        if step.needs_fit:
            params = step.fitted_params(frames)
            step = type(step)(**params)
            config = {"name": config["name"], "params": _json(params)}
        frames = [step.apply(frame) for frame in frames]
        fitted.append(config)
    return fitted


def needs_fit(chain: Sequence[Config], registry: Registry) -> bool:
    """Say whether a chain has parameters still to be learned."""
    return any(step.needs_fit for step in steps(chain, registry))


@dataclass
class Fitted:
    """A config fitted to training frames: all that prediction needs.

    `config` is canonical, with learned chain parameters written into it. `extractors` are in
    the config's order. `scaler` and `estimator` are scikit-learn's or the plugin's own.
    """

    config: Config
    classes: tuple[str, ...]
    extractors: list[Extractor]
    scaler: Any
    estimator: Any
    multilabel: bool = False
    feature_names: list[str] = field(default_factory=list)

    def features(self, frames: Sequence[Frame], registry: Registry) -> Matrix:
        """Return the unscaled feature vectors (n, width) of frames."""
        chains = Chains([own.chain for own in branches(self.config, registry)], registry)
        seen = [chains(frame) for frame in frames]
        parts = [np.empty((len(frames), 0))]
        for k, extractor in enumerate(self.extractors):
            parts.append(_vectors(extractor, extractor.transform([each[k] for each in seen])))
        return np.hstack(parts)

    def scaled(self, features: Matrix) -> Matrix:
        """Return features as the classifier sees them."""
        return features if self.scaler is None else np.asarray(self.scaler.transform(features))


def assemble(extractors: Sequence[Extractor], rows: Sequence[Mapping[str, Rows]]) -> Matrix:
    """Concatenate the vectors that each extractor assembles of its atom rows, (n, width)."""
    pairs = zip(extractors, rows, strict=True)
    return np.hstack(
        [_vectors(extractor, extractor.assemble(atoms)) for extractor, atoms in pairs]
    )


def feature_names(config: Mapping[str, Any], extractors: Sequence[Extractor]) -> list[str]:
    """Return the names of the concatenated vector: `extractor.feature`, numbered when repeated."""
    names = [item["name"] for item in config["extractors"]]
    labels = [
        name if names.count(name) == 1 else f"{name}{names[: i + 1].count(name)}"
        for i, name in enumerate(names)
    ]
    return [
        f"{label}.{feature}"
        for label, extractor in zip(labels, extractors, strict=True)
        for feature in extractor.feature_names()
    ]


def _vectors(extractor: Extractor, vectors: Any) -> Matrix:
    """Return an extractor's vectors, or raise PluginError saying how they break the contract."""
    vectors = np.asarray(vectors, np.float64)
    width = len(extractor.feature_names())
    remedy = "run `featcls plugins check` on it"
    if vectors.ndim != 2 or vectors.shape[1] != width:
        raise PluginError(f"{extractor!r} gave shape {vectors.shape} for {width} names", remedy)
    if not np.isfinite(vectors).all():
        raise PluginError(f"{extractor!r} gave NaN or infinity", remedy)
    return np.asarray(vectors)


def _json(params: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: [float(v) for v in value] if isinstance(value, tuple | list) else value
        for key, value in params.items()
    }
