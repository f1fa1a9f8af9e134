"""Polar kernels: detector images on rings about the beam centre."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from featcls._ext.polar import sample_rings
from featcls.kernels._arrays import (
    as_count,
    as_nonnegative,
    as_threads,
    as_values,
    as_vector,
)

Floats = NDArray[np.float32]


class PolarPlan(NamedTuple):
    """Where the points of the rings lie in an image; made once, used for every frame."""

    shape: tuple[int, int]
    radii: NDArray[np.float64]
    first: NDArray[np.int32]
    right: Floats
    down: Floats
    inside: Floats


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
    shape: tuple[int, int], centre: ArrayLike, radii: ArrayLike, n_angles: int
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

    Examples
    --------
    >>> plan = polar_plan((5, 5), (2, 2), [1.0], 4)
    >>> polar_map(np.arange(25).reshape(5, 5), plan)[0].tolist()
    [[13.0, 17.0, 11.0, 7.0]]
    """
    rows, cols = (as_count("shape", int(n), 2, 65536) for n in shape)
    middle = as_vector("centre", centre)
    if middle.shape != (2,) or not (0 <= middle[0] <= rows - 1 and 0 <= middle[1] <= cols - 1):
        raise ValueError(
            f"centre is {middle.tolist()}; a (row, col) inside the image {rows, cols} is wanted"
        )
    radius = as_vector("radii", radii)
    if radius.min() < 0:
        raise ValueError(f"radii go down to {radius.min()}; none below 0 is wanted")
    phi = 2 * np.pi * np.arange(as_count("n_angles", n_angles, 1, 65536)) / n_angles
    # to 1e-9 of a pixel: points that should lie on pixels do, whatever sin and cos round to
    row = np.round(middle[0] + radius[:, None] * np.sin(phi), 9)
    col = np.round(middle[1] + radius[:, None] * np.cos(phi), 9)
    inside = (row >= 0) & (row <= rows - 1) & (col >= 0) & (col <= cols - 1)
    top = np.clip(np.floor(row), 0, rows - 2)
    left = np.clip(np.floor(col), 0, cols - 2)
    return PolarPlan(
        (rows, cols),
        radius,
        (top * cols + left).astype(np.int32),
        np.where(inside, col - left, 0).astype(np.float32),
        np.where(inside, row - top, 0).astype(np.float32),
        inside.astype(np.float32),
    )


def polar_map(
    image: ArrayLike,
    plan: PolarPlan,
    *,
    mask: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    n_threads: int = 1,
) -> tuple[Floats, Floats]:
    """Bilinear samples of an image on the rings of a plan.

    A sample is the mean of the four pixels about its point, each with its bilinear share times
    its weight.

    Parameters
    ----------
    image : (rows, cols) or (n, rows, cols) array
        Any real dtype, taken as float32; finite where not masked.
    plan : PolarPlan
        For images of this shape.
    mask : (rows, cols) or (n, rows, cols) bool array, optional
        True pixels are ignored: their weight is 0.
    weights : (rows, cols) array, optional
        Not negative; 1 everywhere unless given.
    n_threads : int
        OpenMP threads.

    Returns
    -------
    values, weight : (n_rings, n_angles) float32 arrays, with a leading axis for a stack
        The sum of shares times weights goes with each value; both are 0 where no pixel counts
        and outside the image.
    """
    stack, masks, single = as_values(image, mask)
    if stack.shape[1:] != plan.shape:
        raise ValueError(f"image has shape {stack.shape[1:]}, the plan {plan.shape}")
    each = np.empty((0, *plan.shape), np.float32)
    if weights is not None:
        each = np.asarray(weights, np.float32)[None]
        if each.shape[1:] != plan.shape or not (np.isfinite(each) & (each >= 0)).all():
            raise ValueError(
                f"weights have shape {each.shape[1:]}; {plan.shape}, finite and not below 0, "
                "is wanted"
            )
    if len(masks):
        each = np.where(masks, np.float32(0), each if len(each) else np.float32(1))
        stack = np.where(masks, stack.dtype.type(0), stack)
    shape = (len(stack), *plan.first.shape)
    values, weight = np.empty(shape, np.float32), np.empty(shape, np.float32)
    sample_rings(
        stack.astype(np.float32, copy=False),
        np.ascontiguousarray(each),
        plan.first,
        plan.right,
        plan.down,
        plan.inside,
        as_threads(n_threads),
        values,
        weight,
    )
    return (values[0], weight[0]) if single else (values, weight)
