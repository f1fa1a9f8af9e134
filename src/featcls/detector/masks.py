"""Masks from what a person states: values, polygons, edges, regions of a geometry file.

Each function returns a (rows, cols) bool array, True = ignore.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featcls.detector.geom import BadRegion, Geom
from featcls.detector.panels import Panel, slab
from featcls.errors import DataError, UsageError

Mask = NDArray[np.bool_]
LARGE = 100  # masked pixels that touch make a gap or a beamstop, fewer are bad pixels


def polygon(vertices: Sequence[Sequence[float]], shape: tuple[int, int]) -> Mask:
    """Pixels whose centre lies within a polygon of (row, col) vertices, by the even-odd rule.

    Examples
    --------
    >>> polygon([(-1, -1), (-1, 1.5), (1.5, 1.5), (1.5, -1)], (3, 3)).astype(int).tolist()
    [[1, 1, 0], [1, 1, 0], [0, 0, 0]]
    """
    corners = np.asarray(vertices, np.float64)
    if corners.ndim != 2 or corners.shape[0] < 3 or corners.shape[1] != 2:
        raise UsageError(
            f"a polygon has shape {corners.shape}", "give three or more (row, column) corners"
        )
    if not np.isfinite(corners).all():
        raise UsageError("a polygon has a corner that is not finite", "give numbers")
    rows, cols = np.ogrid[: shape[0], : shape[1]]
    inside = np.zeros(shape, bool)
    for (row0, col0), (row1, col1) in zip(corners, np.roll(corners, -1, 0), strict=True):
        if row0 != row1:
            crosses = (row0 <= rows) != (row1 <= rows)
            at = col0 + (rows - row0) / (row1 - row0) * (col1 - col0)
            inside ^= crosses & (cols < at)
    return inside


def edges(mask: Mask | None, shape: tuple[int, int], width: int) -> Mask:
    """Pixels within `width` of the image's border or of a large masked region.

    Pixels at the rim of a tile count otherwise than the rest (they collect from a larger area).
    Regions of up to 100 masked pixels are bad pixels and do not grow.

    Examples
    --------
    >>> edges(None, (3, 4), 1).astype(int).tolist()
    [[1, 1, 1, 1], [1, 0, 0, 1], [1, 1, 1, 1]]
    """
    out = np.ones(shape, bool)
    out[width : shape[0] - width, width : shape[1] - width] = False
    if mask is None or not mask.any():
        return out
    from scipy.ndimage import binary_dilation, label

    regions, _ = label(mask)
    large = np.bincount(regions.ravel()) > LARGE
    large[0] = False
    grown: Mask = binary_dilation(large[regions], np.ones((3, 3)), iterations=width)
    return out | (grown & ~mask)


def bad_panels(geom: Geom, shape: tuple[int, int], edge: int, name: str) -> Mask:
    """What a geometry file excludes of the stored image: panels, their edges, regions.

    The edges of all panels are `edge` pixels wide or as the file says, whatever is more.
    """
    out = np.zeros(shape, bool)
    for panel in geom.panels:
        window = out[_window(panel, geom, shape, name)]
        if panel.name in geom.no_index:
            window[:] = True
        width = max(edge, geom.edge.get(panel.name, 0))
        if width > 0:
            window |= edges(None, panel.shape, width)
        for region in geom.regions:
            if region.panel in ("", panel.name):
                window |= _region(region, panel)
    return out


def flagged(geom: Geom, image: NDArray[Any], name: str) -> Mask:
    """Pixels of the stored image with values that a geometry file calls flags."""
    out = np.zeros(image.shape, bool)
    shape = (image.shape[0], image.shape[1])
    for panel in geom.panels:
        limits = geom.flags.get(panel.name)
        if not limits:
            continue
        window = _window(panel, geom, shape, name)
        values = image[window]
        if (low := limits.get("flag_lessthan")) is not None:
            out[window] |= values < low
        if (high := limits.get("flag_morethan")) is not None:
            out[window] |= values > high
        if (same := limits.get("flag_equal")) is not None:
            out[window] |= values == same
    return out


def _window(panel: Panel, geom: Geom, shape: tuple[int, int], name: str) -> tuple[slice, slice]:
    window = slab(panel, geom.panels)
    if window[0].stop > shape[0] or window[1].stop > shape[1]:
        raise DataError(
            f"geometry {name}: panel {panel.name} ends at row {window[0].stop - 1}, column "
            f"{window[1].stop - 1}; the image has {shape[0]} x {shape[1]} pixels",
            "give the geometry of this detector",
        )
    return window


def _region(region: BadRegion, panel: Panel) -> Mask:
    """The pixels of one panel that lie in a bad region; fs and ss count as in the file."""
    rows, cols = np.ogrid[: panel.shape[0], : panel.shape[1]]
    if region.rows is not None and region.cols is not None:
        ss, fs = rows + panel.rows[0], cols + panel.cols[0]
        (low0, high0), (low1, high1) = region.rows, region.cols
        return (ss >= low0) & (ss <= high0) & (fs >= low1) & (fs <= high1)
    assert region.x is not None
    assert region.y is not None
    x, y = (
        corner + (cols + 0.5) * fs + (rows + 0.5) * ss
        for corner, fs, ss in zip(panel.corner, panel.fs, panel.ss, strict=True)
    )
    inside: Mask = (x > region.x[0]) & (x < region.x[1]) & (y > region.y[0]) & (y < region.y[1])
    return inside
