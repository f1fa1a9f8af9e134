"""MIB of Quantum Detectors' Merlin (Medipix3): frames, each behind a header of its own."""

import os
import re
from collections.abc import Sequence

import numpy as np

from featcls.data.base import Frames, Reader, decoding
from featcls.data.raw import read_frame, read_head
from featcls.errors import UnreadableFrameError
from featcls.frame import Frame
from featcls.hookspecs import RegisterReader, hookimpl

featcls_api = 1

TYPES = {"U08": "u1", "U8": "u1", "U16": ">u2", "U32": ">u4", "U64": ">u8"}
_MAGIC = re.compile(rb"MQ1,(\d{1,8}),(\d{5}),(\d+),(\d{1,5}),(\d{1,5}),([A-Z]\d+),")


class MibReader(Reader):
    """The frames of a `.mib` file; all must have the size and type of the first."""

    def understands(self, path: str, head: bytes) -> bool:
        """Look for the header of the first frame."""
        return _MAGIC.match(head) is not None

    def frames(self, path: str) -> Sequence[Frame]:
        """Return the frames; pixels are read when they are asked for."""
        with decoding(path, None):
            header, shape, dtype = _format(read_head(path, 256))
            stride = header + shape[0] * shape[1] * dtype.itemsize
            n, rest = divmod(os.path.getsize(path), stride)
            if rest or not n:
                what = f"its frames take {stride} bytes, and {rest} are left over"
                raise UnreadableFrameError(path, None, what, "replace the file")

        def read(index: int) -> Frame:
            if index:
                with decoding(path, index):
                    if _format(_head_at(path, index * stride)) != (header, shape, dtype):
                        raise ValueError("its header differs from that of the first frame")
            return read_frame(path, index, n, index * stride + header, shape, dtype)

        return Frames(n, read)


def _format(head: bytes) -> tuple[int, tuple[int, int], "np.dtype[np.generic]"]:
    """Return the size of the header, the shape and the type of a frame."""
    found = _MAGIC.match(head)
    if found is None:
        raise ValueError("no header of a Merlin frame where one should be")
    size, kind = int(found[2]), found[6].decode()
    if kind not in TYPES:
        raise ValueError(f"its pixels are {kind}; wanted one of {', '.join(TYPES)}")
    cols, rows = int(found[4]), int(found[5])
    if not (rows and cols and size >= 64):
        raise ValueError(f"its header asks for {rows} x {cols} pixels behind {size} bytes")
    return size, (rows, cols), np.dtype(TYPES[kind])


def _head_at(path: str, at: int) -> bytes:
    with open(path, "rb") as file:
        file.seek(at)
        return file.read(256)


@hookimpl
def register_readers(register: RegisterReader) -> None:
    """Register the reader of MIB."""
    register("mib", MibReader, extensions=(".mib",))
