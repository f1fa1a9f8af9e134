"""Colour to grey: exact where colour holds grey, luminance otherwise."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def to_grey(colour: NDArray[Any]) -> tuple[NDArray[Any], str]:
    """One channel of a colour image, and what was done.

    Parameters
    ----------
    colour : (rows, cols, 3 or more) array of unsigned integer or float
        Red, green, blue; further channels (alpha) are ignored.

    Returns
    -------
    image : (rows, cols) array of the same dtype
        The channel itself where all three are equal, else luminance after ITU-R BT.601
        (0.299 R + 0.587 G + 0.114 B in 16-bit fixed point, rounded, as Pillow does it).
    note : str
        `grey stored as colour` or `colour, read as luminance (BT.601)`.

    Examples
    --------
    >>> to_grey(np.array([[[255, 0, 0], [0, 255, 0]]], np.uint8))
    (array([[ 76, 150]], dtype=uint8), 'colour, read as luminance (BT.601)')
    """
    red, green, blue = colour[..., 0], colour[..., 1], colour[..., 2]
    if np.array_equal(red, green) and np.array_equal(red, blue):
        return red.copy(), "grey stored as colour"
    if colour.dtype.kind == "f":
        grey = 0.299 * red + 0.587 * green + 0.114 * blue
    else:
        wide: Any = np.uint32 if colour.dtype.itemsize == 1 else np.uint64
        grey = wide(19595) * red + wide(38470) * green + wide(7471) * blue
        grey = (grey + wide(32768)) >> wide(16)
    return grey.astype(colour.dtype), "colour, read as luminance (BT.601)"
