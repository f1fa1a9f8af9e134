"""Quantiles that depend on values, never on their type."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray


def quantiles(values: ArrayLike, shares: Sequence[float]) -> NDArray[np.float64]:
    """Quantiles by linear interpolation between order statistics.

    Parameters
    ----------
    values : (n,) array
        One finite number or more.
    shares : sequence of float
        0 for the smallest value, 1 for the largest.

    Returns
    -------
    (n_shares,) float64 array
        `numpy.quantile` of the values as float64; sorted in their own type, which for 8 and
        16 bits is ten times faster.

    Raises
    ------
    ValueError
        `values` is empty.

    References
    ----------
    Hyndman & Fan (1996), doi:10.1080/00031305.1996.10473566, definition 7.

    Examples
    --------
    >>> quantiles(np.array([4, 0, 2], np.uint8), [0.0, 0.25, 1.0]).tolist()
    [0.0, 1.0, 4.0]
    """
    array = np.asarray(values)
    if array.ndim != 1 or array.size == 0:
        raise ValueError(f"values has shape {array.shape}; give (n,) with one number or more")
    # Radix sort, which numpy has for 16 bits and less.
    ordered = np.sort(array, kind="stable" if array.dtype.itemsize <= 2 else None)
    place = np.asarray(shares, np.float64) * (array.size - 1)
    below = np.floor(place).astype(np.intp)
    above = np.minimum(below + 1, array.size - 1)
    low, high = ordered[below].astype(np.float64), ordered[above].astype(np.float64)
    return low + (high - low) * (place - below)
