"""Folds: each frame is scored by a model that did not see it."""

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featcls.errors import DataError, UsageError
from featcls.splits.stratum import Indices, Labels, absorb, class_name, strata, too_small


def folds(
    y: Labels,
    group: NDArray[Any] | None = None,
    n_splits: int = 5,
    seed: int = 0,
    *,
    classes: Sequence[str] | None = None,
) -> list[tuple[Indices, Indices]]:
    """Stratified, group-aware folds: a list of (train, validation) indices into `y`.

    Frames of several labels are stratified by their rarest. Where a class has fewer frames
    or groups than folds, there are fewer folds, with a warning.

    Raises
    ------
    DataError
        One class only, or a class with fewer than two frames or groups.

    Examples
    --------
    >>> y = np.array([0, 1] * 4)
    >>> [sorted(y[scored].tolist()) for _, scored in folds(y, n_splits=4)]
    [[0, 1], [0, 1], [0, 1], [0, 1]]
    """
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

    if n_splits < 2:
        raise UsageError(f"the number of folds is {n_splits}; wanted 2 or more")
    stratum = absorb(strata(y), n_splits)
    # Groups of one frame each bind nothing, and the group-aware way is far slower.
    if group is not None and len(np.unique(group)) == len(group):
        group = None
    n_splits = _possible_folds(stratum, group, n_splits, classes)
    zeros = np.zeros(len(y))
    if group is None:
        parts = StratifiedKFold(n_splits, shuffle=True, random_state=seed).split(zeros, stratum)
    else:
        splitter = StratifiedGroupKFold(n_splits, shuffle=True, random_state=seed)
        parts = splitter.split(zeros, stratum, group)
    return [(fit.astype(np.int64), scored.astype(np.int64)) for fit, scored in parts]


def _possible_folds(
    stratum: Indices, group: NDArray[Any] | None, n_splits: int, classes: Sequence[str] | None
) -> int:
    """Return the number of folds that the smallest class allows."""
    units = np.arange(len(stratum)) if group is None else np.unique(group, return_inverse=True)[1]
    pairs = np.unique(np.stack([stratum, units]), axis=1)
    codes, counts = np.unique(pairs[0], return_counts=True)
    if len(codes) < 2:
        raise DataError("all frames are of one class", "add frames of another class")
    smallest = counts.argmin()
    code, count = int(codes[smallest]), int(counts[smallest])
    if count < 2:
        raise too_small(code, count, group is not None, classes, "folds")
    if count < n_splits:
        what = "groups" if group is not None else "frames"
        warnings.warn(
            f"{class_name(code, classes)} has {count} {what}; {count} folds, not {n_splits}"
        )
    return min(count, n_splits)
