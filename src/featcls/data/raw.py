"""Plain pixels behind a header: what SMV, EDF, SPE, MIB and IDX have in common."""

import os
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featcls.data.base import check_size, decoding
from featcls.errors import UnreadableFrameError
from featcls.frame import Frame


def read_head(path: str, size: int) -> bytes:
    """Return the first bytes of a file."""
    with open(path, "rb") as file:
        return file.read(size)


def read_pixels(
    path: str, frame: int | None, offset: int, shape: tuple[int, int], dtype: np.dtype[Any]
) -> NDArray[Any]:
    """Return the pixels at a place of a file, in native byte order.

    Raises
    ------
    UnreadableFrameError
        The frame is too large, or the file ends before it does.
    """
    check_size(path, frame, shape, dtype.itemsize)
    if min(shape) < 1 or offset < 0:
        what = f"its header asks for {shape[0]} x {shape[1]} pixels at byte {offset}"
        raise UnreadableFrameError(path, frame, what, "replace the file")
    size = shape[0] * shape[1] * dtype.itemsize
    with open(path, "rb") as file:
        if offset + size > os.fstat(file.fileno()).st_size:
            raise UnreadableFrameError(path, frame, "the file is cut short", "replace the file")
        file.seek(offset)
        pixels = np.frombuffer(file.read(size), dtype)
    return pixels.reshape(shape).astype(dtype.newbyteorder("="), copy=False)


def read_frame(
    path: str, index: int, n: int, offset: int, shape: tuple[int, int], dtype: np.dtype[Any]
) -> Frame:
    """Return frame `index` of the n of a file, whose pixels lie at a place of it.

    Raises
    ------
    UnreadableFrameError
        As `read_pixels`.
    """
    frame = index if n > 1 else None
    with decoding(path, frame):
        image = read_pixels(path, frame, offset, shape, dtype)
        return Frame(image, None, path if frame is None else f"{path}#{index}")


def assignments(text: str) -> dict[str, str]:
    """Read `key = value;` again and again, keys in lower case; a later one counts.

    Examples
    --------
    >>> assignments("A = 1 ;B_2=x y;  ; nothing")
    {'a': '1', 'b_2': 'x y'}
    """
    pairs = (part.partition("=") for part in text.split(";"))
    return {key.strip().lower(): value.strip() for key, equals, value in pairs if equals}


def number(keys: Mapping[str, str], *names: str) -> float | None:
    """Return the first of the keys that holds a finite number.

    Examples
    --------
    >>> number({"A": "none", "B": "1.5 mm"}, "A", "B")
    1.5
    """
    for name in names:
        try:
            value = float(keys.get(name, "").split()[0])
        except (ValueError, IndexError):
            continue
        if np.isfinite(value):
            return value
    return None


def positive(value: float | None, unit: float) -> float | None:
    """Metres of a length in `unit`; None where it is not known or not positive."""
    return value * unit if value is not None and value > 0 else None
