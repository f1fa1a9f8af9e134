"""The neighbours of local binary patterns: where they lie and which pixels carry weight."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

METHODS = ("default", "ror", "uniform", "nri_uniform", "var")  # order of enum lbp_method


class Circles(NamedTuple):
    """Neighbours of all circles one after the other, each with one of the distinct columns."""

    methods: NDArray[np.int32]
    start: NDArray[np.int64]  # (n + 1, 3) where each one's neighbours, touched and bins begin
    rows: NDArray[np.float64]
    column_of: NDArray[np.int32]
    columns: NDArray[np.float64]
    touched: NDArray[np.int32]  # (n, 2) whole offsets of the pixels that carry weight


@lru_cache(maxsize=64)
def plan_circles(
    patterns: tuple[tuple[int, float, str], ...], widths: tuple[int, ...], side: int
) -> Circles:
    """Neighbours of circles (P, R, method) whose histograms have these widths.

    No side of the images is longer than `side`.
    """
    methods = [METHODS.index(method) for _, _, method in patterns]
    offsets = [_neighbours(P, R) for P, R, _ in patterns]
    touched = [_touched(rows, columns, side + 1) for rows, columns in offsets]
    sizes = [(len(o[0]), len(t), w) for o, t, w in zip(offsets, touched, widths, strict=True)]
    rows, every = (np.concatenate(part) for part in zip(*offsets, strict=True))
    columns, column_of = np.unique(every, return_inverse=True)
    circles = Circles(
        np.array(methods, np.int32),
        np.concatenate([np.zeros((1, 3), np.int64), np.cumsum(sizes, axis=0, dtype=np.int64)]),
        rows,
        column_of.astype(np.int32),
        columns,
        np.concatenate(touched),
    )
    for array in circles:
        array.flags.writeable = False  # the next call gets the same ones
    return circles


def _neighbours(P: int, R: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Row and column offsets to 5 decimals, R in single precision, as scikit-image has them."""
    radius = float(np.float32(R))
    angle = 2 * np.pi * np.arange(P) / P
    return np.round(-radius * np.sin(angle), 5), np.round(radius * np.cos(angle), 5)


def _touched(
    rows: NDArray[np.float64], columns: NDArray[np.float64], far: int
) -> NDArray[np.int32]:
    """Whole offsets of the centre and of the pixels that carry weight, held within `far`.

    Farther out reads 0 all the same.
    """
    rows = np.concatenate([[0.0], *(2 * [np.floor(rows)]), *(2 * [np.ceil(rows)])])
    columns = np.concatenate([[0.0], *(2 * [np.floor(columns), np.ceil(columns)])])
    corners = np.clip(np.stack([rows, columns], 1), -far, far).astype(np.int64)
    _, first = np.unique(corners @ [2 * far + 1, 1], return_index=True)
    return corners[first].astype(np.int32)
