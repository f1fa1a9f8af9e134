"""TIFF, read by tifffile: 8, 16 and 32 bit, float, one page or many."""

import os
import struct
import threading
import weakref
from collections.abc import Sequence
from typing import IO, TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from featcls.data.base import Frames, Reader, check_size, decoding
from featcls.data.colour import to_grey
from featcls.errors import UnreadableFrameError
from featcls.frame import Frame
from featcls.hookspecs import RegisterReader, hookimpl

if TYPE_CHECKING:
    from tifffile import TiffFile, TiffPage

featcls_api = 1


class _Layout(NamedTuple):
    """How numbers of the directories of pages are packed, and where the first one stands."""

    first: int
    number: str  # of tags
    offset: str
    tag: str  # code, type, count, value or its place


LAYOUTS = {
    b"II*\0": _Layout(4, "<H", "<I", "<HHI4s"),
    b"MM\0*": _Layout(4, ">H", ">I", ">HHI4s"),
    b"II+\0": _Layout(8, "<Q", "<Q", "<HHQ8s"),
    b"MM\0+": _Layout(8, ">Q", ">Q", ">HHQ8s"),
}
MAX_TAGS = 1000  # of a page
# Bytes of one value of each type, from BYTE = 1 to the IFD8 = 18 of BigTIFF.
TYPE_SIZES = dict(enumerate((1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8), 1))
REMEDY = "replace the file; if a codec is missing, `pip install imagecodecs`"


class TiffReader(Reader):
    """One frame a page, values as stored; thumbnails and mask pages are left out.

    Colour becomes one channel (see `colour.to_grey`; noted in `meta`). Where white is zero
    the values stay as stored, which `meta` says.
    """

    def understands(self, path: str, head: bytes) -> bool:
        """Look for the magic of TIFF or BigTIFF in either byte order."""
        return head.startswith(tuple(LAYOUTS))

    def frames(self, path: str) -> Sequence[Frame]:
        """Return the pages; the file stays open until the sequence is closed or let go."""
        from tifffile import TiffFile

        with decoding(path, None, REMEDY):
            _check_directories(path)
            tiff = TiffFile(path)
        close = weakref.finalize(tiff, tiff.filehandle.close)
        try:
            with decoding(path, None, REMEDY):
                pages = _image_pages(path, tiff)
        except UnreadableFrameError:
            close()
            raise
        lock = threading.Lock()  # one file position, whoever reads

        def read(index: int) -> Frame:
            with lock:
                return _read(path, tiff, pages, index)

        return Frames(len(pages), read, close)


def _image_pages(path: str, tiff: "TiffFile") -> list[int]:
    stated = (tiff.imagej_metadata or {}).get("images", 1) if tiff.is_imagej else 1
    if stated > len(tiff.pages):
        what = f"an ImageJ stack of {stated} images that describes {len(tiff.pages)} of them"
        raise UnreadableFrameError(path, None, what, "save it as a TIFF with one page an image")
    pages = [i for i, page in enumerate(tiff.pages) if not page.aspage().subfiletype & 0b101]
    if not pages:
        raise UnreadableFrameError(path, None, "it holds no image", "replace the file")
    return pages


def _check_directories(path: str) -> None:
    """Refuse page lists that break off or go in a circle, and tags beyond the end.

    tifffile only logs these, and spends minutes on a directory of garbage.
    """
    size = os.path.getsize(path)
    with open(path, "rb") as file:
        layout = LAYOUTS.get(file.read(4))
        if layout is None:
            raise ValueError("no header of TIFF")
        file.seek(layout.first)
        seen: set[int] = set()
        while at := _number(file, layout.offset):
            if at in seen:
                what = "its list of pages leads in a circle"
                raise UnreadableFrameError(path, None, what, "replace the file")
            seen.add(at)
            file.seek(at)
            n_tags = _number(file, layout.number)
            if n_tags > MAX_TAGS:
                raise ValueError(f"a page of it claims {n_tags} tags; the limit is {MAX_TAGS}")
            tags = list(
                struct.iter_unpack(layout.tag, _whole(file, n_tags * struct.calcsize(layout.tag)))
            )
            ends = [_end_of_value(layout, *tag) for tag in tags]
            # Values lie apart from one another, so that together they fit into the file.
            if max(ends, default=0) > size or sum(_size(*tag[1:3]) for tag in tags) > size:
                raise UnreadableFrameError(path, None, "the file is cut short", "replace the file")


def _number(file: IO[bytes], kind: str) -> int:
    (number,) = struct.unpack(kind, _whole(file, struct.calcsize(kind)))
    return int(number)


def _whole(file: IO[bytes], size: int) -> bytes:
    data = file.read(size)
    if len(data) < size:
        raise ValueError("its list of pages breaks off")
    return data


def _size(kind: int, count: int) -> int:
    """Bytes of the value of a tag."""
    return count * TYPE_SIZES.get(kind, 0)


def _end_of_value(layout: "_Layout", _: int, kind: int, count: int, value: bytes) -> int:
    """Byte of the file where the value of a tag ends; 0 if it stands in the entry itself."""
    size = _size(kind, count)
    return 0 if size <= len(value) else struct.unpack(layout.offset, value)[0] + size


def _read(path: str, tiff: "TiffFile", pages: list[int], index: int) -> Frame:
    frame = index if len(pages) > 1 else None
    with decoding(path, frame, REMEDY):
        page = tiff.pages[pages[index]].aspage()
        if page.dtype is None:
            raise ValueError(f"its samples have {page.bitspersample} bits, which no dtype has")
        check_size(path, frame, page.shape, page.dtype.itemsize, sum(page.databytecounts))
        _check_length(path, frame, tiff, page)
        image, meta = _grey(page)
        return Frame(image, frame_id=path if frame is None else f"{path}#{index}", meta=meta)


def _check_length(path: str, frame: int | None, tiff: "TiffFile", page: "TiffPage") -> None:
    """Refuse strips beyond the end of the file, and plain ones of another size than the image."""
    size = tiff.filehandle.size
    pieces = zip(page.dataoffsets, page.databytecounts, strict=True)
    if any(offset + count > size for offset, count in pieces):
        raise UnreadableFrameError(path, frame, "the file is cut short", "replace the file")
    stored = sum(page.databytecounts)
    whole_bytes = page.bitspersample % 8 == 0 and not page.is_tiled
    if page.compression == 1 and whole_bytes and stored != page.nbytes:
        what = f"it has {stored} bytes of pixels, its header asks for {page.nbytes}"
        raise UnreadableFrameError(path, frame, what, "replace the file")


def _grey(page: "TiffPage") -> tuple[NDArray[Any], dict[str, str]]:
    if page.photometric == 3:
        raise ValueError("its pixels are indices into a palette; save it as grey or RGB")
    image = np.asarray(page.asarray())
    meta = {"photometric": "white is zero, values as stored"} if page.photometric == 0 else {}
    if image.ndim == 2:
        return image, meta
    if page.axes in ("YXS", "SYX"):
        channels = image if page.axes == "YXS" else np.moveaxis(image, 0, -1)
        if page.photometric == 2 and channels.shape[2] >= 3:
            grey, note = to_grey(channels)
            return grey, {"colour": note}
        if page.photometric in (0, 1):
            return channels[..., 0], meta  # grey with extra samples, such as alpha
    raise ValueError(f"a page of axes {page.axes} and shape {page.shape} is not one image")


@hookimpl
def register_readers(register: RegisterReader) -> None:
    """Register the reader of TIFF."""
    register("tiff", TiffReader, extensions=(".tif", ".tiff"))
