"""Guards against damage that hangs or kills the HDF5 library, found by mutating files.

A collection of the global heap, where texts of variable length are kept, is walked from object
to object by their sizes: the library (2.0) never ends at a size of 0, as blocks lost on a disk
leave it. See "Disk Format: Level 1E, Global Heap" in the HDF5 File Format Specification.
"""

import mmap
import os
import struct

COLLECTION = b"GCOL\x01\0\0\0"
OBJECT = struct.Struct("<HHIQ")  # index, references, reserved, size
WHOLE = 64 * 2**20  # larger files are looked through at both ends
ENDS = 16 * 2**20


def broken_heap(path: str) -> int | None:
    """Byte of the first broken collection of the global heap, None if there is none.

    In a file of more than 64 MiB only the first and the last 16 MiB are looked through.
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
        at += step
    return True
