"""One record a frame: where it is and what is said of it. Order and labels come from here."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from featcls.errors import DataError, UnreadableFrameError, unknown

SPLITS = ("train", "validation", "calibration", "test")
SHORT_SPLITS = {"": "train", "val": "validation", "valid": "validation"}

# Text where a frame has one class, a tuple where it may have several, None where unknown.
Label = str | tuple[str, ...] | None
Roi = tuple[int, int, int, int]  # row0, row1, col0, col1; ends excluded
NOTHING: Mapping[str, str] = MappingProxyType({})  # one for all: there may be 100,000 records


@dataclass(slots=True, frozen=True)
class Record:
    """A frame, or while `index` is None all frames of a file."""

    path: str  # as seen from the data set's root; empty for data without a file
    index: int | None = None
    label: Label = None
    split: str = "train"
    group: str = ""
    weight: float = 1.0
    extra: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    reader: str = ""
    error: UnreadableFrameError | None = None
    dataset: str = ""  # path of an array inside the file; empty where the reader finds it
    roi: Roi | None = None
    mask: str = ""  # address of a mask file, as seen from the root


def as_label(value: Any) -> Label:
    """Read a label: text, several with `;` between them or as a list, empty for unknown.

    Examples
    --------
    >>> as_label(" hit "), as_label("hit; ice"), as_label(["ice"]), as_label("")
    ('hit', ('hit', 'ice'), ('ice',), None)
    """
    if isinstance(value, list | tuple):
        return tuple(str(name) for name in value)
    text = "" if value is None else str(value).strip()
    if ";" in text:
        return tuple(name for part in text.split(";") if (name := part.strip()))
    return text or None


def as_split(value: Any, place: str) -> str:
    """Read a split; empty is train, `val` and `valid` are validation."""
    text = "" if value is None else str(value).strip().lower()
    text = SHORT_SPLITS.get(text, text)
    if text not in SPLITS:
        raise DataError(f"{place}: {unknown('split', text, SPLITS)}", "correct the split")
    return text


def as_weight(value: Any, place: str) -> float:
    """Read a weight: finite, not negative; empty is 1."""
    text = "" if value is None else str(value).strip()
    try:
        weight = float(text or 1.0)
    except ValueError:
        weight = math.nan
    if not (math.isfinite(weight) and weight >= 0):
        raise DataError(f"{place}: weight is {text!r}", "give a number of 0 or more")
    return weight


def as_roi(value: Any, place: str) -> Roi | None:
    """Read a region of interest `row0:row1,col0:col1`; empty is the whole frame.

    Examples
    --------
    >>> as_roi("0:128, 64:192", "line 2")
    (0, 128, 64, 192)
    """
    text = "" if value is None else re.sub(r"\s", "", str(value))
    if not text:
        return None
    match = re.fullmatch(r"(\d{1,9}):(\d{1,9}),(\d{1,9}):(\d{1,9})", text)
    row0, row1, col0, col1 = map(int, match.groups()) if match else (0, 0, 0, 0)
    if not (row0 < row1 and col0 < col1):
        raise DataError(f"{place}: roi is {text!r}", "give row0:row1,col0:col1, ends excluded")
    return row0, row1, col0, col1


def natural(text: str) -> tuple[Any, ...]:
    """Sort key by which a10 follows a9.

    Examples
    --------
    >>> sorted(["a10", "a9", "B1", "a"], key=natural)
    ['a', 'a9', 'a10', 'B1']
    """
    parts = re.split(r"([0-9]+)", text)
    key = [
        (0, int(part), "") if i % 2 else (1, 0, part.casefold()) for i, part in enumerate(parts)
    ]
    return (*key, (-1, 0, text))
