"""Which pixels lie about points between them, and what share each has in their values."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def pixels_of_points(
    shape: tuple[int, int], middle: Array, radii: Array, n_angles: int, lanes: int
) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.float32], NDArray[np.float32]]:
    """Pixels, no starts, shares and weight of points between pixels."""
    blocks = -(-len(radii) // lanes)
    filled = np.full(blocks * lanes, np.inf)
    filled[: len(radii)] = radii
    each = filled.reshape(blocks, 1, lanes)
    phi = 2 * np.pi * np.arange(n_angles)[:, None] / n_angles
    # to 1e-9 of a pixel: points that should lie on pixels do, whatever sin and cos round to
    with np.errstate(invalid="ignore"):  # filling: 0 times infinity
        row = np.round(middle[0] + each * np.sin(phi), 9)
        col = np.round(middle[1] + each * np.cos(phi), 9)
    inside = (row >= 0) & (row <= shape[0] - 1) & (col >= 0) & (col <= shape[1] - 1)
    row, col = np.where(inside, row, 0), np.where(inside, col, 0)
    top = np.minimum(np.floor(row), shape[0] - 2)
    left = np.minimum(np.floor(col), shape[1] - 2)
    shares = np.empty((*inside.shape, 2, 2))
    shares[..., 0, 1] = shares[..., 1, 1] = (col - left) * inside
    shares[..., 0, 0] = shares[..., 1, 0] = inside - shares[..., 0, 1]
    shares[..., 0, :] *= (1 - (row - top))[..., None]
    shares[..., 1, :] *= (row - top)[..., None]
    # the upper pixels of two points, then the lower ones: as the compiled loop reads them
    pairs = np.moveaxis(shares.reshape(-1, 2, 2, 2), 1, 2)
    return (
        (top * shape[1] + left).astype(np.int32).ravel(),
        np.empty(0, np.int64),
        np.ascontiguousarray(pairs, np.float32).reshape(1, -1),
        inside.astype(np.float32)[None],
    )
