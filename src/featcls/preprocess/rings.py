"""Frames on rings about the beam centre, for the steps that work along the angle."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from featcls.frame import Frame
from featcls.geometry import Geometry
from featcls.kernels.polar import PolarPlan, masked_plan, polar_map, polar_plan, ring_radii

Floats = NDArray[np.float32]

PLANS = 16  # kept: a few panels, beam centres or masks of one run


class Grid(NamedTuple):
    """Rings that share out r_min to r_max (pixels), and even angles on each.

    Without `r_max` rings reach half of the smaller side of the image.
    """

    n_rings: int
    n_angles: int
    r_min: float
    r_max: float | None


class View(NamedTuple):
    """What the plan of a frame depends on; frames of one detector share it."""

    shape: tuple[int, int]
    centre: tuple[float, float]
    mask: bytes | None  # packed bits


def view_of(frame: Frame) -> View:
    """Return shape, beam centre and mask of a frame.

    A frame that does not know its beam centre is seen from the image centre, with a warning.
    """
    row, col = (frame.geometry or Geometry()).center(frame.shape)
    mask = None if frame.mask is None else np.packbits(frame.mask).tobytes()
    return View(frame.shape, (float(row), float(col)), mask)


@lru_cache(PLANS)
def plan_of(view: View, grid: Grid) -> PolarPlan:
    """Return the plan of a grid, made once for all frames of a view.

    Raises
    ------
    ValueError
        A grid that cannot be meant, or a beam centre outside the image.
    """
    r_max = (min(view.shape) - 1) / 2 if grid.r_max is None else grid.r_max
    radii = ring_radii(grid.n_rings, r_max, r_min=grid.r_min)
    plan = polar_plan(view.shape, view.centre, radii, grid.n_angles)
    if view.mask is None:
        return plan
    rows, cols = view.shape
    bits = np.unpackbits(np.frombuffer(view.mask, np.uint8), count=rows * cols)
    return masked_plan(plan, bits.reshape(view.shape).astype(bool))


def widened(frame: Frame) -> Frame:
    """Return a frame of two rows and columns or more, what is added masked."""
    if min(frame.shape) > 1:
        return frame
    beyond = [(0, int(side == 1)) for side in frame.shape]
    mask = np.pad(~frame.valid, beyond, constant_values=True)
    return frame.replace(image=np.pad(frame.image, beyond), mask=mask)


def rings_of(frame: Frame, grid: Grid) -> tuple[Floats, Floats]:
    """Sample a frame on rings about its beam centre.

    Returns
    -------
    values, weights : (n_rings, n_angles) float32 arrays
        Both are 0 where there is no valid pixel.

    Raises
    ------
    ValueError
        As `plan_of`; or values beyond float32.

    Examples
    --------
    >>> frame = Frame(np.arange(25).reshape(5, 5), geometry=Geometry((2.0, 2.0)))
    >>> rings_of(frame, Grid(1, 4, 0.0, 2.0))[0].tolist()
    [[13.0, 17.0, 11.0, 7.0]]
    """
    frame = widened(frame)
    values, weights = polar_map(frame.image, plan_of(view_of(frame), grid))
    if not np.isfinite(values).all():
        raise ValueError("image has values too large for float32; mask or scale them")
    return values, weights
