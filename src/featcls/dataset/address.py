"""How a frame is named: the file, the array in it, and the index in that."""

import os
import re
from dataclasses import dataclass

from featcls.errors import DataError

_INDEX = re.compile(r"(?s)(.+)#(\d{1,18})")
_ARRAY = re.compile(r"(?s)(.+?)::(/.+)")
_EVENT = re.compile(r"(?s)(.+?)\s+(\S*?)//\s*([\d/]*)")


@dataclass(frozen=True, slots=True)
class Address:
    """Where a frame is; without `index` all frames of the file or array are meant."""

    path: str
    dataset: str = ""  # path of an array inside a container file, from its root
    index: int | None = None

    def __str__(self) -> str:
        name = f"{self.path}::{self.dataset}" if self.dataset else self.path
        return name if self.index is None else f"{name}#{self.index}"


def parse_address(text: str, root: str = "") -> Address:
    """Read the name of a frame.

    Parameters
    ----------
    text : str
        `path`, `path#index`, `path::/dataset`, `path::/dataset#index`, or as CrystFEL writes
        it `path //index`, `path /dataset//index` (a word before `//` that does not begin with
        `/` stands for `%` in CrystFEL's geometry and is passed over).
    root : str
        The folder that paths are relative to: the name of a file there is taken as it is,
        even if it looks like one of these forms.

    Raises
    ------
    DataError
        A CrystFEL event of several numbers.

    Examples
    --------
    >>> parse_address("run.h5::/entry/data#3")
    Address(path='run.h5', dataset='/entry/data', index=3)
    >>> parse_address("run.cxi //12"), parse_address("run.cxi /entry_1/data//12").dataset
    (Address(path='run.cxi', dataset='', index=12), '/entry_1/data')
    >>> str(parse_address("run.h5 /entry/data//3"))
    'run.h5::/entry/data#3'
    """
    if not ("#" in text or "::/" in text or "//" in text):
        return Address(text)
    if os.path.exists(os.path.join(root, text)):
        return Address(text)
    if event := _EVENT.fullmatch(text):
        return _from_event(text, *event.groups())
    path, index = text, None
    if numbered := _INDEX.fullmatch(text):
        path, index = numbered[1], int(numbered[2])
    inside = _ARRAY.fullmatch(path)
    return Address(inside[1], inside[2], index) if inside else Address(path, "", index)


def _from_event(text: str, path: str, placed: str, numbers: str) -> Address:
    if "/" in numbers or len(numbers) > 18:
        raise DataError(
            f"{text!r} is an event of several numbers",
            "name the frame as path::/dataset#index, counted over all leading dimensions",
        )
    dataset = placed if placed.startswith("/") else ""
    return Address(path, dataset, int(numbers) if numbers else None)
