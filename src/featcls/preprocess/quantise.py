"""Grey levels: map pixel values onto 0 .. levels - 1."""

import math
import warnings
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featcls.errors import DataError, UsageError
from featcls.frame import Frame
from featcls.hookspecs import RegisterStep, hookimpl
from featcls.kernels.quantiles import quantiles
from featcls.preprocess.base import Preprocessor
from featcls.spaces import Choice

featcls_api = 1

METHODS = ("linear", "percentile", "log", "sqrt")
TAILS = (0.01, 0.99)  # the ends of the range by percentile
CROWDED = 0.99
SAMPLED = 32  # one pixel of so many is looked at first
SPANNED = 65536  # values of wide integers that a table is made for


class Quantise(Preprocessor):
    """Map pixel values onto `levels` grey levels of equal width after a transform.

    With u = max(x - low, 0) and w = high - low, the level of a pixel is floor(t * levels),
    at most levels - 1, where t is

    ========================  =========================
    `linear`, `percentile`    u / w
    `log`                     log(1 + u) / log(1 + w)
    `sqrt`                    sqrt(u) / sqrt(w)
    ========================  =========================

    `percentile` differs from `linear` in the range that it finds: the 1st and 99th
    percentile of the valid pixels instead of their minimum and maximum. Where low = high
    every pixel gets 0. The result has the smallest unsigned type that holds the levels and
    depends on the values alone, never on their type. Masked pixels are 0.

    Parameters
    ----------
    method : {"linear", "percentile", "log", "sqrt"}
    levels : int
        2 to 65536.
    range : "fit", "frame" or (low, high)
        `fit`: learned from training frames, as the hull of the ranges of each, and then
        written into the parameters. `frame`: each frame's own. Or given.

    Raises
    ------
    UsageError
        A parameter cannot be meant, or the range is still to be learned.

    Examples
    --------
    >>> frame = Frame(np.array([[0, 1, 4, 100]]))
    >>> Quantise("sqrt", levels=8, range=(0.0, 16.0)).apply(frame).image.tolist()
    [[0, 2, 4, 7]]
    """

    def __init__(
        self,
        method: str = "linear",
        levels: int = 256,
        range: str | tuple[float, float] = "fit",
    ) -> None:
        self.method = method
        self.levels = levels
        self.range = range

    @property
    def needs_fit(self) -> bool:
        """True while the range is still to be learned."""
        return self.range == "fit"

    def fitted_params(self, frames: Sequence[Frame]) -> dict[str, Any]:
        """Return the parameters with the range that training frames span."""
        self._check()
        if not self.needs_fit:
            return self.get_params()
        ranges = [self._own_range(frame) for frame in frames if frame.status == "ok"]
        if not ranges:
            raise DataError(
                "quantise cannot learn a range: no training frame has a valid pixel",
                "look at the masks, or give range=(low, high)",
            )
        lows, highs = zip(*ranges, strict=True)
        return {**self.get_params(), "range": (min(lows), max(highs))}

    def apply(self, frame: Frame) -> Frame:
        """Return the frame in grey levels."""
        self._check()
        if self.needs_fit:
            raise UsageError(
                "quantise: the range is still to be learned from training frames",
                "use `fitted_params`, or give range=(low, high) or 'frame'",
            )
        if frame.status == "masked":
            return frame.replace(image=np.zeros(frame.shape, _dtype(self.levels)))
        ends = self._own_range(frame) if isinstance(self.range, str) else self.range
        low, high = (float(end) for end in ends)
        result = frame.replace(image=self._levels_of(frame.image, low, high))
        if _crowded(result.values):
            warnings.warn(
                f"quantise: more than 99 % of a frame's pixels share one of {self.levels} "
                f"levels ({self.method}); a narrower range, `percentile` or `log` spreads them"
            )
        return result

    def _check(self) -> None:
        if self.method not in METHODS:
            raise UsageError(f"quantise: method is {self.method!r}", f"give one of {METHODS}")
        if not 2 <= self.levels <= 65536:
            raise UsageError(f"quantise: levels is {self.levels}", "give 2 to 65536")
        ends = self.range
        if ends not in ("fit", "frame") and (
            isinstance(ends, str) or len(ends) != 2 or not ends[0] <= ends[1]
        ):
            raise UsageError(f"quantise: range is {ends!r}", "give 'fit', 'frame' or (low, high)")

    def _own_range(self, frame: Frame) -> tuple[float, float]:
        values = frame.values
        if self.method == "percentile":
            low, high = quantiles(values, TAILS)
        else:
            low, high = values.min(), values.max()
        return float(low), float(high)

    def _levels_of(self, image: NDArray[Any], low: float, high: float) -> NDArray[Any]:
        """Levels of all pixels; by table where few values can occur, or few can differ."""
        how = self.method, self.levels, low, high
        if image.dtype.kind not in "iu":
            return _transform(image.astype(np.float64), *how)
        if image.dtype.itemsize <= 2:
            table, same = _table(image.dtype.str, *how)
            return image if same else np.take(table, image)
        limits = np.iinfo(image.dtype)
        first, last = (
            min(max(end, int(limits.min)), int(limits.max))
            for end in (math.floor(low), math.ceil(high))
        )
        if last - first >= SPANNED:
            return _transform(image.astype(np.float64), *how)
        differ = np.arange(first, last + 1).astype(np.float64)
        return np.asarray(_transform(differ, *how)[np.clip(image, first, last) - first])


@lru_cache(maxsize=16)
def _table(
    dtype: str, method: str, levels: int, low: float, high: float
) -> tuple[NDArray[Any], bool]:
    """Level of every value of an integer type, and whether each value is its own level."""
    limits = np.iinfo(dtype)
    # Negative values index from the end: the table holds them after the positive ones.
    values = np.concatenate([np.arange(limits.max + 1), np.arange(limits.min, 0)])
    table = _transform(values.astype(np.float64), method, levels, low, high)
    table.flags.writeable = False
    return table, table.dtype == np.dtype(dtype) and np.array_equal(table, values)


def _transform(
    values: NDArray[np.float64], method: str, levels: int, low: float, high: float
) -> NDArray[Any]:
    dtype = _dtype(levels)
    if low == high:
        return np.zeros(values.shape, dtype)
    values = np.clip(values, low, high) - low
    width = np.float64(high) - low
    if method == "log":
        values, width = np.log1p(values), np.log1p(width)
    elif method == "sqrt":
        values, width = np.sqrt(values), np.sqrt(width)
    return np.minimum(np.floor(values / width * levels), levels - 1).astype(dtype)


def _dtype(levels: int) -> Any:
    return np.min_scalar_type(levels - 1)


def _crowded(values: NDArray[Any]) -> bool:
    """Say whether one level holds more than 99 % of the valid pixels.

    A sample comes first: it holds no more pixels of other levels than there are in all.
    """
    few = values[::SAMPLED]
    outside = (1 - CROWDED) * len(values)
    if np.bincount(few).max() < len(few) - outside:
        return False
    return len(values) > 1 and bool(np.bincount(values).max() > CROWDED * len(values))


SPACE = {
    "method": Choice(*METHODS),
    "levels": Choice(256, 16, 32, 64, 128),
    "range": Choice("fit", "frame", (0.0, 256.0)),
}


@hookimpl
def register_preprocessors(register: RegisterStep) -> None:
    register("quantise", Quantise, SPACE)
