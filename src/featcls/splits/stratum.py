"""One class a frame to divide by, and what is said where there are too few of one."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featcls.errors import DataError

Indices = NDArray[np.int64]
Labels = NDArray[Any]  # (n,) codes, or (n, k) of 0 and 1
NONE = -1  # stratum of frames without any label


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


def absorb(stratum: Indices, least: int) -> Indices:
    """Put frames without any label to the commonest stratum where they are too few for one."""
    bare = stratum == NONE
    if 0 < bare.sum() < least and not bare.all():
        codes, counts = np.unique(stratum[~bare], return_counts=True)
        return np.where(bare, codes[counts.argmax()], stratum)
    return stratum


def too_small(
    code: int, count: int, grouped: bool, classes: Sequence[str] | None, purpose: str
) -> DataError:
    what = "group" if grouped else "frame"
    name = class_name(code, classes)
    return DataError(
        f"{name} has {count} {what}{'s' * (count != 1)}, too few for {purpose}",
        f"add {what}s of it, merge it with another class, or give the splits yourself",
    )


def class_name(code: int, classes: Sequence[str] | None) -> str:
    if code == NONE:
        return "the set of frames without a label"
    return f"class {code if classes is None else repr(classes[code])}"
