"""Which pixels lie in which ring and angle, and with how much of their area."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

LEAST, MOST = 4, 512  # squares that the side of a pixel is divided into
ROWS = 32  # rows of pixels done at a time, for the sake of memory

Array = NDArray[Any]


def pixels_of_bins(
    shape: tuple[int, int],
    centre: tuple[float, float],
    radii: NDArray[np.float64],
    n_angles: int,
    lanes: int,
) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.float32], NDArray[np.float32]]:
    """Pixels and starts of the bins, shares (1, pixels) and weight (1, blocks, n_angles, lanes).

    Bins are numbered with `lanes` rings side by side. Areas outside the image lessen the weight.
    """
    blocks = -(-len(radii) // lanes)
    n_bins = blocks * n_angles * lanes
    edges = bin_edges(radii)
    row, col, bins, area = (
        np.concatenate(part) for part in zip(*areas_in_bins(centre, edges, n_angles), strict=True)
    )
    ring, angle = np.divmod(bins, n_angles)
    place = (ring // lanes * n_angles + angle) * lanes + ring % lanes
    whole = np.bincount(place, area, n_bins)
    inside = (row >= 0) & (row < shape[0]) & (col >= 0) & (col < shape[1])
    order = np.flatnonzero(inside)[np.argsort(place[inside], kind="stable")]
    place, area = place[order], area[order]
    counted = np.bincount(place, area, n_bins)
    start = np.concatenate([[0], np.cumsum(np.bincount(place, minlength=n_bins))])
    weight = counted / np.where(whole > 0, whole, 1)
    return (
        (row[order] * shape[1] + col[order]).astype(np.int32),
        start.astype(np.int64),
        (area / counted[place]).astype(np.float32)[None],
        weight.astype(np.float32).reshape(1, blocks, n_angles, lanes),
    )


def bin_edges(radii: NDArray[np.float64]) -> NDArray[np.float64]:
    """Radii half way between rings; the first and the last ring reach as far out as in."""
    between = (radii[1:] + radii[:-1]) / 2
    inner, outer = 2 * radii[0] - between[0], 2 * radii[-1] - between[-1]
    return np.concatenate([[max(inner, 0.0)], between, [outer]])


def areas_in_bins(
    centre: tuple[float, float], edges: NDArray[np.float64], n_angles: int
) -> Iterator[tuple[Array, Array, Array, Array]]:
    """Rows, columns, bins and the areas that they share, of pixels in or out of the image.

    A pixel's area is counted in squares, each in the bin that its middle lies in. They are as
    small as the narrow side of the bins asks for.
    """
    reach = edges[-1] + 1
    (top, bottom), (left, right) = ((int(c - reach), int(c + reach) + 1) for c in centre)
    for start in range(top, bottom, ROWS):
        row, col = (a.ravel() for a in np.mgrid[start : start + ROWS, left:right])
        near = np.hypot(row - centre[0], col - centre[1]) - np.sqrt(0.5)
        near = np.maximum(near, edges[:2].mean())
        width = np.diff(edges)[np.minimum(np.searchsorted(edges, near), len(edges) - 1) - 1]
        narrow = np.minimum(np.minimum(width, near * 2 * np.pi / n_angles), 1)
        fine = np.clip(2 ** np.rint(np.log2(LEAST / narrow)), LEAST, MOST).astype(int)
        fine[near > edges[-1]] = 0
        for k in np.unique(fine[fine > 0]):
            r, c = row[fine == k], col[fine == k]
            pixel, bins, count = _count_squares(r - centre[0], c - centre[1], k, edges, n_angles)
            yield r[pixel], c[pixel], bins, count / k**2


def _count_squares(
    row: Array, col: Array, k: int, edges: NDArray[np.float64], n_angles: int
) -> tuple[Array, Array, Array]:
    """How many of the k x k squares of each pixel lie in each bin: pixel, bin, number."""
    middle = (np.arange(k) + 0.5) / k - 0.5
    y, x = row[:, None, None] + middle[:, None], col[:, None, None] + middle
    ring = np.searchsorted(edges, np.hypot(y, x), side="right") - 1
    angle = np.rint(np.arctan2(y, x) * (n_angles / (2 * np.pi))).astype(np.int64) % n_angles
    bins = np.where(ring < len(edges) - 1, ring * n_angles + angle, -1).reshape(len(row), -1)
    bins.sort(axis=1)
    last = np.ones(bins.shape, bool)
    last[:, :-1] = bins[:, 1:] != bins[:, :-1]
    pixel, place = np.nonzero(last)
    count = np.diff(
        pixel * k**2 + place, prepend=-1
    )  # from the last of one bin to that of the next
    found = bins[last]
    return pixel[found >= 0], found[found >= 0], count[found >= 0]
