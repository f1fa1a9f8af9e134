"""What each frame of a data set is for."""

import warnings
from dataclasses import dataclass

import numpy as np

from featcls.dataset import Dataset, kept_together
from featcls.errors import DataError, UsageError
from featcls.splits.drawing import hold_out
from featcls.splits.stratum import Indices, strata


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
