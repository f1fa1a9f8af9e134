"""EDF of the ESRF: text headers and plain pixels in turns, one frame a pair."""

import os
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from featcls.data.base import Frames, Reader, check_length, decoding
from featcls.data.flags import flagged, masked
from featcls.data.raw import assignments, number, positive, read_pixels
from featcls.errors import UnreadableFrameError
from featcls.frame import Frame
from featcls.geometry import Geometry
from featcls.hookspecs import RegisterReader, hookimpl

featcls_api = 1

MAX_HEADER = 2**20
TYPES = {
    "unsignedbyte": "u1",
    "signedbyte": "i1",
    "unsignedshort": "u2",
    "signedshort": "i2",
    "unsignedinteger": "u4",
    "signedinteger": "i4",
    "unsignedlong": "u4",
    "signedlong": "i4",
    "unsigned64": "u8",
    "signed64": "i8",
    "floatvalue": "f4",
    "float": "f4",
    "doublevalue": "f8",
    "double": "f8",
}
ORDERS = {"lowbytefirst": "<", "highbytefirst": ">"}


class _Block(NamedTuple):
    keys: dict[str, str]
    start: int
    shape: tuple[int, int]
    dtype: "np.dtype[np.generic]"


class EdfReader(Reader):
    """The frames of an EDF file, uncompressed.

    Header and pixels must fill the file exactly, to the byte. The beam centre is that of the
    SAXS keys (`Center_1`, `Center_2`: columns and rows, in pixels of which the first goes
    from 0 to 1).

    Parameters
    ----------
    flags : bool
        Whether values by which detectors say that there is none are masked.
    """

    def __init__(self, flags: bool = True) -> None:
        self.flags = flags

    def understands(self, path: str, head: bytes) -> bool:
        """Look for a header with dimensions and byte order."""
        return head.lstrip().startswith(b"{") and b"ByteOrder" in head and b"Dim_1" in head

    def frames(self, path: str) -> Sequence[Frame]:
        """Return the frames; headers are read at once, pixels when they are asked for."""
        with decoding(path, None):
            blocks = list(_blocks(path))
            if not blocks:
                raise ValueError("it holds no image")
        return Frames(len(blocks), lambda index: self._read(path, blocks, index))

    def _read(self, path: str, blocks: list[_Block], index: int) -> Frame:
        block, many = blocks[index], len(blocks) > 1
        frame = index if many else None
        with decoding(path, frame):
            image = read_pixels(path, frame, block.start, block.shape, block.dtype)
            name = f"{path}#{index}" if many else path
            result = Frame(image, None, name, _geometry(block.keys))
            return masked(result, flagged(image)) if self.flags else result


def _blocks(path: str) -> Iterator[_Block]:
    """Walk the file from header to header."""
    at, end = 0, os.path.getsize(path)
    while at < end:
        text = _head_at(path, at)
        close = text.find(b"}")
        newline = text.find(b"\n", close, close + 3)
        if not text.lstrip().startswith(b"{") or close < 0 or newline < 0:
            raise UnreadableFrameError(path, None, "the file is cut short", "replace the file")
        keys = assignments(text[text.index(b"{") + 1 : close].decode("latin-1"))
        block = _block(keys, at + newline + 1)
        size = block.shape[0] * block.shape[1] * block.dtype.itemsize
        stated = number(keys, "size", "edf_binarysize", "image size")
        if stated is not None and int(stated) != size:
            check_length(path, None, int(stated), size)
        if block.start + size > end:
            check_length(path, None, end - block.start, size)
        yield block
        at = block.start + size


def _head_at(path: str, at: int) -> bytes:
    """Bytes from a place on, with the end of a header among them if it has one."""
    size = 4096
    with open(path, "rb") as file:
        while True:
            file.seek(at)
            text = file.read(size)
            # The line of the bracket ends within three bytes.
            if b"}" in text[:-3] or len(text) < size or size >= MAX_HEADER:
                return text
            size *= 4


def _block(keys: dict[str, str], start: int) -> _Block:
    packed = keys.get("compression", keys.get("compression_type", "none")).lower()
    if packed not in ("none", "nocompression", ""):
        raise ValueError(f"its pixels are compressed ({packed}), which is not read")
    if "dim_3" in keys and keys["dim_3"] != "1":
        raise ValueError("it holds a volume (Dim_3), not images")
    order, kind = keys.get("byteorder", "").lower(), keys.get("datatype", "").lower()
    if order not in ORDERS or kind not in TYPES:
        raise ValueError(f"its header has ByteOrder {order!r} and DataType {kind!r}")
    shape = int(keys["dim_2"]), int(keys["dim_1"])
    if min(shape) < 1:
        raise ValueError(f"its header asks for {shape[0]} x {shape[1]} pixels")
    return _Block(keys, start, shape, np.dtype(ORDERS[order] + TYPES[kind]))


def _geometry(keys: dict[str, str]) -> Geometry | None:
    center_1, center_2 = number(keys, "center_1"), number(keys, "center_2")
    pixel, distance, wavelength = (
        positive(number(keys, name), 1.0) for name in ("psize_1", "sampledistance", "wavelength")
    )
    center = None
    if center_1 is not None and center_2 is not None:
        center = (center_2 - 0.5, center_1 - 0.5)
    if center is None and pixel is None and distance is None and wavelength is None:
        return None
    return Geometry(center, pixel, distance, wavelength)


@hookimpl
def register_readers(register: RegisterReader) -> None:
    """Register the reader of EDF."""
    register("edf", EdfReader, extensions=(".edf",))
