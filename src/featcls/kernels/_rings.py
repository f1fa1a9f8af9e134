"""Rings about the beam centre: their radii, the plan that samples them, and how they lie."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from featcls._ext.polar import join_rings
from featcls.kernels._arrays import as_count, as_nonnegative, as_positive, as_stack

LANES = 16  # rings that the compiled loops work on side by side

Floats = NDArray[np.float32]
Array = NDArray[Any]


class PolarPlan(NamedTuple):
    """Which pixels the values on the rings are made of; made once, used for every frame.

    The arrays of points are (blocks, n_angles, 16): rings lie side by side in blocks of 16.
    """

    shape: tuple[int, int]
    radii: NDArray[np.float64]
    n_angles: int
    pixels: NDArray[np.int32]  # above and left of each point, or all of each bin in turn
    start: NDArray[np.int64]  # where the pixels of each bin start; empty for points
    shares: Floats  # (k, ...) of the pixels in a value; k = 1, or one for each image of a stack
    weight: Floats  # (k, blocks, n_angles, 16) of the values
    ignored: NDArray[np.bool_] | None = None  # (rows, cols) or (k, rows, cols)


def ring_radii(
    n_rings: int, r_max: float, *, r_min: float = 0.0, distance: float | None = None
) -> NDArray[np.float64]:
    """Radii of the middles of rings that share out r_min to r_max evenly.

    Parameters
    ----------
    n_rings : int
        Number of rings.
    r_max, r_min : float
        Outer and inner radius in pixels.
    distance : float, optional
        Detector distance in pixels: rings are then even in q, which for a flat detector at right
        angles to the beam goes as sin(atan(r / distance) / 2). Even in r without it.

    Returns
    -------
    (n_rings,) float64 array
        Pixels.

    Examples
    --------
    >>> ring_radii(4, 8.0).tolist()
    [1.0, 3.0, 5.0, 7.0]
    """
    n_rings = as_count("n_rings", n_rings, 1, 65536)
    r_min, r_max = as_nonnegative("r_min", r_min), as_nonnegative("r_max", r_max)
    if r_max <= r_min:
        raise ValueError(f"r_max is {r_max}, r_min {r_min}; r_max must be larger")
    share = (np.arange(n_rings) + 0.5) / n_rings
    if distance is None:
        return r_min + share * (r_max - r_min)
    distance = as_positive("distance", distance)
    low, high = (np.sin(np.arctan(r / distance) / 2) for r in (r_min, r_max))
    radii: NDArray[np.float64] = distance * np.tan(2 * np.arcsin(low + share * (high - low)))
    return radii


def check_plan(stack: Array, plan: PolarPlan) -> None:
    """That the plan is one for these images."""
    if stack.shape[1:] != plan.shape:
        raise ValueError(f"image has shape {stack.shape[1:]}, the plan {plan.shape}")
    if len(plan.shares) not in (1, len(stack)):
        raise ValueError(f"the plan has masks for {len(plan.shares)} images, not {len(stack)}")


def as_floats(stack: Array) -> Floats:
    """Float32 pixels; what lies under a mask may be too large for that."""
    with np.errstate(over="ignore"):
        return np.ascontiguousarray(stack, np.float32)


def side_by_side(rings: ArrayLike) -> Floats:
    """Rings (n, n_rings, n_angles) as the compiled loops take them, (n, blocks, n_angles, 16)."""
    stack = as_floats(as_stack(rings, "rings")[0])
    n, n_rings, n_angles = stack.shape
    out = np.empty((n, -(-n_rings // LANES), n_angles, LANES), np.float32)
    join_rings(stack, out)
    return out


def plan_of_rings(weight: Floats) -> PolarPlan:
    """No pixels, but the weight (n, n_rings, n_angles) of rings that are given as they are."""
    _, n_rings, n_angles = weight.shape
    none = np.empty(0, np.int32), np.empty(0, np.int64), np.empty((len(weight), 0), np.float32)
    return PolarPlan((n_rings, n_angles), np.zeros(n_rings), n_angles, *none, side_by_side(weight))
