"""Spot kernels: pixels that stand out of their local background, and the spots they make."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from featcls._ext.spots import find
from featcls.kernels._arrays import (
    as_count,
    as_finite,
    as_nonnegative,
    as_pixels,
    as_positive,
    as_threads,
    check_finite,
)

MAX_KERNEL_SIZE = 100
# The records of the extension; the sums of squares and products stay there.
SPOT = np.dtype(
    [
        *((name, "f8") for name in ("row", "col", "intensity", "peak", "radius", "elongation")),
        ("sums", "f8", 3),
        ("area", "i8"),
    ]
)


class SpotTable(NamedTuple):
    """Spots in the order of their first pixels, one entry of each array a spot."""

    image: NDArray[np.int64]
    """Index in the stack, 0 for a single image."""
    row: NDArray[np.float64]
    """Centre in pixels, weighted by intensity."""
    col: NDArray[np.float64]
    area: NDArray[np.int64]
    """Number of pixels."""
    intensity: NDArray[np.float64]
    """Sum of the heights above the local mean."""
    peak: NDArray[np.float64]
    """Largest height."""
    radius: NDArray[np.float64]
    """Root mean square distance from the centre in pixels, weighted by intensity."""
    elongation: NDArray[np.float64]
    """1 - short / long principal variance: 0 for round spots and single pixels, 1 for lines."""


def find_spots(
    image: ArrayLike,
    *,
    gain: float = 1.0,
    global_threshold: float = 0.0,
    sigma_background: float = 6.0,
    sigma_strong: float = 3.0,
    min_spot_size: int = 2,
    max_spot_size: int = 1000,
    kernel_size: int = 3,
    mask: ArrayLike | None = None,
    n_threads: int = 1,
) -> SpotTable:
    """Bragg-spot candidates by the dispersion test.

    A valid pixel x is strong where, over the N >= 2 valid pixels of the window about it (cut at
    the border) with mean m and variance v,
    v > gain m (1 + sigma_background sqrt(2 / (N - 1))), x > m + sigma_strong sqrt(gain m) and
    x > global_threshold. Strong pixels that touch, at a corner too, are one spot.

    Parameters
    ----------
    image : (rows, cols) or (n, rows, cols) array
        Any real dtype; finite where not masked. Sums of whole numbers are exact; among floats,
        mask fill values such as 1e38, which would take the digits of their neighbours.
    gain : float
        Units of the image for one photon; above 0.
    global_threshold : float
        Pixels up to this value are never strong.
    sigma_background, sigma_strong : float
        As above, in standard deviations.
    min_spot_size, max_spot_size : int
        Spots of fewer or more pixels are left out.
    kernel_size : int
        The window has 2 kernel_size + 1 pixels on a side; 1 to 100.
    mask : (rows, cols) or (n, rows, cols) bool array, optional
        True pixels are ignored: neither in a mean or variance nor strong.
    n_threads : int
        OpenMP threads, over the images of a stack.

    Returns
    -------
    SpotTable

    References
    ----------
    Winter et al. (2018), doi:10.1107/S2059798317017235, whose parameters these are.

    Examples
    --------
    >>> image = np.ones((9, 9), np.uint8)
    >>> image[4, 4:6] = 50, 30
    >>> spots = find_spots(image)
    >>> spots.area.tolist(), spots.row.tolist(), spots.elongation.tolist()
    ([2], [4.0], [1.0])
    """
    stack, masks, single = as_pixels(image, mask)
    smallest = as_count("min_spot_size", min_spot_size, 1, 2**31)
    records, finite = find(
        stack,
        masks,
        as_positive("gain", gain),
        as_finite("global_threshold", global_threshold),
        as_nonnegative("sigma_background", sigma_background),
        as_nonnegative("sigma_strong", sigma_strong),
        as_count("kernel_size", kernel_size, 1, MAX_KERNEL_SIZE),
        smallest,
        as_count("max_spot_size", max_spot_size, smallest, 2**31),
        as_threads(n_threads),
    )
    if not finite:
        check_finite(stack, masks, single)
    spots = np.frombuffer(b"".join(records), SPOT)
    image_of = np.repeat(np.arange(len(records)), [len(r) // SPOT.itemsize for r in records])
    return SpotTable(image_of, *(spots[name] for name in SpotTable._fields[1:]))
