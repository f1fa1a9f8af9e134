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


def alarm_rate(allowance: Vector, limit: float) -> Vector:
    """Return the alarms a value of one chart with such allowances: Siegmund's formula.

    Below 0 it is of values that drift: the chart then alarms as soon as that takes it there.

    Examples
    --------
    >>> rates = alarm_rate(np.array([0.5, 0.0, -1.0]), 4.0)
    >>> (1 / rates).round().tolist()                    # exact: 336, 26.6, 4.75
    [338.0, 27.0, 5.0]
    """
    b = limit + OVERSHOOT
    x = np.minimum(2.0 * b * allowance, 700.0)
    x = np.where(np.abs(x) < 1e-3, 1e-3, x)
    return np.asarray(0.5 * (x / b) ** 2 / (np.expm1(x) - x))


def allowance_for(limit: float, n: int) -> float:
    """Return the allowance of values whose mean is only known from `n` others.

    It is then off by a normal error of variance 1/n. On average over such errors, as the many
    charts of a model have them, alarms are as rare as with `ALLOWANCE` and none.

    Examples
    --------
    >>> [round(allowance_for(35.0, n), 2) for n in (20, 200, 2000)]
    [1.08, 0.4, 0.27]
    """
    from scipy.optimize import brentq

    errors = np.linspace(-8.0, 8.0, 1601)
    weight = np.exp(-(errors**2) / 2)
    errors, weight = errors / math.sqrt(n), weight / weight.sum()
    wanted = math.log(float(alarm_rate(np.array(ALLOWANCE), limit)))

    def more(allowed: float) -> float:
        return math.log(float(weight @ alarm_rate(allowed - errors, limit))) - wanted

    return float(brentq(more, ALLOWANCE, ALLOWANCE + 16.0))


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

    def ahead(self, group: int, values: Vector, allowance: Vector) -> Vector:
        """Return the sums that a group comes to, value by value, (m, 2, n).

        Parameters
        ----------
        group : int
        values : (m, n) array
            Standard ones; NaN leaves its sums as they are.
        allowance : (m,) array

        Examples
        --------
        >>> charts = Charts(1, 1)
        >>> rises = charts.ahead(0, np.array([[1.0], [-2.0], [2.0]]), np.full(3, 0.25))[:, 0]
        >>> rises.ravel().tolist()
        [0.75, 0.0, 1.75]
        """
        steps = np.stack([values, -values], axis=1) - allowance[:, None, None]
        steps[np.isnan(steps)] = 0.0
        path = self.sums[group] + np.cumsum(steps, axis=0)
        return np.asarray(path - np.minimum(np.minimum.accumulate(path, axis=0), 0.0))

    def take(self, group: int, sums: Vector, times: NDArray[np.int64]) -> None:
        """Let a group come to the last of these sums (m, 2, n), which are of times (m,)."""
        if len(sums):
            zero = sums == 0.0
            last = times[len(sums) - 1 - zero[::-1].argmax(axis=0)]
            self.start[group] = np.where(zero.any(axis=0), last, self.start[group])
            self.sums[group] = sums[-1]

    def restart(self, now: int) -> None:
        """Begin anew."""
        self.sums[:] = 0.0
        self.start[:] = now
