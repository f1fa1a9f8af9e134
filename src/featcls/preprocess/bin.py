"""Bin: blocks of pixels become one."""

import numpy as np

from featcls.errors import UsageError
from featcls.frame import Frame
from featcls.hookspecs import RegisterStep, hookimpl
from featcls.preprocess.base import Preprocessor
from featcls.spaces import Choice

featcls_api = 1

METHODS = ("mean", "sum")


class Bin(Preprocessor):
    """Join blocks of `factor` x `factor` pixels.

    A block is the mean of its valid pixels; `sum` is that times the number of its pixels, so
    that a masked pixel does not make it darker. A block with fewer than half of its pixels
    valid is masked. Rows and columns beyond the last whole block are cut off.

    Parameters
    ----------
    factor : int
        Pixels on a side; in an image with a smaller side, that.
    method : {"mean", "sum"}

    Raises
    ------
    UsageError
        `factor` is below 1, or `method` is not known.

    Examples
    --------
    >>> mask = np.array([[False, False, True, True], [False, True, True, False]])
    >>> frame = Bin(2).apply(Frame(np.array([[1, 2, 9, 9], [3, 9, 9, 5]]), mask))
    >>> frame.image.tolist(), frame.mask.tolist()
    ([[2.0, 0.0]], [[False, True]])
    """

    def __init__(self, factor: int = 2, method: str = "mean") -> None:
        self.factor = factor
        self.method = method

    def apply(self, frame: Frame) -> Frame:
        """Return the smaller frame, float64; with `factor` 1 the frame itself."""
        if self.method not in METHODS:
            raise UsageError(f"bin: method is {self.method!r}", f"give one of {METHODS}")
        if self.factor < 1:
            raise UsageError(f"bin: factor is {self.factor}", "give 1 pixel or more")
        k = min(self.factor, *frame.shape)
        if k == 1:
            return frame
        rows, cols = (side // k for side in frame.shape)
        blocks = frame.image[: rows * k, : cols * k].reshape(rows, k, cols, k)
        total = blocks.sum((1, 3), dtype=np.float64)
        n = np.full((rows, cols), k * k)
        if frame.mask is not None:
            masked = frame.mask[: rows * k, : cols * k].reshape(rows, k, cols, k)
            n -= masked.sum((1, 3))
        mean = total / np.maximum(n, 1)
        return frame.replace(
            image=mean * (k * k) if self.method == "sum" else mean,
            mask=2 * n < k * k,
            geometry=None if frame.geometry is None else frame.geometry.moved(0, 0, k),
        )


SPACE = {"factor": Choice(2, 1, 4), "method": Choice(*METHODS)}


@hookimpl
def register_preprocessors(register: RegisterStep) -> None:
    register("bin", Bin, SPACE)
