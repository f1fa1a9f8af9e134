"""Cumulative sums that alarm at a stated rate.

Page (1954), doi:10.1093/biomet/41.1-2.100: a chart adds up by how much values exceed an
allowance, never falling below 0, and alarms above a threshold.
"""

import math

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]

ALLOWANCE = 0.25  # a shift of twice as much, in standard deviations, is found soonest
OVERSHOOT = 1.166  # of a normal random walk over a threshold: 2 x 0.583


def threshold(arl: float, n_charts: int, allowance: float = ALLOWANCE) -> float:
    """Return the threshold at which so many charts together alarm once in `arl` values.

    Siegmund (1985), doi:10.1007/978-1-4757-1862-1: the average run length of one chart of
    independent standard normal values is (exp(2 k b) - 2 k b - 1) / (2 k^2) with allowance k
    and b = threshold + 1.166. Charts count as independent; where they are not, alarms are
    rarer.

    Parameters
    ----------
    arl : float
        Values between false alarms on average, all charts together; 10 or more.
    n_charts : int
        One-sided ones.
    allowance : float

    Examples
    --------
    >>> round(threshold(336, 1, 0.5), 1)        # exact: 4.0
    4.0
    """
    if not (arl >= 10 and math.isfinite(arl)):
        raise ValueError(f"arl is {arl:g}; give 10 or more frames between false alarms")
    wanted = 2.0 * allowance**2 * arl * n_charts
    u = math.log1p(wanted)
    for _ in range(20):  # u = log(1 + u + wanted) draws its root together
        u = math.log1p(u + wanted)
    return u / (2.0 * allowance) - OVERSHOOT


class Charts:
    """Two-sided charts of several values, in groups of frames.

    Attributes
    ----------
    sums : (n_groups, 2, n) array
        Of rises and of falls.
    start : (n_groups, 2, n) array of int
        The time at which each sum was last 0.
    """

    def __init__(self, n_groups: int, n: int) -> None:
        self.sums = np.zeros((n_groups, 2, n))
        self.start = np.zeros((n_groups, 2, n), np.int64)

    def add(self, group: int, values: Vector, allowance: float, now: int) -> float:
        """Add standard values to the first charts of a group; return the highest sum."""
        sums = self.sums[group, :, : len(values)]
        sums[0] += values
        sums[1] -= values
        sums -= allowance
        self.start[group, :, : len(values)][sums <= 0.0] = now
        np.maximum(sums, 0.0, out=sums)
        return float(sums.max())

    def restart(self, now: int) -> None:
        """Begin anew."""
        self.sums[:] = 0.0
        self.start[:] = now
