"""Keep one rectangle of a frame."""

from featcls.errors import UsageError
from featcls.frame import Frame
from featcls.hookspecs import RegisterStep, hookimpl
from featcls.preprocess.base import Preprocessor
from featcls.spaces import Choice

featcls_api = 1


class Crop(Preprocessor):
    """Cut a frame, its mask and its geometry to a region of interest.

    Parameters
    ----------
    roi : tuple of int, optional
        `(row0, row1, col0, col1)`, ends excluded as in slices; or `(rows, cols)`, the size of
        a region in the middle of the image (half a pixel up and left where it cannot be
        centred). None keeps the whole frame.

    Raises
    ------
    UsageError
        `roi` has another form, is empty, or does not lie within the image.

    Examples
    --------
    >>> import numpy as np
    >>> frame = Frame(np.arange(12).reshape(3, 4))
    >>> Crop((0, 2, 1, 3)).apply(frame).image.tolist()
    [[1, 2], [5, 6]]
    >>> Crop((1, 2)).apply(frame).image.tolist()
    [[5, 6]]
    """

    def __init__(self, roi: tuple[int, ...] | None = None) -> None:
        self.roi = roi

    def apply(self, frame: Frame) -> Frame:
        """Return the region as a frame of its own."""
        if self.roi is None:
            return frame
        row0, row1, col0, col1 = self._bounds(frame.shape)
        window = slice(row0, row1), slice(col0, col1)
        return frame.replace(
            image=frame.image[window],
            mask=None if frame.mask is None else frame.mask[window],
            geometry=None if frame.geometry is None else frame.geometry.moved(row0, col0),
        )

    def _bounds(self, shape: tuple[int, int]) -> tuple[int, int, int, int]:
        roi = tuple(self.roi or ())
        if len(roi) == 2:
            row0, col0 = ((n - size) // 2 for n, size in zip(shape, roi, strict=True))
            roi = (row0, row0 + roi[0], col0, col0 + roi[1])
        if len(roi) != 4:
            raise UsageError(
                f"crop: roi is {roi}", "give (row0, row1, col0, col1) or (rows, cols)"
            )
        row0, row1, col0, col1 = roi
        if not (0 <= row0 < row1 <= shape[0] and 0 <= col0 < col1 <= shape[1]):
            raise UsageError(
                f"crop: roi {self.roi} does not fit into an image of {shape[0]} x {shape[1]}",
                "give a region of one pixel or more within the image",
            )
        return row0, row1, col0, col1


SPACE = {"roi": Choice(None, (128, 128))}


@hookimpl
def register_preprocessors(register: RegisterStep) -> None:
    register("crop", Crop, SPACE)
