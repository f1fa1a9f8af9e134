"""Correlation kernels: the two-point angular correlation of pairs of rings."""

import numpy as np
from numpy.typing import ArrayLike

from featcls.kernels._arrays import Array, as_stack, as_threads, as_values
from featcls.kernels._maps import (
    LEAST_WEIGHT,
    REDUCTIONS,
    CorrelationPlan,
    Floats,
    make_maps,
    make_plan,
)
from featcls.kernels._rings import (
    LANES,
    PolarPlan,
    as_floats,
    check_plan,
    plan_of_rings,
    side_by_side,
)
from featcls.kernels.polar import masked_plan

__all__ = [
    "LEAST_WEIGHT",
    "REDUCTIONS",
    "CorrelationPlan",
    "angular_correlation",
    "correlation_map",
    "correlation_plan",
]


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

    For `max` under a mask the plan holds the mask's own correlation, up to 32 MiB.

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
    return make_plan(plan, reduction, order, subtract_mean, normalize, keep=True)


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
    maps, means = make_maps(as_floats(stack), plan, as_threads(n_threads))
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
    Zimmermann et al. (2019), doi:10.1103/PhysRevE.99.063309, equations 13 to 15; mask correction
    as in Martin (2017), doi:10.1107/S2052252516016730.

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
    plan = make_plan(given, reduction, order, subtract_mean, normalize, keep=False)
    maps, _ = make_maps(side_by_side(stack).reshape(n, -1, LANES), plan, as_threads(n_threads))
    return maps[0] if single else maps


def _as_weights(weights: ArrayLike, shape: tuple[int, ...], single: bool) -> Array:
    array = np.asarray(weights)
    if array.shape != (shape[1:] if single else shape):
        raise ValueError(f"weights have shape {array.shape}, the rings {shape[1:]}")
    if array.dtype.kind not in "buif" or not (np.isfinite(array) & (array >= 0)).all():
        raise ValueError("weights must be finite and not below 0")
    return array.reshape(shape)
