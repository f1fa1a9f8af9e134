"""Who trains, who is scored, who is kept for the end."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featcls.dataset import Dataset, kept_together
from featcls.dataset.together import together_by
from featcls.errors import DataError, UsageError

Indices = NDArray[np.int64]
Labels = NDArray[Any]  # (n,) codes, or (n, k) of 0 and 1
NONE = -1  # stratum of frames without any label


@dataclass(frozen=True)
class Roles:
    """Frames by what they are for, as ordered indices into a data set.

    Attributes
    ----------
    train, validation, calibration, test : (m,) int64 arrays
        All but `train` may be empty.
    drawn : bool
        True where the test split was drawn here, not given with the data.
    """

    train: Indices
    validation: Indices
    calibration: Indices
    test: Indices
    drawn: bool


def assign_splits(
    dataset: Dataset, test_size: float = 0.2, calibration_size: float = 0.0
) -> Roles:
    """Give each frame its role.

    A test split that comes with the data is kept. Else a share of the training frames is
    set apart by `hold_out`, drawn from the data set's id: the same data, the same split. What
    `kept_together` finds stays together. A calibration split is drawn likewise, of the
    validation frames where there are any.

    Parameters
    ----------
    dataset : Dataset
    test_size : float
        Share of the training frames, in [0, 1); 0 draws none.
    calibration_size : float
        Share of the validation (else training) frames that neither fit nor choose a model.

    Raises
    ------
    DataError
        No labels, no training frame, one class only, or a class too small to be divided.
    """
    if dataset.y is None:
        raise DataError("the data set has no labels", "open it with labels to learn from it")
    for name, size in (("test", test_size), ("calibration", calibration_size)):
        if not 0 <= size < 1:
            raise UsageError(f"{name} size is {size}; wanted a share of 0 or more and below 1")
    train, validation, calibration, test = (
        np.flatnonzero(dataset.split == name).astype(np.int64)
        for name in ("train", "validation", "calibration", "test")
    )
    _check_classes(dataset, train)
    _warn_of_straddling_groups(dataset)
    drawn = len(test) == 0 and test_size > 0
    if drawn:
        test, train = _drawn(dataset, train, test_size, dataset.dataset_id[:16])
    if len(calibration) == 0 and calibration_size > 0:
        seed = dataset.dataset_id[16:32]
        if len(validation):
            calibration, validation = _drawn(dataset, validation, calibration_size, seed)
        else:
            calibration, train = _drawn(dataset, train, calibration_size, seed)
    return Roles(train, validation, calibration, test, drawn)


def _drawn(dataset: Dataset, frames: Indices, share: float, seed: str) -> tuple[Indices, Indices]:
    """Return the frames that are set apart, and those that are left."""
    assert dataset.y is not None
    group = kept_together(dataset, frames)
    held = hold_out(dataset.y[frames], group, share, int(seed, 16), classes=dataset.classes)
    return frames[held], np.delete(frames, held)


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
    stratum = _absorb(strata(y), 2)
    names, member = np.unique(np.arange(len(y)) if group is None else group, return_inverse=True)
    sizes = np.bincount(member)
    own = _rarest_stratum(stratum, member, len(names))
    rng = np.random.default_rng(seed)
    held = np.zeros(len(names), bool)
    for code in np.unique(own):
        units = rng.permutation(np.flatnonzero(own == code))
        if len(units) < 2:
            if len(np.unique(member[stratum == code])) < 2:
                raise _too_small(
                    code, len(units), group is not None, classes, "a split of its own"
                )
            continue  # one group without the rarer classes: others hold this class as well
        held[_take(units, sizes, test_size * sizes[units].sum())] = True
    return np.flatnonzero(held[member]).astype(np.int64)


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
    stratum = _absorb(strata(y), n_splits)
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


def strata(y: Labels) -> Indices:
    """One class a frame to stratify by: its own, or the rarest of its several labels.

    Examples
    --------
    >>> strata(np.array([[1, 1], [1, 0], [0, 0]], np.uint8)).tolist()
    [1, 0, -1]
    """
    if y.ndim == 1:
        return y.astype(np.int64)
    counts = np.where(y == 0, len(y) + 1, y.sum(axis=0, dtype=np.int64))
    return np.where(y.any(axis=1), counts.argmin(axis=1), NONE).astype(np.int64)


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


def _absorb(stratum: Indices, least: int) -> Indices:
    """Put frames without any label to the commonest stratum where they are too few for one."""
    bare = stratum == NONE
    if 0 < bare.sum() < least and not bare.all():
        codes, counts = np.unique(stratum[~bare], return_counts=True)
        return np.where(bare, codes[counts.argmax()], stratum)
    return stratum


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
        raise _too_small(code, count, group is not None, classes, "folds")
    if count < n_splits:
        what = "groups" if group is not None else "frames"
        warnings.warn(f"{_name(code, classes)} has {count} {what}; {count} folds, not {n_splits}")
    return min(count, n_splits)


def _check_classes(dataset: Dataset, train: Indices) -> None:
    assert dataset.y is not None
    if len(train) == 0:
        raise DataError("no frame has the split train", "correct the column split")
    if len(np.unique(strata(dataset.y[train]))) < 2:
        only = ", ".join(name for name, n in dataset.class_counts(train).items() if n) or "none"
        raise DataError(
            f"the training frames are all of one class: {only}", "add frames of another class"
        )


def _warn_of_straddling_groups(dataset: Dataset) -> None:
    if dataset.group is None:
        return
    pairs = {(group, split) for group, split in zip(dataset.group, dataset.split, strict=True)}
    groups, counts = np.unique([group for group, _ in pairs], return_counts=True)
    if (straddling := groups[counts > 1]).size:
        n = straddling.size
        warnings.warn(
            f"{n} group{'s' * (n > 1)} ({straddling[0]}{', ...' * (n > 1)}) in more than one "
            "split; figures on the test split may be too good"
        )


def _too_small(
    code: int, count: int, grouped: bool, classes: Sequence[str] | None, purpose: str
) -> DataError:
    what = "group" if grouped else "frame"
    return DataError(
        f"{_name(code, classes)} has {count} {what}{'s' * (count != 1)}, too few for {purpose}",
        f"add {what}s of it, merge it with another class, or give the splits yourself",
    )


def _name(code: int, classes: Sequence[str] | None) -> str:
    if code == NONE:
        return "the set of frames without a label"
    return f"class {code if classes is None else repr(classes[code])}"
