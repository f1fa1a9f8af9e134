"""Chunks packed in blocks (bitshuffle, LZ4): looked over before their decoders see them.

Both filters write the unpacked size (8 bytes) and that of a block (4 bytes), then each block
behind its packed size (4 bytes), all big-endian. Their decoders believe these and read and write
beyond their memory where a chunk is damaged.
"""

import struct
from typing import Any

_packed_size = struct.Struct(">I").unpack_from
BITSHUFFLE, LZ4 = 32008, 32004


def packer_of(dataset: Any) -> int:
    """Number of the filter that writes blocks, if it is the last; else 0."""
    pipeline = dataset.id.get_create_plist()
    n = pipeline.get_nfilters()
    if n == 0:
        return 0
    number, _, values, _ = pipeline.get_filter(n - 1)
    packs = number == LZ4 or (number == BITSHUFFLE and len(values) > 4 and values[4] > 0)
    return int(number) if packs else 0


def is_whole(chunk: bytes, size: int, itemsize: int, packer: int) -> bool:
    """Whether a packed chunk says that it holds `size` bytes, in blocks that lie within it.

    Examples
    --------
    >>> header = (8).to_bytes(8, "big") + (8).to_bytes(4, "big")
    >>> block = (3).to_bytes(4, "big") + b"abc"
    >>> is_whole(header + block, 8, 1, LZ4), is_whole(header + block[:-1], 8, 1, LZ4)
    (True, False)
    """
    stated, side = int.from_bytes(chunk[:8], "big"), int.from_bytes(chunk[8:12], "big")
    unit = 8 * itemsize if packer == BITSHUFFLE else 1
    if len(chunk) < 12 or stated != size or side == 0 or side % unit:
        return False
    tail = size % unit  # fewer than 8 elements are stored as they are
    at, end = 12, len(chunk) - tail
    try:
        for _ in range(-(-(size - tail) // side)):
            at += 4 + _packed_size(chunk, at)[0]
    except struct.error:  # beyond the end
        return False
    return at <= end
