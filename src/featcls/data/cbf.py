"""CBF of Dectris and imgCIF: text about the detector, then compressed pixels with a checksum."""

import base64
import hashlib
import math
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from featcls.data.base import Frames, Reader, check_length, check_size, decoding, read_file
from featcls.data.cbf_codecs import CODECS
from featcls.data.flags import flagged, masked
from featcls.errors import UnreadableFrameError
from featcls.frame import Frame
from featcls.geometry import Geometry
from featcls.hookspecs import RegisterReader, hookimpl

featcls_api = 1

BOUNDARY = b"--CIF-BINARY-FORMAT-SECTION--"
START = b"\x0c\x1a\x04\xd5"
ELEMENTS = {
    "signed 32-bit integer": "<i4",
    "unsigned 32-bit integer": "<u4",
    "signed 16-bit integer": "<i2",
    "unsigned 16-bit integer": "<u2",
    "signed 8-bit integer": "i1",
    "unsigned 8-bit integer": "u1",
}
_NUMBER = r"([-+]?[\d.]+(?:[eE][-+]?\d+)?)"
_PIXEL = re.compile(rf"Pixel_size\s+{_NUMBER}\s*m\s*x\s*{_NUMBER}\s*m")
_DISTANCE = re.compile(rf"Detector_distance\s+{_NUMBER}\s*m")
_WAVELENGTH = re.compile(rf"Wavelength\s+{_NUMBER}\s*A|_wavelength\.wavelength\s+{_NUMBER}")
_BEAM = re.compile(rf"Beam_xy\s*\(\s*{_NUMBER}\s*,\s*{_NUMBER}\s*\)\s*pixels")
_CUTOFF = re.compile(rf"Count_cutoff\s+{_NUMBER}|_array_intensities\.overload\s+{_NUMBER}")


class _Section(NamedTuple):
    fields: dict[str, str]
    data: bytes


class CbfReader(Reader):
    """One frame a file, of byte-offset or packed pixels.

    A file of several binary sections, or of three dimensions, is one frame with its panels one
    below the other. Length and MD5 are checked before a decoder sees the pixels. The beam
    centre is that of a miniCBF header (`Beam_xy`: column and row in pixels of which the first
    goes from 0 to 1).

    Parameters
    ----------
    flags : bool
        Whether negative values of photon counters, and values above the stated cut-off, are
        masked.
    """

    def __init__(self, flags: bool = True) -> None:
        self.flags = flags

    def understands(self, path: str, head: bytes) -> bool:
        """Look for the magic."""
        return head.startswith(b"###CBF: VERSION")

    def frames(self, path: str) -> Sequence[Frame]:
        """Return the one frame; the file is opened when it is asked for."""
        return Frames(1, lambda _: self._read(path))

    def _read(self, path: str) -> Frame:
        with decoding(path, None):
            content = read_file(path)
            sections = _sections(path, content)
            text = content[: content.index(BOUNDARY)].decode("latin-1")
            image = np.concatenate([_pixels(path, section) for section in sections])
            frame = Frame(image, None, path, _geometry(text), {"panels": len(sections)})
            if not self.flags:
                return frame
            counter = "PILATUS" in text or "EIGER" in text.upper()
            # Beyond the cut-off a counter overflows; in XFEL detectors negative is noise.
            return masked(frame, flagged(image, counter=counter or None, high=_cutoff(text)))


def _sections(path: str, content: bytes) -> list[_Section]:
    """Return the binary sections, their length and checksum verified."""
    found, at = [], content.find(BOUNDARY + b"\r\n")
    if at < 0:
        at = content.find(BOUNDARY + b"\n")
    while at >= 0:
        begin = content.find(START, at, at + 4096)
        if begin < 0:
            raise UnreadableFrameError(path, None, "the file is cut short", "replace the file")
        header = content[at + len(BOUNDARY) : begin].decode("latin-1")
        fields = _fields(header)
        size = int(fields["x-binary-size"])
        data = content[begin + len(START) : begin + len(START) + size]
        end = content.find(BOUNDARY + b"--", begin + len(START) + size)
        if len(data) < size or end < 0:
            raise UnreadableFrameError(path, None, "the file is cut short", "replace the file")
        md5 = base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()
        if fields.get("content-md5", md5) != md5:
            what = "its pixels do not fit their checksum (MD5)"
            raise UnreadableFrameError(path, None, what, "replace the file")
        found.append(_Section(fields, data))
        at = content.find(BOUNDARY, end + len(BOUNDARY) + 2)
    if not found:
        raise UnreadableFrameError(path, None, "it holds no pixels", "replace the file")
    return found


def _fields(header: str) -> dict[str, str]:
    """Read `Key: value` and `key="value"`, a line each."""
    lines = (re.split("[:=]", line, maxsplit=1) for line in header.splitlines())
    return {line[0].strip().lower(): line[1].strip(' ";') for line in lines if len(line) == 2}


def _pixels(path: str, section: _Section) -> NDArray[Any]:
    """Decode a section into (rows, cols), panels one below the other."""
    fields = section.fields
    slow, rows, cols = (
        int(fields.get(f"x-binary-size-{axis}-dimension", 1) or 1)
        for axis in ("third", "second", "fastest")
    )
    dims = slow, rows, cols
    if min(dims) < 1:
        raise ValueError(f"its header asks for {' x '.join(map(str, dims))} pixels")
    kind = fields.get("x-binary-element-type", "").lower()
    if kind not in ELEMENTS:
        raise ValueError(f"its pixels are {kind!r}; wanted one of {', '.join(ELEMENTS)}")
    dtype = np.dtype(ELEMENTS[kind])
    check_size(path, None, dims, dtype.itemsize)
    if "x-binary-number-of-elements" in fields:
        check_length(path, None, int(fields["x-binary-number-of-elements"]), math.prod(dims))
    codec = fields.get("conversions", "x-CBF_NONE")
    if codec not in CODECS:
        raise ValueError(f"its compression is {codec}; wanted one of {', '.join(CODECS)}")
    pixels = CODECS[codec](section.data, dims, dtype, "content-md5" in fields)
    return pixels.reshape(slow * rows, cols)


def _first(pattern: "re.Pattern[str]", text: str) -> float | None:
    found = pattern.search(text)
    if found is None:
        return None
    value = float(next(part for part in found.groups() if part))
    return value if np.isfinite(value) and value > 0 else None


def _cutoff(text: str) -> float | None:
    return _first(_CUTOFF, text)


def _geometry(text: str) -> Geometry | None:
    pixel, distance = _first(_PIXEL, text), _first(_DISTANCE, text)
    wavelength = _first(_WAVELENGTH, text)
    beam = _BEAM.search(text)
    center = None if beam is None else (float(beam[2]) - 0.5, float(beam[1]) - 0.5)
    if center is None and pixel is None and distance is None and wavelength is None:
        return None
    return Geometry(center, pixel, distance, None if wavelength is None else wavelength * 1e-10)


@hookimpl
def register_readers(register: RegisterReader) -> None:
    """Register the reader of CBF."""
    register("cbf", CbfReader, extensions=(".cbf",))
