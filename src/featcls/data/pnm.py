"""PGM and PPM, parsed here: Pillow would rescale grey levels such as 0..4095."""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featcls.data.base import Frames, Reader, check_length, check_size, decoding, read_file
from featcls.data.colour import to_grey
from featcls.errors import UnreadableFrameError
from featcls.frame import Frame
from featcls.hookspecs import RegisterReader, hookimpl

featcls_api = 1

CHANNELS = {b"P2": 1, b"P3": 3, b"P5": 1, b"P6": 3}
_GAP = rb"(?:\s|#[^\n\r]*[\n\r])+"
_HEADER = re.compile(
    rb"(P[2356])"
    + _GAP
    + rb"(\d{1,9})"
    + _GAP
    + rb"(\d{1,9})"
    + _GAP
    + rb"(\d{1,5})(?:#[^\n]*)?\s"
)


class PnmReader(Reader):
    """Grey (P2, P5) and colour (P3, P6) portable maps, one image a file, values as stored.

    Binary data must have exactly the length of the header: the format has no checksum.
    """

    def understands(self, path: str, head: bytes) -> bool:
        """Look for the magic and the numbers behind it."""
        return head[:2] in CHANNELS and _HEADER.match(head) is not None

    def frames(self, path: str) -> Sequence[Frame]:
        """Return the one frame; the file is opened when it is asked for."""
        return Frames(1, lambda _: _read(path))


def _read(path: str) -> Frame:
    with decoding(path, None):
        data = read_file(path)
        header = _HEADER.match(data)
        if header is None:
            raise ValueError("no header of a portable grey or colour map")
        magic, cols, rows, top = header[1], *(int(number) for number in header.groups()[1:])
        if not 0 < top < 65536:
            raise ValueError(f"its largest value is {top}; wanted 1 to 65535")
        shape = (rows, cols, CHANNELS[magic])
        dtype = np.dtype("u1" if top < 256 else ">u2")
        check_size(path, None, shape, dtype.itemsize)
        parse = _text if magic in (b"P2", b"P3") else _binary
        pixels = parse(path, memoryview(data)[header.end() :], shape, dtype)
        if pixels.max(initial=0) > top:
            raise ValueError(f"it holds {pixels.max()}, its header says at most {top}")
        if shape[2] == 1:
            return Frame(pixels[..., 0], frame_id=path)
        image, note = to_grey(pixels.astype(dtype.newbyteorder("=")))
        return Frame(image, frame_id=path, meta={"colour": note})


def _binary(
    path: str, data: memoryview, shape: tuple[int, int, int], dtype: np.dtype[Any]
) -> NDArray[Any]:
    wanted = shape[0] * shape[1] * shape[2] * dtype.itemsize
    check_length(path, None, len(data), wanted)
    return np.frombuffer(data, dtype).reshape(shape)


def _text(
    path: str, data: memoryview, shape: tuple[int, int, int], dtype: np.dtype[Any]
) -> NDArray[Any]:
    numbers = re.sub(rb"#[^\n\r]*", b" ", bytes(data)).split()
    if len(numbers) != shape[0] * shape[1] * shape[2]:
        what = f"it has {len(numbers)} values for {shape[0]} x {shape[1]} x {shape[2]}"
        raise UnreadableFrameError(path, None, what, "replace the file")
    return np.array(numbers, np.int64).astype(np.uint32).reshape(shape).astype(dtype)


@hookimpl
def register_readers(register: RegisterReader) -> None:
    """Register the reader of portable maps."""
    register("pnm", PnmReader, extensions=(".pgm", ".ppm", ".pnm"))
