"""Polar kernels: detector images on rings about the beam centre."""

import numpy as np
from numpy.typing import ArrayLike

from featcls._ext.polar import part_rings, sample_rings, weigh_shares
from featcls.kernels._arrays import as_choice, as_count, as_threads, as_values, as_vector
from featcls.kernels._bins import pixels_of_bins
from featcls.kernels._points import pixels_of_points
from featcls.kernels._rings import LANES, Floats, PolarPlan, as_floats, check_plan, ring_radii

__all__ = ["METHODS", "PolarPlan", "masked_plan", "polar_map", "polar_plan", "ring_radii"]

METHODS = ("bilinear", "area")


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
        parts = pixels_of_points((rows, cols), middle, radius, n_angles, LANES)
    return PolarPlan((rows, cols), radius, n_angles, *parts)


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
