"""mar345 image plates: a header, a table of overflows, CCP4-packed pixels."""

import re
import struct
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featcls.data.base import Frames, Reader, check_size, decoding, read_file
from featcls.data.cbf_codecs import INSTALL
from featcls.data.raw import number, positive
from featcls.errors import UnreadableFrameError
from featcls.frame import Frame
from featcls.geometry import Geometry
from featcls.hookspecs import RegisterReader, hookimpl

featcls_api = 1

HEADER = 4096
MARK = 1234
BITS = (0, 4, 5, 6, 7, 8, 16, 32)  # of a value, by the code of a chunk
_PACKED = re.compile(rb"\nCCP4 packed image, X: (\d{4}), Y: (\d{4})\n")


class Mar345Reader(Reader):
    """One frame a file, decoded by fabio once the chunks of the packing fill the file exactly.

    The beam is taken to be where the plate turns, at its middle. The format has no checksum:
    what is damaged within the pixels cannot be told.
    """

    def understands(self, path: str, head: bytes) -> bool:
        """Look for the mark in either byte order, and for the program's name."""
        marked = head[:4] in (struct.pack("<i", MARK), struct.pack(">i", MARK))
        return marked and b"mar research" in head[:256]

    def frames(self, path: str) -> Sequence[Frame]:
        """Return the one frame; the file is opened when it is asked for."""
        return Frames(1, lambda _: _read(path))


def _read(path: str) -> Frame:
    with decoding(path, None):
        content = read_file(path)
        order = "<" if content[:4] == struct.pack("<i", MARK) else ">"
        (n_high,) = struct.unpack_from(f"{order}i", content, 8)
        start = _PACKED.search(content, HEADER)
        if start is None or n_high < 0 or start.start() < HEADER + 8 * n_high:
            raise UnreadableFrameError(path, None, "the file is cut short", "replace the file")
        shape = int(start[2]), int(start[1])
        if min(shape) < 2:
            raise ValueError(f"its header asks for {shape[0]} x {shape[1]} pixels")
        check_size(path, None, shape, 4)
        packed = content[start.end() :]
        _check_chunks(path, packed, shape[0] * shape[1])
        image = _unpacked(packed, shape)
        _set_high(image, content[HEADER : HEADER + 8 * n_high], order)
        return Frame(image, None, path, _geometry(content[128:HEADER], shape))


def _check_chunks(path: str, data: bytes, n: int) -> None:
    """Walk the packing from chunk to chunk: 3 bits for 2^k values, 3 for the bits of each.

    fabio writes beyond its memory where the last chunk holds more values than are left.
    """
    at, seen, end = 0, 0, 8 * len(data)
    while seen < n and at + 6 <= end:
        code = int.from_bytes(data[at >> 3 : (at >> 3) + 2], "little") >> (at & 7)
        count = 1 << (code & 7)
        seen += count
        at += 6 + count * BITS[code >> 3 & 7]
    if seen < n or at > end:
        raise UnreadableFrameError(path, None, "the file is cut short", "replace the file")
    if seen > n:
        raise ValueError(f"its chunks hold {seen} pixels, its header asks for {n}")


def _unpacked(data: bytes, shape: tuple[int, int]) -> NDArray[Any]:
    """Decode chunks; `fabio.compression.decPCK` would drop white space that they begin with."""
    try:
        from fabio.ext.mar345_IO import postdec, unpack_pck
    except ImportError as error:
        raise ImportError(f"mar345 images need fabio: {INSTALL}") from error
    rows, cols = shape
    differences = unpack_pck(np.frombuffer(data, np.uint8).copy(), cols, rows).get1d()
    return np.array(postdec(differences, cols), np.uint32).reshape(shape)


def _set_high(image: NDArray[Any], table: bytes, order: str) -> None:
    """Write pixels beyond 16 bits, given as pairs of address (from 1) and value."""
    pairs = np.frombuffer(table, f"{order}i4").reshape(-1, 2)
    if len(pairs) and not 1 <= pairs[:, 0].min() <= pairs[:, 0].max() <= image.size:
        raise ValueError("its table of overflows points outside the image")
    image.reshape(-1)[pairs[:, 0] - 1] = pairs[:, 1]


def _geometry(text: bytes, shape: tuple[int, int]) -> Geometry:
    keys = {}
    for line in text.decode("latin-1").splitlines():
        name, _, value = line.strip().partition(" ")
        keys[name] = value.replace("LENGTH", "").strip()
    return Geometry(
        ((shape[0] - 1) / 2, (shape[1] - 1) / 2),
        positive(number(keys, "PIXEL"), 1e-6),
        positive(number(keys, "DISTANCE"), 1e-3),
        positive(number(keys, "WAVELENGTH"), 1e-10),
    )


@hookimpl
def register_readers(register: RegisterReader) -> None:
    """Register the reader of mar345."""
    sizes = (1200, 1600, 1800, 2000, 2300, 2400, 3000, 3450)
    register("mar345", Mar345Reader, extensions=(".mar345", *(f".mar{n}" for n in sizes)))
