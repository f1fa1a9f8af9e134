"""IDX, the format of MNIST: a stack of images, and labels in a file beside it."""

import os
import struct
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from featcls.data.base import Frames, Reader, check_length, decoding
from featcls.data.raw import read_frame, read_head
from featcls.data.unpack import ENDINGS
from featcls.frame import Frame
from featcls.hookspecs import RegisterReader, hookimpl

featcls_api = 1

TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}


class IdxReader(Reader):
    """The images of an IDX file of two or three dimensions.

    Labels come from the file that has `labels-idx1` where this one has `images-idx3` in its
    name, if it is there.
    """

    def understands(self, path: str, head: bytes) -> bool:
        """Look at the magic: two zeros, a type, two or three dimensions, sizes that fit."""
        if len(head) < 12 or head[:2] != b"\0\0" or head[2] not in TYPES or head[3] not in (2, 3):
            return False
        return all(0 < size < 2**24 for size in _sizes(head))

    def frames(self, path: str) -> Sequence[Frame]:
        """Return the frames; pixels are read when they are asked for."""
        with decoding(path, None):
            head = read_head(path, 16)
            if not self.understands(path, head):
                raise ValueError("no header of IDX images")
            sizes, dtype = _sizes(head), np.dtype(TYPES[head[2]])
            n, rows, cols = sizes if len(sizes) == 3 else (1, *sizes)
            start, size = 4 + 4 * len(sizes), rows * cols * dtype.itemsize
            check_length(path, None, os.path.getsize(path) - start, n * size)

        def read(index: int) -> Frame:
            return read_frame(path, index, n, start + index * size, (rows, cols), dtype)

        return Frames(n, read)

    def companions(self, path: str) -> list[str]:
        """Return the file of labels."""
        folder, name = os.path.split(path)
        if "images" not in name:
            return []
        name = name.replace("images", "labels").replace("idx3", "idx1")
        paths = [os.path.join(folder, name + end) for end in ("", *ENDINGS)]
        return [path for path in paths if os.path.isfile(path)][:1]

    def rows(self, path: str) -> list[Mapping[str, Any]]:
        """Return the labels of the file beside it."""
        names = self.companions(path)
        if not names:
            return []
        with decoding(names[0], None):
            with open(names[0], "rb") as file:
                data = file.read()
            if data[:4] != b"\0\0\x08\x01":
                raise ValueError("no header of IDX labels")
            check_length(names[0], None, len(data) - 8, struct.unpack(">I", data[4:8])[0])
            return [{"label": str(label)} for label in data[8:]]


def _sizes(head: bytes) -> tuple[int, ...]:
    return struct.unpack_from(f">{head[3]}I", head, 4) if len(head) >= 4 + 4 * head[3] else ()


@hookimpl
def register_readers(register: RegisterReader) -> None:
    """Register the reader of IDX."""
    register("idx", IdxReader, extensions=(".idx",))
