"""Which frames make which batch: drawn anew for each epoch, from (seed, epoch) alone."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from featcls.errors import UsageError

Indices = NDArray[np.int64]


def batches_of(
    y: NDArray[Any], size: int, n_batches: int, balanced: bool, seed: int, epoch: int
) -> list[Indices]:
    """Return the batches of an epoch as indices into `y`.

    Parameters
    ----------
    y : (n,) array of codes, or (n, k) of 0 and 1
    size : int
        Frames a batch. A single frame left over joins the batch before.
    n_batches : int
        0: as many as go through all frames once; else the frames are gone through as often
        as that many batches need.
    balanced : bool
        As many frames of each class, as near as it divides (Ke et al. 2018, section 2.1.3): small
        classes are gone through more often.
    seed, epoch : int

    Raises
    ------
    UsageError
        Balanced batches of frames with several labels.

    Examples
    --------
    >>> y = np.array([0] * 9 + [1])
    >>> [sorted(y[batch].tolist()) for batch in batches_of(y, 4, 2, True, 0, 0)]
    [[0, 0, 1, 1], [0, 0, 1, 1]]
    """
    rng = np.random.default_rng([seed, epoch])
    if balanced and y.ndim > 1:
        raise UsageError(
            "balanced batches need one class a frame, these have several labels",
            "set balanced to false, or class_weight to balanced",
        )
    n = n_batches * size or len(y)
    if balanced:
        members = [np.flatnonzero(y == code) for code in np.unique(y)]
        each = [_cycled(own, -(-n // len(members)), rng) for own in members]
        order = np.stack(each, 1).ravel()[:n]
    else:
        order = _cycled(np.arange(len(y)), n, rng)
    cuts = list(range(size, n, size))
    if cuts and n - cuts[-1] == 1 and size > 1:
        cuts.pop()
    return np.split(order, cuts)


def _cycled(members: Indices, n: int, rng: np.random.Generator) -> Indices:
    """Return n members, all of them in a new order each time round."""
    rounds = -(-n // len(members))
    return np.concatenate([rng.permutation(members) for _ in range(rounds)])[:n]


def set_apart(y: NDArray[Any], share: float, seed: int) -> tuple[Indices, Indices]:
    """Return the frames to train on and those to select stages by, as many of each class.

    Frames with several labels are drawn whatever their labels.
    """
    if share <= 0:
        return np.arange(len(y)), np.arange(0)
    if share >= 1:
        raise UsageError(f"holdout is {share}; give a share below 1")
    rng = np.random.default_rng([seed, 2**31])
    groups = [np.arange(len(y))] if y.ndim > 1 else [np.flatnonzero(y == c) for c in np.unique(y)]
    held = [rng.permutation(own)[: round(share * len(own))] for own in groups]
    apart = np.sort(np.concatenate(held))
    return np.setdiff1d(np.arange(len(y)), apart), apart
