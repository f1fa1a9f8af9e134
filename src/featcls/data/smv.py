"""SMV (`.img` of ADSC and of many others): a text header of stated size, then plain pixels."""

import os
import re
from collections.abc import Sequence

import numpy as np

from featcls.data.base import Frames, Reader, check_length, decoding
from featcls.data.flags import flagged, masked
from featcls.data.raw import assignments, number, positive, read_head, read_pixels
from featcls.frame import Frame
from featcls.geometry import Geometry
from featcls.hookspecs import RegisterReader, hookimpl

featcls_api = 1

MAX_HEADER = 2**20
TYPES = {
    "unsigned_char": "u1",
    "unsigned_short": "u2",
    "unsigned_long": "u4",
    "signed_short": "i2",
    "signed_long": "i4",
    "float": "f4",
}
ORDERS = {"little_endian": "<", "big_endian": ">"}
_MAGIC = re.compile(rb"\{\s*HEADER_BYTES\s*=\s*(\d{3,7})\s*;")


class SmvReader(Reader):
    """One frame a file; pixel size, distance and wavelength come from the header.

    The beam centre is not taken: writers of this format mean columns and rows by
    BEAM_CENTER_X and _Y or the other way round, in millimetres or in pixels. It stands in
    `meta["beam_center_stated"]`.

    Parameters
    ----------
    flags : bool
        Whether values by which detectors say that there is none are masked.
    """

    def __init__(self, flags: bool = True) -> None:
        self.flags = flags

    def understands(self, path: str, head: bytes) -> bool:
        """Look for the first key of the header."""
        return _MAGIC.match(head) is not None

    def frames(self, path: str) -> Sequence[Frame]:
        """Return the one frame; the file is opened when it is asked for."""
        return Frames(1, lambda _: self._read(path))

    def _read(self, path: str) -> Frame:
        with decoding(path, None):
            keys, start = _header(path)
            dtype = np.dtype(ORDERS[keys["byte_order"]] + TYPES[keys["type"]])
            shape = int(keys["size2"]), int(keys["size1"])
            size = os.path.getsize(path) - start
            check_length(path, None, size, shape[0] * shape[1] * dtype.itemsize)
            image = read_pixels(path, None, start, shape, dtype)
            frame = Frame(image, None, path, _geometry(keys), _meta(keys))
            return masked(frame, flagged(image)) if self.flags else frame


def _header(path: str) -> tuple[dict[str, str], int]:
    found = _MAGIC.match(read_head(path, 256))
    size = int(found[1]) if found else 0
    if not 64 <= size <= MAX_HEADER:
        raise ValueError(f"its header says that it has {size} bytes")
    text = read_head(path, size).decode("latin-1")
    keys = assignments(text.partition("}")[0][1:])
    for name, known in (("byte_order", ORDERS), ("type", TYPES), ("size1", None), ("size2", None)):
        if name not in keys or (known is not None and keys[name] not in known):
            wanted = f"; wanted one of {', '.join(known)}" if known else ""
            raise ValueError(f"its header has {name} {keys.get(name, 'nowhere')}{wanted}")
    return keys, size


def _geometry(keys: dict[str, str]) -> Geometry:
    return Geometry(
        None,
        positive(number(keys, "pixel_size"), 1e-3),
        positive(number(keys, "distance"), 1e-3),
        positive(number(keys, "wavelength"), 1e-10),
    )


def _meta(keys: dict[str, str]) -> dict[str, str]:
    stated = [keys[name] for name in ("beam_center_x", "beam_center_y") if name in keys]
    return {"beam_center_stated": ", ".join(stated)} if stated else {}


@hookimpl
def register_readers(register: RegisterReader) -> None:
    """Register the reader of SMV."""
    register("smv", SmvReader, extensions=(".img", ".smv"))
