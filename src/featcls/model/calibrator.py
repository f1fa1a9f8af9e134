"""Scores made into probabilities: a map for each class, fitted to frames that a model did not
learn from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featcls.classifiers import npy
from featcls.errors import ModelError

Scores = NDArray[np.float64]
Array = NDArray[Any]

METHODS = ("sigmoid", "isotonic")
EDGE = 1e-6  # scores of 0 and 1 have no logit
LAYOUT = {
    "sigmoid": {"slope": ("<f8", 1), "intercept": ("<f8", 1)},
    "isotonic": {"x": ("<f8", 1), "y": ("<f8", 1), "counts": ("<i8", 1)},
}


@dataclass(frozen=True)
class Calibrator:
    """Maps the score of each class, and scales the scores of one-label frames to sum to 1.

    Attributes
    ----------
    method : {"sigmoid", "isotonic"}
        A logistic function of the score's logit (Platt 1999), or a rising step line (Zadrozny
        & Elkan 2002, doi:10.1145/775047.775151).
    arrays : dict
        `slope` and `intercept` (k,), or the corners `x` and `y` of all lines one behind
        another and their `counts` (k,).
    """

    method: str
    arrays: Mapping[str, Array]

    def __call__(self, scores: Scores, multilabel: bool = False) -> Scores:
        """Return the calibrated scores, (n, k)."""
        if self.method == "sigmoid":
            found = _expit(self.arrays["slope"] * _logit(scores) + self.arrays["intercept"])
        else:
            ends = np.cumsum(self.arrays["counts"])[:-1]
            corners = (np.split(self.arrays[name], ends) for name in ("x", "y"))
            lines = zip(scores.T, *corners, strict=True)
            found = np.stack([np.interp(own, x, y) for own, x, y in lines], axis=1)
        if multilabel:
            return np.asarray(found)
        total = found.sum(axis=1, keepdims=True)
        return np.where(total > 0, found / np.where(total > 0, total, 1.0), scores)

    def dump(self) -> dict[str, bytes]:
        """Return it as members of a model file."""
        return npy.pack(self.arrays)


def fit(method: str, scores: Scores, truth: Array) -> Calibrator:
    """Fit a calibrator.

    Parameters
    ----------
    method : {"sigmoid", "isotonic"}
    scores : (n, k) array
        Of frames that the model did not learn from.
    truth : (n, k) array of bool or of 0 and 1
        A class that all or none of the frames have keeps its scores.
    """
    pairs = [(own, found.astype(bool)) for own, found in zip(scores.T, truth.T, strict=True)]
    if method == "sigmoid":
        lines = np.array([_sigmoid(_logit(own), found) for own, found in pairs])
        return Calibrator(method, {"slope": lines[:, 0], "intercept": lines[:, 1]})
    if method != "isotonic":
        raise ValueError(f"method is {method!r}; wanted one of {', '.join(METHODS)}")
    corners = [_isotonic(own, found) for own, found in pairs]
    x, y = (np.concatenate(part).astype(np.float64) for part in zip(*corners, strict=True))
    return Calibrator(method, {"x": x, "y": y, "counts": np.array([len(c[0]) for c in corners])})


def load(method: str, members: Mapping[str, bytes], n_classes: int) -> Calibrator:
    """Return the calibrator of a model file; ModelError for arrays that are none."""
    if method not in METHODS:
        raise ModelError(f"its calibration is {method!r}")
    arrays = npy.unpack(members, LAYOUT[method])
    if not all(np.isfinite(array).all() for array in arrays.values()):
        raise ModelError("its calibration holds numbers that are not finite")
    if method == "sigmoid":
        sane = all(array.shape == (n_classes,) for array in arrays.values())
    else:
        sane = _are_lines(arrays["x"], arrays["y"], arrays["counts"], n_classes)
    if not sane:
        raise ModelError(f"its calibration is not one {method} map for each of its classes")
    return Calibrator(method, arrays)


def _are_lines(x: Array, y: Array, counts: Array, n_classes: int) -> bool:
    if len(counts) != n_classes or not len(x) == len(y) == counts.sum():
        return False
    if (counts < 1).any() or (counts > len(x)).any():  # large ones wrap around in the sum
        return False
    ends = np.cumsum(counts)[:-1]
    rising = all((np.diff(line) >= 0).all() for a in (x, y) for line in np.split(a, ends))
    return bool(rising and y.min() >= 0 and y.max() <= 1)


def _sigmoid(logits: Array, found: Array) -> tuple[float, float]:
    """Fit slope and intercept to Platt's targets, which are short of 0 and 1."""
    from sklearn.linear_model import LogisticRegression

    n, n_found = len(found), int(found.sum())
    if n_found in (0, n):
        return 1.0, 0.0
    target = np.where(found, (n_found + 1) / (n_found + 2), 1 / (n - n_found + 2))
    fitted = LogisticRegression(C=1e10, max_iter=1000).fit(
        np.concatenate([logits, logits])[:, None],
        np.repeat([1, 0], n),
        sample_weight=np.concatenate([target, 1 - target]),
    )
    return float(fitted.coef_[0, 0]), float(fitted.intercept_[0])


def _isotonic(own: Scores, found: Array) -> tuple[Array, Array]:
    from sklearn.isotonic import IsotonicRegression

    if found.all() or not found.any():
        return np.array([0.0, 1.0]), np.array([0.0, 1.0])
    line = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip").fit(own, found)
    return line.X_thresholds_, line.y_thresholds_


def _logit(scores: Scores) -> Scores:
    clipped = np.clip(scores, EDGE, 1 - EDGE)
    return np.asarray(np.log(clipped / (1 - clipped)))


def _expit(values: Array) -> Scores:
    return np.asarray(0.5 * (1 + np.tanh(values / 2)))
