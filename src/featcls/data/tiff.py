"""TIFF, read by tifffile: 8, 16 and 32 bit, float, one page or many."""

import threading
import weakref
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from featcls.data.base import Frames, Reader, check_size, decoding
from featcls.data.colour import to_grey
from featcls.data.tiff_checks import LAYOUTS, check_directories, check_pieces
from featcls.errors import UnreadableFrameError
from featcls.frame import Frame
from featcls.hookspecs import RegisterReader, hookimpl

if TYPE_CHECKING:
    from tifffile import TiffFile, TiffPage

featcls_api = 1

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
            check_directories(path)
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


def _read(path: str, tiff: "TiffFile", pages: list[int], index: int) -> Frame:
    frame = index if len(pages) > 1 else None
    with decoding(path, frame, REMEDY):
        page = tiff.pages[pages[index]].aspage()
        if page.dtype is None:
            raise ValueError(f"its samples have {page.bitspersample} bits, which no dtype has")
        check_size(path, frame, page.shape, page.dtype.itemsize, sum(page.databytecounts))
        check_pieces(path, frame, tiff, page)
        image, meta = _grey(page)
        return Frame(image, frame_id=path if frame is None else f"{path}#{index}", meta=meta)


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
