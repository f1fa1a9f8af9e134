"""Correlation kernels: the two-point angular correlation of pairs of rings."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from featcls._ext.ccf import centre_rings, ring_components, ring_products
from featcls.kernels._arrays import Array, as_choice, as_count, as_threads, as_values

REDUCTIONS = ("delta0", "max", "order", "merged")
ROWS, LANES = 4, 16  # multiples that the compiled loops take
# Correlations of weights below this share of a full ring come from rounding, not from pixels.
LEAST_WEIGHT = 1e-4

Floats = NDArray[np.float32]


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
        As above.
    order : int
        Fourier order n, 0 to n_angles / 2.
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
    as_choice("reduction", reduction, REDUCTIONS)
    stack, _, single = as_values(rings, None)
    n_rings, n_angles = stack.shape[1:]
    order = as_count("order", order, 0, n_angles // 2)
    n_threads = as_threads(n_threads)
    values = _padded(stack)
    shares = np.empty((0, *values.shape[1:]), np.float32)
    if weights is not None:
        shares = _padded(_as_weights(weights, stack.shape, single))
        values[shares == 0] = 0
    means = np.empty(values.shape[:2], np.float32)
    centre_rings(values, shares, n_angles, subtract_mean, n_threads, means)
    if reduction == "max":
        result = _largest(values[:, :n_rings, :n_angles], shares[:, :n_rings, :n_angles])
    elif reduction == "order":
        result = _order(values, shares, order, n_angles, n_threads)[:, :n_rings, :n_rings]
    else:
        result = _delta0(values, shares, n_angles, n_threads)[:, :n_rings, :n_rings]
        if reduction == "merged":
            above = _order(values, shares, order, n_angles, n_threads)[:, :n_rings, :n_rings]
            result = np.where(np.tri(n_rings, dtype=bool), result, above)
    if normalize:
        scale = means[:, :n_rings, None] * means[:, None, :n_rings]
        result = _divided(result, scale, scale != 0)
    return result[0] if single else np.ascontiguousarray(result)


def _padded(stack: Array) -> Floats:
    """Float32 copy, filled up with zeros; rings start on cache lines."""
    n, n_rings, n_angles = stack.shape
    shape = (n, -(-n_rings // ROWS) * ROWS, -(-n_angles // LANES) * LANES)
    size = shape[0] * shape[1] * shape[2]
    memory = np.zeros(size + LANES, np.float32)
    start = -memory.ctypes.data % (4 * LANES) // 4
    out = memory[start : start + size].reshape(shape)
    out[:, :n_rings, :n_angles] = stack
    return out


def _as_weights(weights: ArrayLike, shape: tuple[int, ...], single: bool) -> Array:
    array = np.asarray(weights)
    if array.shape != (shape[1:] if single else shape):
        raise ValueError(f"weights have shape {array.shape}, the rings {shape[1:]}")
    if array.dtype.kind not in "buif" or not (np.isfinite(array) & (array >= 0)).all():
        raise ValueError("weights must be finite and not below 0")
    return array.reshape(shape)


def _products(rings: Floats, n_threads: int) -> Floats:
    """Symmetric matrices of the sums over the angle."""
    n, n_rings, _ = rings.shape
    out = np.empty((n, n_rings, n_rings), np.float32)
    ring_products(rings, n_threads, out)
    return out


def _delta0(values: Floats, shares: Floats, n_angles: int, n_threads: int) -> Floats:
    products = _products(values, n_threads)
    if not len(shares):
        return products / np.float32(n_angles)
    common = _products(shares, n_threads)
    return _divided(products, common, common > LEAST_WEIGHT * n_angles)


def _order(values: Floats, shares: Floats, order: int, n_angles: int, n_threads: int) -> Floats:
    """Outer products of the real and of the imaginary Fourier components."""
    turn = 2 * np.pi * order * np.arange(n_angles) / n_angles
    waves = np.zeros((2, values.shape[-1]), np.float32)
    waves[:, :n_angles] = np.cos(turn), np.sin(turn)
    sums = np.empty((2, *values.shape[:2]), np.float32)
    ring_components(values, waves, n_threads, sums)
    total: Array = shares.sum(-1) if len(shares) else np.full(1, n_angles, np.float32)
    re, im = _divided(sums, total, total > 0)
    result: Floats = re[:, :, None] * re[:, None] + im[:, :, None] * im[:, None]
    return result


def _largest(values: Floats, shares: Floats) -> Floats:
    """Largest correlation over delta; the same for j after i as for i after j."""
    n, n_rings, n_angles = values.shape
    transform = np.fft.rfft(values, axis=-1)
    weights = np.fft.rfft(shares, axis=-1)
    out = np.empty((n, n_rings, n_rings), np.float32)
    for i in range(n_rings):
        products = _all_delta(transform, i, n_angles)
        if len(shares):
            common = _all_delta(weights, i, n_angles)
            some = common > LEAST_WEIGHT * n_angles
            ratio = np.where(some, products / np.where(some, common, 1), -np.inf)
            largest = np.where(some.any(-1), ratio.max(-1), 0)
        else:
            largest = products.max(-1) / n_angles
        out[:, i, : i + 1] = out[:, : i + 1, i] = largest
    return out


def _all_delta(transform: Array, i: int, n_angles: int) -> Array:
    """Sum over phi of r_i(phi) r_j(phi + delta) for j <= i: (n, i + 1, n_angles)."""
    pairs = transform[:, i : i + 1].conj() * transform[:, : i + 1]
    return np.fft.irfft(pairs, n_angles, axis=-1)


def _divided(above: Array, below: Array, where: Array) -> Floats:
    """The quotient, 0 elsewhere."""
    return np.where(where, above / np.where(where, below, 1), 0).astype(np.float32)
