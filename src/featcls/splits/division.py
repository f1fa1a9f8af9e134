"""Drawing all splits of a data set anew."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featcls.dataset import Dataset
from featcls.dataset.together import together_by
from featcls.errors import UsageError
from featcls.splits.drawing import hold_out


def divide(
    dataset: Dataset,
    shares: Mapping[str, float],
    seed: int,
    *,
    by: str = "auto",
    alike: Sequence[Sequence[int]] = (),
) -> tuple[NDArray[np.str_], NDArray[Any] | None]:
    """Draw splits anew, each with its share of each class.

    Parameters
    ----------
    dataset : Dataset
        With or without labels; its own splits do not count.
    shares : mapping of str to float
        Split to share of the frames; the rest is `train`.
    seed : int
    by : {"auto", "run", "time", "frame"}
        What stays together: what `kept_together` finds, files, stretches of time within files
        or nothing.
    alike : sequence of sequences of int
        Frames that show the same and stay together too.

    Returns
    -------
    split : (n,) str array
    group : (n,) array or None
        What stayed together, where anything had to.

    Raises
    ------
    DataError
        A class with too few frames or groups to be divided.
    UsageError
        Shares that leave nothing for training.
    """
    if not 0 <= sum(shares.values()) < 1:
        raise UsageError(
            f"the shares are {', '.join(f'{n} {s:g}' for n, s in shares.items())}",
            "let them sum to less than 1",
        )
    y = np.zeros(len(dataset), np.int64) if dataset.y is None else dataset.y
    group = _joined(together_by(dataset, by), alike, len(dataset))
    split = np.full(len(dataset), "train", dtype="U11")
    left, rest = np.arange(len(dataset)), 1.0
    for name, share in shares.items():
        if share > 0:
            own = None if group is None else group[left]
            held = hold_out(y[left], own, share / rest, seed, classes=dataset.classes or None)
            split[left[held]] = name
            left, rest = np.delete(left, held), rest - share
    return split, group


def _joined(
    group: NDArray[Any] | None, alike: Sequence[Sequence[int]], n: int
) -> NDArray[Any] | None:
    """Join groups that have frames in common with a set of frames that show the same."""
    if not alike:
        return group
    names = np.arange(n) if group is None else np.unique(group, return_inverse=True)[1]
    for frames in alike:
        own = np.unique(names[list(frames)])
        names[np.isin(names, own)] = own[0]
    return names
