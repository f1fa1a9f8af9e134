"""Compressions of CBF: byte offsets through fabio, CCP4 packing through pycbf."""

import math
import os
import tempfile
from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

INSTALL = "pip install 'featcls[formats]'"
LONGEST = 14  # bytes that follow the first of a byte offset
Pixels = NDArray[Any]
Dims = tuple[int, int, int]  # slowest first


def plain(data: bytes, dims: Dims, dtype: np.dtype[Any], checked: bool) -> Pixels:
    """Pixels as they are."""
    wanted = math.prod(dims) * dtype.itemsize
    if len(data) != wanted:
        raise ValueError(f"it has {len(data)} bytes of pixels, its header asks for {wanted}")
    return np.frombuffer(data, dtype).astype(dtype.newbyteorder("="))


def byte_offset(data: bytes, dims: Dims, dtype: np.dtype[Any], checked: bool) -> Pixels:
    """Differences of neighbours in one byte, or in two or four behind an escape.

    Without a checksum the pixels are packed again: only a whole stream gives the same bytes.
    """
    try:
        from fabio.ext.byte_offset import comp_cbf32, dec_cbf
    except ImportError as error:
        raise ImportError(f"byte offsets need fabio: {INSTALL}") from error
    n = math.prod(dims)
    # fabio reads on behind an escape at the end: zeros stand there, each a pixel more.
    pixels = np.asarray(dec_cbf(data + bytes(LONGEST), n + LONGEST))
    whole, pixels = len(pixels) == n + LONGEST, pixels[:n]
    if not whole or pixels.min(initial=0) < np.iinfo(dtype).min:
        raise ValueError("its byte offsets do not unpack to its header's pixels")
    if pixels.max(initial=0) > np.iinfo(dtype).max:
        raise ValueError(f"its byte offsets unpack to values beyond {dtype}")
    pixels = pixels.astype(dtype.newbyteorder("="))
    if not checked and bytes(comp_cbf32(pixels.astype(np.int32))) != data:
        raise ValueError("its byte offsets end before its pixels do, and it has no checksum")
    return pixels


def packed(data: bytes, dims: Dims, dtype: np.dtype[Any], checked: bool) -> Pixels:
    """CCP4 packing, decoded by pycbf from a file written anew around the checked bytes."""
    if not checked:
        raise ValueError("its pixels are packed without a checksum, and damage would not show")
    try:
        pycbf: Any = import_module("pycbf")
    except ImportError as error:
        raise ImportError(f"packed pixels need pycbf: {INSTALL}") from error
    with tempfile.TemporaryDirectory(prefix="featcls-") as folder:
        path = os.path.join(folder, "section.cbf")
        with open(path, "wb") as file:
            file.write(_wrapped(data, dims, dtype))
        handle = pycbf.cbf_handle_struct()
        handle.read_file(path.encode(), pycbf.MSG_DIGEST)
        handle.find_category(b"array_data")
        handle.find_column(b"data")
        raw = handle.get_integerarray_as_string()
    return plain(raw, dims, dtype, True)


def _wrapped(data: bytes, dims: Dims, dtype: np.dtype[Any]) -> bytes:
    """Write a file of one binary section."""
    sign = "signed" if dtype.kind == "i" else "unsigned"
    text = f"""###CBF: VERSION 1.5

data_section

_array_data.array_id a
_array_data.binary_id 1
_array_data.data
;
--CIF-BINARY-FORMAT-SECTION--
Content-Type: application/octet-stream;
     conversions="x-CBF_PACKED"
Content-Transfer-Encoding: BINARY
X-Binary-Size: {len(data)}
X-Binary-ID: 1
X-Binary-Element-Type: "{sign} {8 * dtype.itemsize}-bit integer"
X-Binary-Element-Byte-Order: LITTLE_ENDIAN
X-Binary-Number-of-Elements: {math.prod(dims)}
X-Binary-Size-Fastest-Dimension: {dims[2]}
X-Binary-Size-Second-Dimension: {dims[1]}
X-Binary-Size-Third-Dimension: {dims[0]}

"""
    head = text.replace("\n", "\r\n").encode() + b"\x0c\x1a\x04\xd5"
    return head + data + b"\r\n--CIF-BINARY-FORMAT-SECTION----\r\n;\r\n"


CODECS: dict[str, Callable[[bytes, Dims, np.dtype[Any], bool], Pixels]] = {
    "x-CBF_NONE": plain,
    "x-CBF_BYTE_OFFSET": byte_offset,
    "x-CBF_PACKED": packed,
}
