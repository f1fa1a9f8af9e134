"""SPE of Princeton Instruments: a header of 4100 bytes, then the frames."""

import os
import struct
from collections.abc import Sequence

import numpy as np

from featcls.data.base import Frames, Reader, check_length, decoding
from featcls.data.raw import read_frame, read_head
from featcls.errors import UnreadableFrameError
from featcls.frame import Frame
from featcls.hookspecs import RegisterReader, hookimpl

featcls_api = 1

HEADER = 4100
TYPES = {0: "<f4", 1: "<i4", 2: "<i2", 3: "<u2", 5: "<f8", 6: "u1", 8: "<u4"}
COLS, ROWS, FRAMES, TYPE, VERSION, FOOTER = 42, 656, 1446, 108, 1992, 678  # bytes of the header
MAGIC = (4098, b"\x55\x55")  # WinView's mark of the header's end


class SpeReader(Reader):
    """The frames of an SPE file, version 2 (nothing behind the pixels) or 3 (XML behind them)."""

    def understands(self, path: str, head: bytes) -> bool:
        """Look at the version and the type, and at the mark at the end of the header."""
        if len(head) < 4000:
            return False
        (version,) = struct.unpack_from("<f", head, VERSION)
        (kind,) = struct.unpack_from("<h", head, TYPE)
        if not 1 <= version < 4 or kind not in TYPES:
            return False
        return read_head(path, HEADER)[MAGIC[0] :] == MAGIC[1] or path.lower().endswith(".spe")

    def frames(self, path: str) -> Sequence[Frame]:
        """Return the frames; pixels are read when they are asked for."""
        with decoding(path, None):
            head = read_head(path, HEADER)
            if len(head) < HEADER:
                raise UnreadableFrameError(path, None, "the file is cut short", "replace the file")
            cols, rows = (struct.unpack_from("<H", head, at)[0] for at in (COLS, ROWS))
            (n,) = struct.unpack_from("<i", head, FRAMES)
            dtype = np.dtype(TYPES[struct.unpack_from("<h", head, TYPE)[0]])
            size = rows * cols * dtype.itemsize
            if n < 1 or not size:
                raise ValueError(f"its header asks for {n} frames of {rows} x {cols} pixels")
            check_length(path, None, _end(path, head) - HEADER, n * size)

        def read(index: int) -> Frame:
            return read_frame(path, index, n, HEADER + index * size, (rows, cols), dtype)

        return Frames(n, read)


def _end(path: str, head: bytes) -> int:
    """Byte behind the pixels; version 3 has an XML footer there, which must be whole."""
    (version,) = struct.unpack_from("<f", head, VERSION)
    (footer,) = struct.unpack_from("<Q", head, FOOTER)
    end = os.path.getsize(path)
    if version < 3 or not footer:
        return end
    with open(path, "rb") as file:
        file.seek(max(end - 64, 0))
        if not file.read().rstrip().endswith(b"</SpeFormat>") or footer > end:
            raise UnreadableFrameError(path, None, "the file is cut short", "replace the file")
    return int(footer)


@hookimpl
def register_readers(register: RegisterReader) -> None:
    """Register the reader of SPE."""
    register("spe", SpeReader, extensions=(".spe",))
