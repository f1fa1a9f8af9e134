"""Quantiles of what frames were like, by predicted class, in a model file and out of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featcls.classifiers import npy
from featcls.drift import health
from featcls.drift.cusum import ALLOWANCE, allowance_for
from featcls.errors import ModelError

Matrix = NDArray[np.float64]
Codes = NDArray[np.int64]

LEAST = 20  # frames of a class that has quantiles of its own
KNOTS = np.linspace(-2.5, 2.5, 17)  # standard normal values at which quantiles are kept
FAR = 3.0  # what a value beyond them counts
IN_SAMPLE = 0.25  # more that is no drift where the model had seen the frames
UNKNOWN = 1.0  # and where a frame has no class
LAYOUT = {
    "quantiles": ("<f8", 3),
    "means": ("<f8", 2),
    "counts": ("<i8", 1),
    "curve": ("<f8", 1),
}


@dataclass(frozen=True)
class Reference:
    """What frames were like when the model was made.

    Statistics are those of `health`, then the model's features. `noise` is watched less what
    is usual at its frame's `level`: a brighter frame is noisier, and that is no drift.

    Attributes
    ----------
    quantiles : (n_classes + 1, n_statistics, 17) array
        By predicted class; of all frames for a class with less than 20, and at last.
    means : (n_classes + 1, n_statistics) array
        Of the frames' standard values, which ties keep from being 0.
    counts : (n_classes + 1,) array of int
        Frames of each predicted class, and of all.
    curve : (5,) array
        Lowest and highest log level, then coefficients of log noise in powers of it.
    honest : bool
        Whether the predictions are of frames that the model had not seen.
    """

    quantiles: Matrix
    means: Matrix
    counts: Codes
    curve: Matrix
    honest: bool = True

    @property
    def n_features(self) -> int:
        """Width of the model's feature vector."""
        return int(self.quantiles.shape[1]) - len(health.NAMES)

    def allowances(self, limit: float) -> Matrix:
        """What a frame of each class may lie off without a drift, (n_classes + 1,).

        For charts that alarm above `limit`. More where the reference is of few frames, whose
        mean is itself off, and for frames without a class, which may be of any.
        """
        known = np.maximum(self.counts[:-1], LEAST)
        found = np.append([allowance_for(limit, int(n)) for n in known], ALLOWANCE + UNKNOWN)
        return np.asarray(found + (0.0 if self.honest else IN_SAMPLE))

    def usual(self, codes: Codes) -> Matrix:
        """Return the medians for frames of these classes, (n, n_statistics)."""
        return np.asarray(self.quantiles[codes, :, len(KNOTS) // 2])

    def watched(self, measured: Matrix, features: Matrix) -> Matrix:
        """Return the statistics of frames by their `health` (n, 44) and features, (n, all)."""
        return _watched(measured, features, self.curve)

    def standard(self, codes: Codes, X: Matrix) -> Matrix:
        """Return how far statistics lie off, as standard normal values (n, n_statistics)."""
        found = np.empty_like(X)
        for code in np.unique(codes):
            found[codes == code] = _standard(self.quantiles[code], X[codes == code])
        return found - self.means[codes]

    def dump(self) -> tuple[dict[str, Any], dict[str, bytes]]:
        """Return it as JSON values and members of a model file."""
        arrays = {name: getattr(self, name) for name in LAYOUT}
        return {"version": health.VERSION, "honest": self.honest}, npy.pack(arrays)


def build(
    codes: Codes, measured: Matrix, features: Matrix, n_classes: int, honest: bool = True
) -> Reference | None:
    """Return the reference of frames; None where there are less than 20.

    Parameters
    ----------
    codes : (n,) array
        Predicted class of each frame.
    measured : (n, 44) array
        Its `health`.
    features : (n, width) array
        What the model's extractors say of it.
    n_classes : int
    honest : bool
        Whether the model had not seen them.
    """
    if len(codes) < LEAST:
        return None
    curve = _curve(measured[:, health.LEVEL], measured[:, health.NOISE])
    X = _watched(measured, features, curve)
    shares = [NormalDist().cdf(z) for z in KNOTS]
    quantiles, means = [], []
    counts = np.append(np.bincount(codes, minlength=n_classes), len(codes))
    for code, count in enumerate(counts):
        own = X[codes == code] if code < n_classes and count >= LEAST else X
        quantiles.append(np.quantile(own, shares, axis=0).T)
        means.append(_standard(quantiles[-1], own).mean(axis=0))
    return Reference(np.array(quantiles), np.array(means), counts, curve, honest)


def load(
    document: Mapping[str, Any], members: Mapping[str, bytes], n_classes: int, n_features: int
) -> Reference | None:
    """Return what `Reference.dump` gave; None where this version measures otherwise.

    Raises
    ------
    ModelError
        Arrays that no frames can have given.
    """
    if document["version"] != health.VERSION:
        return None
    arrays = npy.unpack(members, LAYOUT)
    width = len(health.NAMES) + n_features
    rows = n_classes + 1
    shapes = ((rows, width, len(KNOTS)), (rows, width), (rows,), (5,))
    for (name, array), shape in zip(arrays.items(), shapes, strict=True):
        if array.shape != shape or not np.isfinite(array).all():
            raise ModelError(
                f"its drift reference: {name} is not {shape} finite numbers", "fit the model again"
            )
    reference = Reference(**arrays, honest=document["honest"] is True)
    if (
        (np.diff(reference.quantiles) < 0).any()
        or (np.abs(reference.means) > FAR).any()
        or (reference.counts < 0).any()
        or not reference.counts[:-1].sum() == reference.counts[-1] >= LEAST
    ):
        raise ModelError(
            "its drift reference holds quantiles or counts of no frames", "fit the model again"
        )
    return reference


def _curve(level: Matrix, noise: Matrix) -> Matrix:
    x = np.log1p(np.maximum(level, 0.0))
    powers = np.stack([x**0, x, x * x], axis=1)
    return np.array([x.min(), x.max(), *np.linalg.lstsq(powers, noise, rcond=1e-6)[0]])


def _watched(measured: Matrix, features: Matrix, curve: Matrix) -> Matrix:
    low, high, *powers = curve
    x = np.log1p(np.maximum(measured[:, health.LEVEL], 0.0))
    known = np.clip(x, low, high)
    # Beyond the known levels the line goes straight on, as steep as light's own noise at most.
    slope = np.clip(powers[1] + 2 * powers[2] * known, -0.5, 0.5)
    X = np.hstack([measured, features])
    X[:, health.NOISE] -= powers[0] + known * (powers[1] + known * powers[2])
    X[:, health.NOISE] -= slope * (x - known)
    return X


def _standard(quantiles: Matrix, X: Matrix) -> Matrix:
    """Return the normal values of statistics (n, s) by their quantiles (s, 17)."""
    knots = quantiles.T[:, None]
    below, upto = (knots < X).sum(axis=0), (knots <= X).sum(axis=0)
    last = len(KNOTS) - 1
    left, right = np.clip(below - 1, 0, last), np.minimum(below, last)
    statistic = np.arange(len(quantiles))
    lower, upper = quantiles[statistic, left], quantiles[statistic, right]
    gap = np.where(upper > lower, upper - lower, 1.0)
    between = KNOTS[left] + (X - lower) / gap * (KNOTS[right] - KNOTS[left])
    tied = (KNOTS[right] + KNOTS[np.clip(upto - 1, 0, last)]) / 2
    z = np.where(upto > below, tied, between)
    return np.where(upto == 0, -FAR, np.where(below > last, FAR, z))
