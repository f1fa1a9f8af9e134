"""Panels of a detector: where the pixels of a stored image lie in the laboratory."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from featcls.data.base import MAX_PIXELS
from featcls.errors import DataError

Indices = NDArray[np.int64]
GAP = -1  # no pixel of the stored image lies there


@dataclass(frozen=True, slots=True)
class Panel:
    """One rectangle of the stored image and where it lies.

    Attributes
    ----------
    name : str
    rows, cols : (int, int)
        First and last row (slow scan) and column (fast scan) of the stored image, inclusive.
    place : tuple of int
        Indices of the panel in stacks of panels; empty where the image is one plane.
    corner : (float, float)
        x and y of the outer corner of its first pixel, in pixels from the beam.
    fs, ss : (float, float)
        x and y of one step along the columns and along the rows.
    """

    name: str
    rows: tuple[int, int]
    cols: tuple[int, int]
    corner: tuple[float, float]
    fs: tuple[float, float] = (1.0, 0.0)
    ss: tuple[float, float] = (0.0, 1.0)
    place: tuple[int, ...] = ()

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, cols)."""
        return self.rows[1] - self.rows[0] + 1, self.cols[1] - self.cols[0] + 1

    def corners(self) -> NDArray[np.float64]:
        """(4, 2) x and y of its outer corners."""
        rows, cols = self.shape
        steps = np.array([(0, 0), (0, cols), (rows, 0), (rows, cols)], np.float64)
        return np.asarray(np.asarray(self.corner) + steps @ np.array([self.ss, self.fs]))


@dataclass(frozen=True)
class Layout:
    """Where each pixel of an assembled image comes from.

    Attributes
    ----------
    source : (rows, cols) int64
        Index into the flattened stored image, `GAP` where there is none.
    center : (float, float)
        Row and column of the beam in the assembled image.
    """

    source: Indices
    center: tuple[float, float]


def slab(panel: Panel, panels: tuple[Panel, ...]) -> tuple[slice, slice]:
    """Rows and columns of a panel in the stored image, stacks of panels laid along the rows.

    Examples
    --------
    >>> panels = [Panel(str(i), (0, 9), (0, 4), (0.0, 0.0), place=(i,)) for i in range(3)]
    >>> slab(panels[2], tuple(panels))
    (slice(20, 30, None), slice(0, 5, None))
    """
    row = 0
    if panel.place:
        height = 1 + max(other.rows[1] for other in panels)
        sizes = [1 + max(axis) for axis in zip(*(other.place for other in panels), strict=True)]
        row = height * int(np.ravel_multi_index(panel.place, sizes))
    first, last = panel.rows
    return slice(row + first, row + last + 1), slice(panel.cols[0], panel.cols[1] + 1)


def assembly(panels: tuple[Panel, ...], shape: tuple[int, int], name: str) -> Layout:
    """Lay panels out: each pixel of the assembled image takes the nearest pixel of a panel.

    Rows run along +y and columns along +x, as the panels' axes are stated. Panels that do not
    lie along the axes lose or double single pixels; where panels overlap the last one stays.

    Parameters
    ----------
    panels : tuple of Panel
    shape : (int, int)
        Of the stored image.
    name : str
        Of the geometry, for errors.

    Raises
    ------
    DataError
        A panel lies outside the stored image, is degenerate, or the assembled image has more
        than 64 megapixels.

    Examples
    --------
    Two panels of one row; the second lies a row lower, turned by 180 degrees.

    >>> left = Panel("a", (0, 0), (0, 1), (-1.0, -1.0))
    >>> right = Panel("b", (1, 1), (0, 1), (1.0, 2.0), (-1.0, 0.0), (0.0, -1.0))
    >>> layout = assembly((left, right), (2, 2), "two.geom")
    >>> layout.source.tolist(), layout.center
    ([[0, 1], [-1, -1], [3, 2]], (0.5, 0.5))
    """
    corners = np.concatenate([panel.corners() for panel in panels])
    # Corners such as 3.0000001 stand for whole pixels.
    low = np.floor(corners.min(0).round(3)).astype(np.int64)
    high = np.ceil(corners.max(0).round(3)).astype(np.int64)
    cols, rows = (int(n) for n in high - low)
    if rows * cols > MAX_PIXELS:
        raise DataError(
            f"geometry {name} spreads over {rows} x {cols} pixels; the limit is 64 Mpx",
            "correct the panels' corners, or leave the image as stored (assemble=False)",
        )
    source = np.full((rows, cols), GAP, np.int64)
    for panel in panels:
        _place(panel, slab(panel, panels), low, shape, source, name)
    return Layout(source, (float(-low[1] - 0.5), float(-low[0] - 0.5)))


def _place(
    panel: Panel,
    window: tuple[slice, slice],
    low: Indices,
    shape: tuple[int, int],
    source: Indices,
    name: str,
) -> None:
    """Write the pixels of one panel into the assembled image."""
    if window[0].stop > shape[0] or window[1].stop > shape[1]:
        raise DataError(
            f"geometry {name}: panel {panel.name} ends at row {window[0].stop - 1}, column "
            f"{window[1].stop - 1}; the image has {shape[0]} x {shape[1]} pixels",
            "give the geometry of this detector",
        )
    axes = np.array([panel.ss, panel.fs])  # (ss, fs) @ axes = (x, y)
    if abs(np.linalg.det(axes)) < 1e-6:
        raise DataError(f"geometry {name}: fs and ss of panel {panel.name} are parallel")
    around = panel.corners()
    first = np.maximum(np.floor(around.min(0)).astype(np.int64) - low, 0)
    last = np.minimum(np.ceil(around.max(0)).astype(np.int64) - low, source.shape[::-1])
    y, x = np.mgrid[first[1] : last[1], first[0] : last[0]]
    centres = np.stack([x + low[0] + 0.5, y + low[1] + 0.5], -1) - np.asarray(panel.corner)
    # Rounded, so that a corner at 3.9999999 does not move a panel by a pixel.
    ss, fs = np.moveaxis(np.floor((centres @ np.linalg.inv(axes)).round(6)), -1, 0)
    inside = (ss >= 0) & (fs >= 0) & (ss < panel.shape[0]) & (fs < panel.shape[1])
    rows = window[0].start + ss[inside].astype(np.int64)
    cols = window[1].start + fs[inside].astype(np.int64)
    source[y[inside], x[inside]] = rows * shape[1] + cols
