"""Correlation kernels: the two-point angular correlation of pairs of rings."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from featcls._ext.ccf import correlate, largest, ring_products
from featcls.kernels._arrays import Array, as_choice, as_count, as_stack, as_threads, as_values
from featcls.kernels._stages import transform_stages
from featcls.kernels.polar import (
    LANES,
    PolarPlan,
    as_floats,
    check_plan,
    masked_plan,
    plan_of_rings,
    side_by_side,
)

REDUCTIONS = ("delta0", "max", "order", "merged")
PARTS = {"delta0": 1, "order": 2, "merged": 3}  # 1: correlation at 0, 2: the order
CACHE_LINE = 64  # bytes
# Correlations of weights below this share of a full ring come from rounding, not from pixels.
LEAST_WEIGHT = 1e-4

Floats = NDArray[np.float32]


class CorrelationPlan(NamedTuple):
    """What the correlation maps of frames of one geometry and mask have in common."""

    polar: PolarPlan
    reduction: str
    subtract_mean: bool
    normalize: bool
    weights: Floats  # (k, blocks, n_angles, 16), k = 0 where all points count alike
    scales: Floats  # (k, n_rings, n_rings) one over the common weight of rings, 0 without any
    waves: Floats  # (2, n_angles) cosine and sine of the order


def correlation_plan(
    plan: PolarPlan,
    *,
    mask: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    reduction: str = "delta0",
    order: int = 8,
    subtract_mean: bool = True,
    normalize: bool = False,
) -> CorrelationPlan:
    """Prepare `correlation_map` for frames of one geometry and mask.

    Parameters
    ----------
    plan : PolarPlan
        The rings, see `polar_plan`.
    mask : (rows, cols) or (n, rows, cols) bool array, optional
        True pixels are ignored; (n, rows, cols) for a stack of n images alone.
    weights : (rows, cols) array, optional
        How much each pixel counts, not negative; 1 unless given.
    reduction, order, subtract_mean, normalize
        As in `angular_correlation`.
    """
    if mask is not None or weights is not None:
        plan = masked_plan(plan, mask, weights=weights)
    return _plan(plan, reduction, order, subtract_mean, normalize)


def correlation_map(image: ArrayLike, plan: CorrelationPlan, *, n_threads: int = 1) -> Floats:
    """Correlation of each pair of rings of an image, in one go from the pixels.

    The same as `angular_correlation` of what `polar_map` gives, without the rings in between.

    Parameters
    ----------
    image : (rows, cols) or (n, rows, cols) array
        Any real dtype, taken as float32; finite where the rings are and not masked.
    plan : CorrelationPlan
        For images of this shape and mask.
    n_threads : int
        OpenMP threads, over the images of a stack.

    Returns
    -------
    (n_rings, n_rings) float32 array, with a leading axis for a stack
        0 for pairs of rings without a common weight.

    Examples
    --------
    >>> from featcls.kernels.polar import polar_plan
    >>> image = np.zeros((5, 5))
    >>> image[2, 3] = image[2, 1] = 4  # ring of radius 1: 4, 0, 4, 0, less its mean 2
    >>> plan = correlation_plan(polar_plan((5, 5), (2, 2), [1.0, 2.0], 4))
    >>> correlation_map(image, plan).tolist()
    [[4.0, 0.0], [0.0, 0.0]]
    """
    stack, single = as_stack(image)
    check_plan(stack, plan.polar)
    maps, means = _maps(as_floats(stack), plan, as_threads(n_threads))
    if not np.isfinite(means).all():
        as_values(image, plan.polar.ignored)  # says which pixel
        raise ValueError("image has values too large for float32")
    return maps[0] if single else maps


def angular_correlation(
    rings: ArrayLike,
    weights: ArrayLike | None = None,
    *,
    reduction: str = "delta0",
    order: int = 8,
    subtract_mean: bool = True,
    normalize: bool = False,
    n_threads: int = 1,
) -> Floats:
    """Map (n_rings, n_rings) of the correlation of each pair of rings along the angle.

    With y the rings less their means, C_ij(delta) = mean over phi of y_i(phi) y_j(phi + delta),
    which with weights w is the sum of w_i y_i w_j y_j over that of w_i w_j. The reference does
    not say what it keeps of delta; the readings on offer are

    - ``delta0``: C_ij(0), the sum over all orders. It is symmetric, as the merged map of the
      reference needs it to be; C_ij(delta) is not.
    - ``max``: the largest C_ij(delta) over delta.
    - ``order``: Re(conj(F_i) F_j) of the Fourier components F_i = mean of w y_i exp(-i n phi) of
      that order n, over the weights of each ring alone.
    - ``merged``: ``delta0`` on and below the diagonal, ``order`` above it.

    Parameters
    ----------
    rings : (n_rings, n_angles) or (n, n_rings, n_angles) array
        Intensities at n_angles even angles, as `polar_map` gives them; taken as float32.
    weights : array of the same shape, optional
        How much each point counts, as `polar_map` gives it; values of weight 0 are ignored.
    reduction : {'delta0', 'max', 'order', 'merged'}
        As above. ``max`` is quick where n_angles has small prime factors.
    order : int
        Fourier order n, 0 to n_angles / 2, for ``order`` and ``merged``.
    subtract_mean : bool
        Take the mean of each ring off first.
    normalize : bool
        Divide by the product of the two rings' mean intensities; 0 where that is 0.
    n_threads : int
        OpenMP threads, over the images of a stack.

    Returns
    -------
    (n_rings, n_rings) float32 array, with a leading axis for a stack
        0 for pairs of rings without a common weight.

    References
    ----------
    Zimmermann et al. (2022), equations 13 to 15; mask correction as in Martin (2017),
    doi:10.1107/S2052252516016730.

    Examples
    --------
    Two rings that vary as cos(2 phi) in step have the variance 1/2 as correlation.

    >>> phi = 2 * np.pi * np.arange(16) / 16
    >>> angular_correlation([3 + np.cos(2 * phi), 5 + np.cos(2 * phi)]).round(4).tolist()
    [[0.5, 0.5], [0.5, 0.5]]
    """
    stack, _, single = as_values(rings, None)
    n = len(stack)
    if weights is None:
        weight = np.ones((1, *stack.shape[1:]), np.float32)
    else:
        weight = _as_weights(weights, stack.shape, single)
        stack = np.where(weight == 0, 0, stack)
    given = plan_of_rings(weight)
    plan = _plan(given, reduction, order, subtract_mean, normalize)
    maps, _ = _maps(side_by_side(stack).reshape(n, -1, LANES), plan, as_threads(n_threads))
    return maps[0] if single else maps


def _as_weights(weights: ArrayLike, shape: tuple[int, ...], single: bool) -> Array:
    array = np.asarray(weights)
    if array.shape != (shape[1:] if single else shape):
        raise ValueError(f"weights have shape {array.shape}, the rings {shape[1:]}")
    if array.dtype.kind not in "buif" or not (np.isfinite(array) & (array >= 0)).all():
        raise ValueError("weights must be finite and not below 0")
    return array.reshape(shape)


def _plan(
    polar: PolarPlan, reduction: str, order: int, subtract_mean: bool, normalize: bool
) -> CorrelationPlan:
    as_choice("reduction", reduction, REDUCTIONS)
    n_angles, n_rings = polar.n_angles, len(polar.radii)
    highest = n_angles // 2 if reduction in ("order", "merged") else 65536  # where it is of use
    turn = 2 * np.pi * as_count("order", order, 0, highest) * np.arange(n_angles) / n_angles
    weights, scales = polar.weight, np.empty((0, n_rings, n_rings), np.float32)
    if np.count_nonzero(weights == 1) == len(weights) * n_rings * n_angles:
        weights = weights[:0]
    elif reduction in ("delta0", "merged"):
        common = np.empty((len(weights), n_rings, n_rings), np.float32)
        ring_products(weights, 1, common)
        scales = _divided(np.float32(1), common, common > LEAST_WEIGHT * n_angles)
    waves = np.stack([np.cos(turn), np.sin(turn)]).astype(np.float32)
    return CorrelationPlan(polar, reduction, subtract_mean, normalize, weights, scales, waves)


def _maps(images: Floats, plan: CorrelationPlan, n_threads: int) -> tuple[Floats, Floats]:
    """Maps of images, or of rings side by side, and the means of the rings."""
    polar = plan.polar
    n, n_rings = len(images), len(polar.radii)
    blocks, n_angles, _ = polar.weight.shape[1:]
    n_threads = min(n_threads, n)
    rings = _aligned((n_threads, blocks, n_angles, LANES))
    lanes = np.empty((n, 4, blocks * LANES), np.float32)  # mean, weight, parts of the order
    out = np.empty((n, n_rings, n_rings), np.float32)
    pixels = polar.pixels, polar.start, polar.shares, polar.ignored is not None
    if plan.reduction == "max":
        spectra = np.empty((n_threads, 2, blocks * LANES * 2 * (n_angles // 2 + 1)), np.float32)
        spare = _aligned((n_threads, 5, n_angles * LANES))
        largest(
            images,
            *pixels,
            plan.weights,
            *transform_stages(n_angles),
            plan.subtract_mean,
            LEAST_WEIGHT * n_angles**2,  # the transforms there and back multiply by n_angles
            n_threads,
            rings,
            spectra,
            spare,
            lanes,
            out,
        )
    else:
        correlate(
            images,
            *pixels,
            plan.weights,
            plan.scales,
            plan.waves,
            plan.subtract_mean,
            PARTS[plan.reduction],
            n_threads,
            rings,
            lanes,
            out,
        )
    means = lanes[:, 0, :n_rings]
    if plan.normalize:
        scale = means[:, :, None] * means[:, None]
        out = _divided(out, scale, scale != 0)
    return out, means


def _aligned(shape: tuple[int, ...]) -> Floats:
    """An array that starts on a cache line, so that no vector of it lies on two."""
    size = math.prod(shape)
    memory = np.empty(size + CACHE_LINE // 4, np.float32)
    start = -memory.ctypes.data % CACHE_LINE // 4
    return memory[start : start + size].reshape(shape)


def _divided(above: Array | np.float32, below: Array, where: Array) -> Floats:
    """The quotient, 0 elsewhere."""
    return np.where(where, above / np.where(where, below, 1), 0).astype(np.float32)
