"""Drawing frames that are set apart: their share of each class, whole groups only."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featcls.splits.stratum import Indices, Labels, absorb, strata, too_small


def hold_out(
    y: Labels,
    group: NDArray[Any] | None,
    test_size: float,
    seed: int,
    *,
    classes: Sequence[str] | None = None,
) -> Indices:
    """Draw a test split that holds its share of each class and whole groups only.

    Each group is drawn with the rarest of its classes; at least one goes to either side.

    Parameters
    ----------
    y : (n,) integer array of codes or (n, k) array of 0 and 1
    group : (n,) array or None
        Frames that stay together.
    test_size : float
        Share of each class.
    seed : int
    classes : sequence of str, optional
        Names for messages.

    Returns
    -------
    (m,) int64 array
        Indices into `y`, ascending.

    Raises
    ------
    DataError
        A class with fewer than two frames or groups.

    Examples
    --------
    >>> y = np.array([0] * 10 + [1] * 5)
    >>> test = hold_out(y, None, 0.2, seed=0)
    >>> np.bincount(y[test]).tolist()
    [2, 1]
    """
    stratum = absorb(strata(y), 2)
    names, member = np.unique(np.arange(len(y)) if group is None else group, return_inverse=True)
    sizes = np.bincount(member)
    own = _rarest_stratum(stratum, member, len(names))
    rng = np.random.default_rng(seed)
    held = np.zeros(len(names), bool)
    for code in np.unique(own):
        units = rng.permutation(np.flatnonzero(own == code))
        if len(units) < 2:
            if len(np.unique(member[stratum == code])) < 2:
                raise too_small(code, len(units), group is not None, classes, "a split of its own")
            continue  # one group without the rarer classes: others hold this class as well
        held[_take(units, sizes, test_size * sizes[units].sum())] = True
    return np.flatnonzero(held[member]).astype(np.int64)


def _rarest_stratum(stratum: Indices, member: Indices, n_groups: int) -> Indices:
    """Stratum of each group: of those of its frames, the one with the fewest frames at all."""
    _, inverse, counts = np.unique(stratum, return_inverse=True, return_counts=True)
    # Written commonest first, so that the rarest of a group is written last and stays.
    order = np.argsort(-counts[inverse], kind="stable")
    own = np.zeros(n_groups, np.int64)
    own[member[order]] = stratum[order]
    return own


def _take(units: Indices, sizes: Indices, wanted: float) -> Indices:
    """Take units in order while that brings their frames nearer to `wanted`; one at least."""
    taken, total = [units[0]], sizes[units[0]]
    for unit in units[1:-1]:
        if abs(total + sizes[unit] - wanted) < abs(total - wanted):
            taken.append(unit)
            total += sizes[unit]
    return np.array(taken)
