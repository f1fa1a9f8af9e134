"""Frames as grey levels, for the extractors that need integers."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from featcls.errors import UsageError
from featcls.frame import Frame


def grey_levels(frame: Frame, levels: int, extractor: str) -> NDArray[Any]:
    """Return a frame's image as unsigned integers, whatever type holds them.

    Parameters
    ----------
    frame : Frame
    levels : int
        Every pixel must be one of 0 .. levels - 1.
    extractor : str
        Whom the error names.

    Returns
    -------
    (rows, cols) array of uint8, or uint16 where `levels` is above 256

    Raises
    ------
    UsageError
        A pixel is not a whole number, is negative or is too large.

    Examples
    --------
    >>> grey_levels(Frame(np.array([[0.0, 3.0]])), 4, "glcm")
    array([[0, 3]], dtype=uint8)
    """
    image = frame.image
    low, high = image.min(), image.max()
    if image.dtype.kind == "f" and not np.array_equal(image, np.floor(image)):
        found = "fractions"
    elif low < 0 or high >= levels:
        found = f"values from {low:g} to {high:g}"
    else:
        return image.astype(np.uint8 if levels <= 256 else np.uint16, copy=False)
    raise UsageError(
        f"{extractor} wants whole grey levels 0 to {levels - 1}, frame {frame.frame_id!r} has "
        f"{found}",
        f"add the preprocessor quantise with levels = {levels} or less",
    )
