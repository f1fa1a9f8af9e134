"""Contrast kernels: local contrast normalisation."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from featcls._ext.lcn import normalize
from featcls.kernels._arrays import (
    as_choice,
    as_nonnegative,
    as_pixels,
    as_threads,
    as_window,
    check_finite,
)

BORDERS = ("reflect", "truncate")


def local_contrast_normalize(
    image: ArrayLike,
    window: int = 5,
    *,
    min_std: float = 1.0,
    border: str = "reflect",
    mask: ArrayLike | None = None,
    n_threads: int = 1,
) -> NDArray[np.float32]:
    """Each pixel less the mean of the window about it, over the standard deviation there.

    With m and s the mean and (population) standard deviation of the N valid pixels of the window
    and sigma that of all valid pixels of the image, y = (x - m) / max(s, min_std sigma): equations
    6 to 9 of the reference, where the global step cancels except in the floor. The floor is not
    in the paper but in its authors' programs, as 1 after the global step; without it no pixel can
    exceed sqrt(N - 1), however bright.

    Parameters
    ----------
    image : (rows, cols) or (n, rows, cols) array
        Any real dtype; finite where not masked.
    window : int
        Odd side of the window in pixels, at most the smaller side of the image.
    min_std : float
        Least standard deviation divided by, in units of sigma; 0 for none.
    border : {'reflect', 'truncate'}
        Mirror the image at its border, the edge pixels not repeated (as `numpy.pad` does), or
        cut the window there.
    mask : (rows, cols) or (n, rows, cols) bool array, optional
        True pixels are ignored: they are in no mean and are 0 in the result.
    n_threads : int
        OpenMP threads; the result does not depend on it.

    Returns
    -------
    float32 array of the image's shape
        Within 2e-6 of the largest magnitude of a float64 computation; 0 where fewer than 2
        pixels of the window are valid, or where the divisor is 0.

    References
    ----------
    Ke et al. (2018), doi:10.1107/S1600577518004873.

    Examples
    --------
    A pixel of 9 in a flat image: the window holds 8 zeros and the 9, so m = 1, s = sqrt(8).

    >>> image = np.zeros((5, 5)); image[2, 2] = 9
    >>> normalized = local_contrast_normalize(image, 3, min_std=0)
    >>> round(float(normalized[2, 2]), 4)
    2.8284
    """
    stack, masks, single = as_pixels(image, mask)
    half = as_window(window, stack.shape) // 2
    floor = as_nonnegative("min_std", min_std)
    reflect = as_choice("border", border, BORDERS) == "reflect"
    out = np.empty(stack.shape, np.float32)
    if not normalize(stack, masks, half, floor, reflect, as_threads(n_threads), out):
        check_finite(stack, masks, single)
    return out[0] if single else out
