"""PNG, JPEG and BMP, read by Pillow."""

import io
import zlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from featcls.data.base import Frames, Reader, check_size, decoding, read_file
from featcls.data.colour import to_grey
from featcls.errors import UnreadableFrameError
from featcls.frame import Frame
from featcls.hookspecs import RegisterReader, hookimpl

if TYPE_CHECKING:
    from PIL import Image

featcls_api = 1

PNG = b"\x89PNG\r\n\x1a\n"
JPEG = b"\xff\xd8\xff"
BMP_HEADERS = (12, 40, 52, 56, 64, 108, 124)
GREY_MODES = {"1": np.uint8, "L": np.uint8, "I;16": np.uint16, "I": np.uint16}


class PillowReader(Reader):
    """One grey image a file, 8 or 16 bit.

    Colour and palettes become one channel (see `colour.to_grey`; noted in `meta`), alpha is
    ignored, and of several frames in a file the first is read. Colour of 16 bit is refused,
    because Pillow would silently drop the low byte.
    """

    def understands(self, path: str, head: bytes) -> bool:
        """Look for the magic of PNG and JPEG, and for a BMP header of a known length."""
        if head.startswith((PNG, JPEG)):
            return True
        return head[:2] == b"BM" and int.from_bytes(head[14:18], "little") in BMP_HEADERS

    def frames(self, path: str) -> Sequence[Frame]:
        """Return the one frame; the file is opened when it is asked for."""
        return Frames(1, lambda _: _read(path))


def _read(path: str) -> Frame:
    from PIL import Image, ImageFile

    if ImageFile.LOAD_TRUNCATED_IMAGES:
        what = "another package has told Pillow to fill up cut images"
        raise UnreadableFrameError(
            path, None, what, "set PIL.ImageFile.LOAD_TRUNCATED_IMAGES = False"
        )
    with decoding(path, None):
        data = read_file(path)
        if data.startswith(PNG):
            _check_png(path, data)
        with Image.open(io.BytesIO(data), formats=("PNG", "JPEG", "BMP")) as image:
            itemsize = 2 if image.mode.startswith("I") else len(image.getbands())
            check_size(path, None, (image.height, image.width), itemsize, len(data))
            pixels, note = _grey(image)
        return Frame(pixels, frame_id=path, meta={"colour": note} if note else {})


def _grey(image: "Image.Image") -> tuple[NDArray[Any], str]:
    mode = "I;16" if image.mode.startswith("I;16") else image.mode
    if mode in GREY_MODES:
        # PNG is the only one of the three that has more than 8 bits, and then it has 16.
        return np.asarray(image).astype(GREY_MODES[mode], copy=False), ""
    if mode == "LA":
        return np.asarray(image)[..., 0].copy(), ""
    return to_grey(np.asarray(image if mode in ("RGB", "RGBA") else image.convert("RGB")))


def _check_png(path: str, data: bytes) -> None:
    """Walk the chunks up to IEND: Pillow itself skips the checksums of pixel data."""
    at, kind = len(PNG), b""
    while kind != b"IEND":
        length, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        end = at + 12 + length
        if end > len(data):
            raise UnreadableFrameError(path, None, "the file is cut short", "replace the file")
        # A view, not a copy: pixel data may be large.
        stated = int.from_bytes(data[end - 4 : end], "big")
        if zlib.crc32(memoryview(data)[at + 4 : end - 4]) != stated:
            name = kind.decode("latin-1")
            what = f"the checksum of its {name!r} chunk is wrong"
            raise UnreadableFrameError(path, None, what, "replace the file")
        at = end
    depth, colour = data[24:26]
    if depth == 16 and colour in (2, 4, 6):
        what = "PNG with several channels of 16 bit, of which Pillow would drop the low byte"
        raise UnreadableFrameError(path, None, what, "save it as 16-bit grey PNG or as TIFF")


@hookimpl
def register_readers(register: RegisterReader) -> None:
    """Register the reader of PNG, JPEG and BMP."""
    register("pillow", PillowReader, extensions=(".png", ".jpg", ".jpeg", ".jpe", ".bmp"))
