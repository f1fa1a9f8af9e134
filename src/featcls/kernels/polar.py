"""Polar kernels: detector images on rings about the beam centre."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from featcls._ext.polar import join_rings, part_rings, sample_rings, weigh_shares
from featcls.kernels._arrays import (
    as_choice,
    as_count,
    as_nonnegative,
    as_stack,
    as_threads,
    as_values,
    as_vector,
)
from featcls.kernels._bins import pixels_of_bins

METHODS = ("bilinear", "area")
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
    distance = as_nonnegative("distance", distance)
    if distance == 0:
        raise ValueError("distance is 0; a number of pixels above 0 is wanted")
    low, high = (np.sin(np.arctan(r / distance) / 2) for r in (r_min, r_max))
    radii: NDArray[np.float64] = distance * np.tan(2 * np.arcsin(low + share * (high - low)))
    return radii


def polar_plan(
    shape: tuple[int, int],
    centre: ArrayLike,
    radii: ArrayLike,
    n_angles: int,
    *,
    method: str = "bilinear",
) -> PolarPlan:
    """Where to sample an image of this shape: point k of a ring lies at phi = 2 pi k / n_angles.

    Parameters
    ----------
    shape : (rows, cols)
        Of the images, at least 2 each way.
    centre : (row, col)
        Beam centre in pixels, 0 in the middle of the first; inside the image.
    radii : sequence of float
        Radii of the rings in pixels, see `ring_radii`.
    n_angles : int
        Points on each ring. phi = 0 points along the columns, pi / 2 down the rows.
    method : {'bilinear', 'area'}
        A point's value is interpolated between the four pixels about it (``bilinear``), or it is
        the mean of the pixels in the bin about it, each counting with the area that lies in
        the bin (``area``). Bins reach half way to the next ring and angle, so that every part of
        a pixel between the rings is in one bin. Areas are counted in squares of a quarter of a
        pixel, or of the bin where that is narrower. Radii must then increase; two or more.

    Examples
    --------
    >>> plan = polar_plan((5, 5), (2, 2), [1.0], 4)
    >>> polar_map(np.arange(25).reshape(5, 5), plan)[0].tolist()
    [[13.0, 17.0, 11.0, 7.0]]
    """
    rows, cols = (as_count("shape", int(n), 2, 65536) for n in shape)
    if rows * cols >= 2**31:
        raise ValueError(f"shape is {rows, cols}; fewer than 2**31 pixels are wanted")
    middle = as_vector("centre", centre)
    if middle.shape != (2,) or not (0 <= middle[0] <= rows - 1 and 0 <= middle[1] <= cols - 1):
        raise ValueError(
            f"centre is {middle.tolist()}; a (row, col) inside the image {rows, cols} is wanted"
        )
    radius = as_vector("radii", radii)
    if radius.min() < 0:
        raise ValueError(f"radii go down to {radius.min()}; none below 0 is wanted")
    n_angles = as_count("n_angles", n_angles, 1, 65536)
    if as_choice("method", method, METHODS) == "area":
        if len(radius) < 2 or (np.diff(radius) <= 0).any():
            raise ValueError("radii must increase, and be two or more, for method 'area'")
        parts = pixels_of_bins((rows, cols), (middle[0], middle[1]), radius, n_angles, LANES)
    else:
        parts = _points((rows, cols), middle, radius, n_angles)
    return PolarPlan((rows, cols), radius, n_angles, *parts)


def _points(
    shape: tuple[int, int], middle: Array, radius: Array, n_angles: int
) -> tuple[NDArray[np.int32], NDArray[np.int64], Floats, Floats]:
    """Pixels, no starts, shares and weight of points between pixels."""
    blocks = -(-len(radius) // LANES)
    filled = np.full(blocks * LANES, np.inf)
    filled[: len(radius)] = radius
    each = filled.reshape(blocks, 1, LANES)
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


def masked_plan(
    plan: PolarPlan, mask: ArrayLike | None = None, *, weights: ArrayLike | None = None
) -> PolarPlan:
    """The plan for images some of whose pixels are ignored, or count less.

    Made once for a mask, it takes frames as quickly as the plan without.

    Parameters
    ----------
    plan : PolarPlan
        For images of this shape.
    mask : (rows, cols) or (n, rows, cols) bool array, optional
        True pixels are ignored; (n, rows, cols) for a stack of n images alone.
    weights : (rows, cols) array, optional
        Not negative; 1 everywhere unless given.

    Examples
    --------
    >>> plan = polar_plan((5, 5), (2, 2), [1.0], 4)
    >>> image = np.arange(25.0).reshape(5, 5)
    >>> values, weight = polar_map(image, masked_plan(plan, image == 17))
    >>> values.tolist(), weight.tolist()
    ([[13.0, 0.0, 11.0, 7.0]], [[1.0, 0.0, 1.0, 1.0]])
    """
    each = np.ones((1, *plan.shape), np.float32)
    if weights is not None:
        each = np.asarray(weights, np.float32)[None]
        if each.shape[1:] != plan.shape or not (np.isfinite(each) & (each >= 0)).all():
            raise ValueError(
                f"weights have shape {each.shape[1:]}; {plan.shape}, finite and not below 0, "
                "is wanted"
            )
    ignored = plan.ignored
    if mask is not None:
        ignored = np.asarray(mask)
        if ignored.dtype != np.bool_ or ignored.shape[-2:] != plan.shape or ignored.ndim > 3:
            raise ValueError(
                f"mask is {ignored.dtype} of shape {ignored.shape}; bool of shape {plan.shape} "
                "is wanted"
            )
        each = np.where(ignored, np.float32(0), each)
        ignored = ignored if plan.ignored is None else ignored | plan.ignored
    n = max(len(each), len(plan.shares))
    shares, weight = (np.repeat(a, n // len(a), axis=0) for a in (plan.shares, plan.weight))
    each = np.ascontiguousarray(np.broadcast_to(each, (n, *plan.shape)))
    weigh_shares(each, plan.pixels, plan.start, shares, weight.reshape(n, -1))
    return plan._replace(shares=shares, weight=weight, ignored=ignored)


def polar_map(
    image: ArrayLike,
    plan: PolarPlan,
    *,
    mask: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    n_threads: int = 1,
) -> tuple[Floats, Floats]:
    """Values of an image on the rings of a plan.

    A value is the mean of the pixels that the plan takes for it, each with its share times its
    weight.

    Parameters
    ----------
    image : (rows, cols) or (n, rows, cols) array
        Any real dtype, taken as float32; finite where not masked.
    plan : PolarPlan
        For images of this shape.
    mask : (rows, cols) or (n, rows, cols) bool array, optional
        True pixels are ignored: their weight is 0. For many frames with one mask `masked_plan`
        is quicker.
    weights : (rows, cols) array, optional
        Not negative; 1 everywhere unless given.
    n_threads : int
        OpenMP threads.

    Returns
    -------
    values, weight : (n_rings, n_angles) float32 arrays, with a leading axis for a stack
        The sum of shares times weights goes with each value; both are 0 where no pixel counts
        and outside the image. For `area` it is the part of the bin's area that counts.
    """
    if mask is not None or weights is not None:
        plan = masked_plan(plan, mask, weights=weights)
    stack, _, single = as_values(image, plan.ignored)
    check_plan(stack, plan)
    n, n_rings = len(stack), len(plan.radii)
    rings = np.empty((n, *plan.weight.shape[1:]), np.float32)
    values = np.empty((n, n_rings, plan.n_angles), np.float32)
    sample_rings(
        as_floats(stack),
        plan.pixels,
        plan.start,
        plan.shares,
        plan.ignored is not None,
        as_threads(n_threads),
        rings,
        values,
    )
    weight = np.empty((len(plan.weight), *values.shape[1:]), np.float32)
    part_rings(plan.weight, weight)
    if single:
        return values[0], weight[0]
    return values, np.repeat(weight, n // len(weight), axis=0)


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
