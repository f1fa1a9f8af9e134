"""Statistics of the pixel values, wherever they lie."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featcls.errors import UsageError
from featcls.extractors.base import Atom, Extractor, Rows, Vector
from featcls.frame import Frame
from featcls.hookspecs import RegisterStep, hookimpl
from featcls.kernels.quantiles import quantiles
from featcls.spaces import Choice

featcls_api = 1

SHARES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
FOUR = ("mean", "std", "min", "max")
ALL = (*FOUR, *(f"q{100 * share:02.0f}" for share in SHARES), "skew", "kurtosis", "total")
STATISTICS = {"all": ALL, "four": FOUR}


class Intensity(Extractor):
    """Moments, extremes and quantiles of the valid pixels.

    `std` is that of the population, `kurtosis` is 0 for a normal distribution, and both
    `skew` and `kurtosis` are 0 for a constant frame. `total` is the mean times the number of
    all pixels, so that a mask does not look like a darker frame. A frame without a valid
    pixel gives zeros.

    Parameters
    ----------
    statistics : {"all", "four"}
        `four`: mean, std, min and max, the trivial baseline.

    References
    ----------
    Joanes & Gill (1998), doi:10.1111/1467-9884.00122: moments as they are, g1 and g2.

    Examples
    --------
    >>> Intensity("four").extract(Frame(np.array([[1, 3], [1, 3]]))).tolist()
    [2.0, 1.0, 1.0, 3.0]
    """

    def __init__(self, statistics: str = "all") -> None:
        self.statistics = statistics

    def feature_names(self) -> list[str]:
        """Names of the statistics, in order."""
        return list(self._names())

    def atoms(self) -> list[Atom]:
        """One atom, all statistics: either set of names is a part of it."""
        return [{}]

    @classmethod
    def compute(cls, frame: Frame, atoms: Sequence[Atom]) -> list[NDArray[Any]]:
        """All statistics of a frame."""
        vector = _statistics(frame)
        return [vector for _ in atoms]

    def assemble(self, rows: Mapping[str, Rows]) -> Vector:
        """Pick the chosen statistics."""
        (vectors,) = rows.values()
        return np.asarray(vectors)[:, [ALL.index(name) for name in self._names()]]

    def _names(self) -> tuple[str, ...]:
        if self.statistics not in STATISTICS:
            raise UsageError(
                f"intensity: statistics is {self.statistics!r}", f"give {' or '.join(STATISTICS)}"
            )
        return STATISTICS[self.statistics]


def _statistics(frame: Frame) -> Vector:
    if frame.status == "masked":
        return np.zeros(len(ALL))
    values = frame.values
    ordered = quantiles(values, (0.0, *SHARES, 1.0))
    low, high = ordered[0], ordered[-1]
    span = high - low
    # Moments of values scaled to [0, 1]: exact for a constant frame, no overflow for a large one.
    scaled = (values.astype(np.float64) - low) / (span or 1.0)
    centre = scaled.mean()
    scaled -= centre
    squares = scaled * scaled
    variance = squares.mean()
    third, fourth = (squares * scaled).mean(), (squares * squares).mean()
    mean = low + span * centre
    skew = third / variance**1.5 if variance > 0 else 0.0
    kurtosis = fourth / variance**2 - 3.0 if variance > 0 else 0.0
    std = span * np.sqrt(variance)
    total = mean * frame.image.size
    return np.array([mean, std, low, high, *ordered[1:-1], skew, kurtosis, total])


SPACE = {"statistics": Choice("all", "four")}


@hookimpl
def register_extractors(register: RegisterStep) -> None:
    register("intensity", Intensity, SPACE)
