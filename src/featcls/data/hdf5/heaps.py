"""Guards against damage that hangs or kills the HDF5 library (2.0), found by mutating files.

A collection of the global heap, where texts of variable length are kept, is walked from object
to object by their sizes: the library never ends at a size of 0, as blocks lost on a disk leave
it. It asks for as much memory as a text claims to be long. It reads damaged metadata of a file
that is being written again and again, for minutes. It parses the sources of virtual data sets,
which lie there too, before it looks at their checksum. The layouts are those of the HDF5 File
Format Specification: 0A superblock, 1E global heap.
"""

import mmap
import os
import struct
from typing import Any

import numpy as np

COLLECTION = b"GCOL\x01\0\0\0"
OBJECT = struct.Struct("<HHIQ")  # index, references, reserved, size
WHOLE = 4 * 2**20  # larger files are looked through at both ends: 1 ms a MiB
ENDS = 2 * 2**20
MAX_TEXT = 2**20
TEXT = np.dtype([("length", "<u4"), ("heap", "<u8"), ("index", "<u4")])


def broken_heap(path: str) -> int | None:
    """Byte of the first broken collection of the global heap, None if there is none.

    In a file of more than 4 MiB only the first and the last 2 MiB are looked through.
    """
    size = os.path.getsize(path)
    if size == 0:
        return None
    parts = [(0, size)] if size <= WHOLE else [(0, ENDS), (size - ENDS, size)]
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        for start, end in parts:
            at = data.find(COLLECTION, start, end)
            while at >= 0:
                if not _is_whole(data, at):
                    return at
                at = data.find(COLLECTION, at + 8, end)
    return None


def _is_whole(data: mmap.mmap, start: int) -> bool:
    (size,) = struct.unpack_from("<Q", data, start + 8) if start + 16 <= len(data) else (0,)
    if size < 16 or start + size > len(data):
        return False
    at, end = start + 16, start + size
    while at + OBJECT.size <= end:
        index, _, _, length = OBJECT.unpack_from(data, at)
        step = OBJECT.size + -(-length // 8) * 8 if index else length
        if step < OBJECT.size or at + step > end:
            return False
        if index and not _is_sound(data[at + OBJECT.size : at + OBJECT.size + length]):
            return False
        at += step
    return True


def _is_sound(block: bytes) -> bool:
    """Whether the sources of a virtual data set are as written: the library parses them first
    and compares their checksum then. Other objects pass; no text begins with such a byte.
    """
    if len(block) < 17 or block[0] > 1 or not 0 < int.from_bytes(block[1:9], "little") < 2**24:
        return True
    return checksum(block[:-4]).to_bytes(4, "little") == block[-4:]


def longest_text(dataset: Any) -> int:
    """Length that the longest text of a data set claims; 0 where it lies in chunks."""
    offset = dataset.id.get_offset()
    if offset is None or dataset.size == 0:
        return 0
    texts = np.fromfile(dataset.file.filename, TEXT, dataset.size, offset=offset)
    return int(texts["length"].max())


def checksum(data: bytes) -> int:
    """Checksum of metadata: Bob Jenkins' lookup3, as `H5_checksum_lookup3`.

    See https://www.burtleburtle.net/bob/c/lookup3.c, `hashlittle` with 0 to start from.

    Examples
    --------
    >>> hex(checksum(b"")), hex(checksum(b"Four score and seven years ago"))
    ('0xdeadbeef', '0x17770551')
    """
    a = b = c = (0xDEADBEEF + len(data)) & 0xFFFFFFFF
    if not data:
        return c
    blocks = -(-len(data) // 12)
    words = struct.unpack(f"<{3 * blocks}I", data.ljust(12 * blocks, b"\0"))
    for k in range(0, 3 * blocks - 3, 3):
        a, b, c = _mixed(a + words[k], b + words[k + 1], c + words[k + 2])
    return _final(a + words[-3], b + words[-2], c + words[-1])


def _mixed(a: int, b: int, c: int) -> tuple[int, int, int]:
    for turn in (4, 6, 8, 16, 19, 4):
        a = (a - c) & 0xFFFFFFFF ^ _turned(c, turn)
        c = (c + b) & 0xFFFFFFFF
        a, b, c = b, c, a
    return a, b, c


def _final(a: int, b: int, c: int) -> int:
    for turn in (14, 11, 25, 16, 4, 14, 24):
        c = ((c ^ b) - _turned(b, turn)) & 0xFFFFFFFF
        a, b, c = b, c, a
    return b


def _turned(word: int, turn: int) -> int:
    word &= 0xFFFFFFFF
    return (word << turn | word >> (32 - turn)) & 0xFFFFFFFF
