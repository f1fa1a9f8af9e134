"""What is checked of a TIFF that tifffile passes over: its list of pages, and what is missing."""

import math
import os
import struct
import zlib
from typing import IO, TYPE_CHECKING, NamedTuple

from featcls.data.base import check_length
from featcls.errors import UnreadableFrameError

if TYPE_CHECKING:
    from tifffile import TiffFile, TiffPage


class _Layout(NamedTuple):
    """How numbers of the directories of pages are packed, and where the first one stands."""

    first: int
    number: str  # of tags
    offset: str
    tag: str  # code, type, count, value or its place


LAYOUTS = {
    b"II*\0": _Layout(4, "<H", "<I", "<HHI4s"),
    b"MM\0*": _Layout(4, ">H", ">I", ">HHI4s"),
    b"II+\0": _Layout(8, "<Q", "<Q", "<HHQ8s"),
    b"MM\0+": _Layout(8, ">Q", ">Q", ">HHQ8s"),
}
DEFLATE = (8, 32946)
MAX_TAGS = 1000  # of a page
# Bytes of one value of each type, from BYTE = 1 to the IFD8 = 18 of BigTIFF.
TYPE_SIZES = dict(enumerate((1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8), 1))


def check_directories(path: str) -> None:
    """Refuse page lists that break off or go in a circle, and tags beyond the end.

    tifffile only logs these, and spends minutes on a directory of garbage.
    """
    size = os.path.getsize(path)
    with open(path, "rb") as file:
        layout = LAYOUTS.get(file.read(4))
        if layout is None:
            raise ValueError("no header of TIFF")
        file.seek(layout.first)
        seen: set[int] = set()
        while at := _number(file, layout.offset):
            if at in seen:
                what = "its list of pages leads in a circle"
                raise UnreadableFrameError(path, None, what, "replace the file")
            seen.add(at)
            file.seek(at)
            tags = _tags(file, layout)
            ends = [_end_of_value(layout, *tag) for tag in tags]
            # Values lie apart from one another, so that together they fit into the file.
            if max(ends, default=0) > size or sum(_size(*tag[1:3]) for tag in tags) > size:
                raise UnreadableFrameError(path, None, "the file is cut short", "replace the file")


def _tags(file: IO[bytes], layout: _Layout) -> list[tuple[int, int, int, bytes]]:
    n = _number(file, layout.number)
    if n > MAX_TAGS:
        raise ValueError(f"a page of it claims {n} tags; the limit is {MAX_TAGS}")
    entries = _whole(file, n * struct.calcsize(layout.tag))
    return [(tag, kind, n, at) for tag, kind, n, at in struct.iter_unpack(layout.tag, entries)]


def _number(file: IO[bytes], kind: str) -> int:
    (number,) = struct.unpack(kind, _whole(file, struct.calcsize(kind)))
    return int(number)


def _whole(file: IO[bytes], size: int) -> bytes:
    data = file.read(size)
    if len(data) < size:
        raise ValueError("its list of pages breaks off")
    return data


def _size(kind: int, count: int) -> int:
    """Bytes of the value of a tag."""
    return count * TYPE_SIZES.get(kind, 0)


def _end_of_value(layout: _Layout, _: int, kind: int, count: int, value: bytes) -> int:
    """Byte of the file where the value of a tag ends; 0 if it stands in the entry itself."""
    size = _size(kind, count)
    return 0 if size <= len(value) else struct.unpack(layout.offset, value)[0] + size


def check_pieces(path: str, frame: int | None, tiff: "TiffFile", page: "TiffPage") -> None:
    """Refuse strips and tiles that are missing or lie beyond the end, for which tifffile gives
    zeros, and plain ones of another size than the image.
    """
    size = tiff.filehandle.size
    pieces = list(zip(page.dataoffsets, page.databytecounts, strict=True))
    if any(offset + count > size for offset, count in pieces):
        raise UnreadableFrameError(path, frame, "the file is cut short", "replace the file")
    n, wanted = math.prod(page.chunked), page.nbytes
    if len(pieces) != n or not all(count for _, count in pieces):
        there = sum(count > 0 for _, count in pieces)
        what = f"it holds {there} strips or tiles of {n}"
        raise UnreadableFrameError(path, frame, what, "replace the file")
    if page.is_tiled and page.dtype is not None:
        wanted = n * math.prod(page.chunks) * page.dtype.itemsize
    if page.compression == 1 and page.bitspersample % 8 == 0:
        check_length(path, frame, sum(page.databytecounts), wanted)
    if page.compression in DEFLATE and page.bitspersample % 8 == 0 and page.fillorder == 1:
        _check_inflated(path, frame, tiff, page)


def _check_inflated(path: str, frame: int | None, tiff: "TiffFile", page: "TiffPage") -> None:
    """Refuse a page whose first strip or tile unpacks to another size than its header asks for.

    tifffile passes over what is too much, as after damage to the width.
    """
    assert page.dtype is not None
    wanted = math.prod(page.chunks) * page.dtype.itemsize
    tiff.filehandle.seek(page.dataoffsets[0])
    packed = tiff.filehandle.read(page.databytecounts[0])
    found = len(zlib.decompressobj().decompress(packed, wanted + 1))
    check_length(path, frame, found, wanted)
