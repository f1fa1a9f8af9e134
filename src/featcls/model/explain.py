"""Why a model says what it says: where in a frame, and by which features.

A classifier may know better than what is done here to all models alike: an estimator with
`explains`, the names of the maps that it draws, is asked by `explain(frames, kind, codes)` for
maps (n, rows, cols), and one with `embed(frames)` for the vectors (n, width) before its decision.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featcls.classifiers.base import scores
from featcls.errors import UsageError
from featcls.frame import Frame
from featcls.model.model import Model
from featcls.pipeline import Chained, Fitted, apply, steps

Maps = list[NDArray[np.float64]]

GRID = 12  # patches along the longer side that an occlusion map tries
REPEATS = 3  # orders that a feature is shuffled into


def kinds(model: Model) -> tuple[str, ...]:
    """Return the maps that a model can draw, the most telling first."""
    own = getattr(_part(_first(model)), "explains", ())
    return (*own, "occlusion")


def maps(
    model: Model, frames: Sequence[Frame], kind: str, codes: Sequence[int]
) -> tuple[Maps, list[Frame]]:
    """Return maps of what speaks for a class of each frame, and the frames that they lie on.

    Parameters
    ----------
    model : Model
        Of an ensemble the first member is asked.
    frames : sequence of Frame
    kind : str
        One of `kinds(model)`; `occlusion` asks the model again with each patch masked, and takes
        how much the score of the class falls.
    codes : sequence of int
        The class of each frame.

    Raises
    ------
    UsageError
        The model draws no such map.
    """
    if kind not in kinds(model):
        raise UsageError(f"the model draws no map {kind!r}", f"it draws {', '.join(kinds(model))}")
    if kind == "occlusion":
        found = [_occlusion(model, f, c) for f, c in zip(frames, codes, strict=True)]
        return found, list(frames)
    fitted = _first(model)
    chain = steps(fitted.config["preprocess"], model.plugins)
    seen = [apply(chain, frame) for frame in frames]
    known = fitted.estimator.codes[0]
    columns = [known.index(code) if known else code for code in codes]
    drawn = _part(fitted).explain(seen, kind, columns)
    return list(drawn), [_middle(f, m.shape) for f, m in zip(seen, drawn, strict=True)]


def vectors(model: Model, frames: Sequence[Frame]) -> NDArray[np.float64]:
    """Return what the classifier decides by, (n, width): scaled features, or a network's own."""
    fitted = _first(model)
    part = _part(fitted)
    if hasattr(part, "embed"):
        chain = steps(fitted.config["preprocess"], model.plugins)
        return np.asarray(part.embed(Chained(frames, chain)), np.float64)
    if not fitted.extractors:
        name = fitted.config["classifier"]["name"]
        raise UsageError(f"classifier {name!r} shows no vector that it decides by")
    return fitted.scaled(fitted.features(frames, model.plugins))


def importance(model: Model, frames: Sequence[Frame], seed: int = 0) -> list[tuple[str, float]]:
    """Return how far shuffling each feature over the frames lowers the scores of their labels.

    The greatest first. No true labels are needed: it is what the model says that is explained.

    Raises
    ------
    UsageError
        The model takes frames, not features; or there are fewer than two frames.
    """
    fitted = _first(model)
    if not fitted.extractors:
        raise UsageError("the model has no features to weigh", "draw a map of what it looks at")
    if len(frames) < 2:
        raise UsageError("one frame has nothing to shuffle with", "give several frames")
    features = fitted.features(frames, model.plugins)
    before = _scores(fitted, features)
    labels = before.argmax(axis=1)
    rows = np.arange(len(frames))
    rng = np.random.default_rng(seed)
    orders = [rng.permutation(len(frames)) for _ in range(REPEATS)]
    found = []
    for column, name in enumerate(fitted.feature_names):
        falls = []
        for order in orders:
            shuffled = features.copy()
            shuffled[:, column] = features[order, column]
            falls.append((before - _scores(fitted, shuffled))[rows, labels].mean())
        found.append((name, float(np.mean(falls))))
    return sorted(found, key=lambda item: -item[1])


def deletion(
    model: Model, frame: Frame, code: int, order: NDArray[np.int64], parts: int = 10
) -> NDArray[np.float64]:
    """Return the score of a class as more and more pixels are masked, (parts + 1,).

    Parameters
    ----------
    order : (pixels,) array
        Flat indices, those to mask first in front. A map is good where the score falls fast.
    """
    shots = []
    for k in range(parts + 1):
        gone = np.zeros(frame.image.size, bool)
        gone[order[: k * len(order) // parts]] = True
        shots.append(_masked(frame, gone.reshape(frame.shape)))
    return model.predict_scores(shots)[:, code]


def _occlusion(model: Model, frame: Frame, code: int) -> NDArray[np.float64]:
    side = max(-(-max(frame.shape) // GRID), 1)
    rows, cols = (np.arange(n) // side for n in frame.shape)
    shots = [frame]
    for row in range(rows[-1] + 1):
        for col in range(cols[-1] + 1):
            shots.append(_masked(frame, (rows == row)[:, None] & (cols == col)))
    score = model.predict_scores(shots)[:, code]
    falls = (score[0] - score[1:]).reshape(rows[-1] + 1, cols[-1] + 1)
    return np.asarray(falls[rows][:, cols])


def _masked(frame: Frame, more: NDArray[np.bool_]) -> Frame:
    return frame.replace(mask=more if frame.mask is None else frame.mask | more)


def _scores(fitted: Fitted, features: NDArray[np.float64]) -> NDArray[np.float64]:
    rows = fitted.scaled(features)
    return scores(fitted.estimator, rows, len(fitted.classes), fitted.multilabel)


def _middle(frame: Frame, shape: tuple[int, ...]) -> Frame:
    """Return the part of a frame that a map of this shape lies on."""
    starts = [(own - wanted) // 2 for own, wanted in zip(frame.shape, shape, strict=True)]
    window = tuple(slice(s, s + n) for s, n in zip(starts, shape, strict=True))
    mask = None if frame.mask is None else frame.mask[window]
    return frame.replace(image=frame.image[window], mask=mask, geometry=None)


def _first(model: Model) -> Fitted:
    return model.whole.models[0]


def _part(fitted: Fitted) -> Any:
    """Return the estimator itself; None where the training frames held a single class."""
    return fitted.estimator.parts[0]
