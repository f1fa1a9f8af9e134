"""Resize: another number of pixels for the same picture."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featcls.data.base import MAX_PIXELS
from featcls.errors import UsageError
from featcls.frame import Frame
from featcls.geometry import Geometry
from featcls.hookspecs import RegisterStep, hookimpl
from featcls.preprocess.base import Preprocessor
from featcls.spaces import Choice

featcls_api = 1

METHODS = ("nearest", "box", "bilinear", "bicubic")
COVERAGE = 0.5  # of a pixel, that valid pixels must make up


class Resize(Preprocessor):
    """Resample a frame to a size, by Pillow: antialiased where it gets smaller.

    Masked pixels weigh nothing: the result is resize(image x valid) / resize(valid), masked
    where valid pixels cover less than half.

    Parameters
    ----------
    size : (int, int) or int
        Rows and columns of the result, or the longer side, the shape being kept.
    method : {"nearest", "box", "bilinear", "bicubic"}

    Raises
    ------
    UsageError
        The size is no pair of positive integers or beyond 64 megapixels; unknown method.

    Examples
    --------
    >>> Resize((1, 2), "box").apply(Frame(np.array([[1, 3, 5, 5], [1, 3, 5, 5]]))).image.tolist()
    [[2.0, 5.0]]
    """

    def __init__(self, size: tuple[int, int] | int = 224, method: str = "bilinear") -> None:
        self.size = size
        self.method = method

    def apply(self, frame: Frame) -> Frame:
        """Return the resampled frame, float32."""
        shape = self._shape(frame.shape)
        if self.method not in METHODS:
            raise UsageError(f"resize: method is {self.method!r}", f"give one of {METHODS}")
        image = self._resampled(frame.image, shape)
        mask = None
        if frame.mask is not None:
            # Bicubic weights go below 0 and above 1 at the rim of a mask.
            covered = self._resampled(frame.valid, shape)
            mask = covered < COVERAGE
            image = np.where(mask, 0, image / np.where(mask, 1, covered))
        return frame.replace(image=image, mask=mask, geometry=_resized(frame, shape))

    def _shape(self, shape: tuple[int, int]) -> tuple[int, int]:
        size = self.size
        if isinstance(size, int):
            longer = max(shape)
            rows, cols = (max(min(size, 1), round(side * size / longer)) for side in shape)
        elif len(size) == 2:
            rows, cols = (int(side) for side in size)
        else:
            rows = cols = 0
        if min(rows, cols) < 1 or rows * cols > MAX_PIXELS:
            raise UsageError(f"resize: size is {size}", "give (rows, cols) or the longer side")
        return rows, cols

    def _resampled(self, image: NDArray[Any], shape: tuple[int, int]) -> NDArray[np.float32]:
        from PIL import Image

        picture = Image.fromarray(np.ascontiguousarray(image, np.float32))
        method = Image.Resampling[self.method.upper()]
        return np.asarray(picture.resize(shape[::-1], method), np.float32)


def _resized(frame: Frame, shape: tuple[int, int]) -> Geometry | None:
    """Geometry of the resampled image; where pixels become oblong it has no pixel size."""
    geometry = frame.geometry
    if geometry is None:
        return None
    scales = [old / new for old, new in zip(frame.shape, shape, strict=True)]
    center, size = geometry.beam_center, geometry.pixel_size
    if center is not None:
        row, col = ((at + 0.5) / k - 0.5 for at, k in zip(center, scales, strict=True))
        center = (row, col)
    even = abs(scales[0] / scales[1] - 1) < 0.01
    size = size * float(np.sqrt(scales[0] * scales[1])) if size is not None and even else None
    return replace(geometry, beam_center=center, pixel_size=size)


SPACE = {
    "size": Choice(224, 128, (256, 256)),
    "method": Choice(*METHODS, default="bilinear"),
}


@hookimpl
def register_preprocessors(register: RegisterStep) -> None:
    register("resize", Resize, SPACE)
