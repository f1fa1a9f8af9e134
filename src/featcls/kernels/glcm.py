"""Grey-level co-occurrence matrices and their properties."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from featcls._ext.glcm import count_pairs
from featcls.kernels._arrays import Array, as_choice, as_levels, as_threads, as_vector

PROPERTIES = (
    "contrast", "dissimilarity", "homogeneity", "ASM", "energy",
    "correlation", "mean", "variance", "std", "entropy",
)  # fmt: skip
MAX_COUNTS_BYTES = 2**30


def graycomatrix(
    image: ArrayLike,
    distances: ArrayLike,
    angles: ArrayLike,
    levels: int | None = None,
    symmetric: bool = False,
    normed: bool = False,
    *,
    mask: ArrayLike | None = None,
    n_threads: int = 1,
) -> Array:
    """Grey-level co-occurrence matrices, as `skimage.feature.graycomatrix` counts them.

    Parameters
    ----------
    image : (rows, cols) or (n, rows, cols) integer array
        Grey levels, each below `levels`.
    distances : sequence of float
        Offsets in pixels.
    angles : sequence of float
        Offset directions in radians; 0 points along the columns, pi/2 down the rows. An offset
        is (sin(angle), cos(angle)) * distance, rounded half away from zero.
    levels : int, optional
        Number of grey levels, at most 65536; 256 for 8-bit images.
    symmetric, normed : bool
        Add the transpose; divide by the sum.
    mask : (rows, cols) or (n, rows, cols) bool array, optional
        True pixels are ignored, with every pair they are in.
    n_threads : int
        OpenMP threads.

    Returns
    -------
    (levels, levels, n_distances, n_angles) uint32 array, float64 if normed
        ``[i, j, d, a]`` counts level `j` at that offset from level `i`; a stack gives a leading
        axis. Memory is offset-first: this is a transposed view.

    Raises
    ------
    ValueError
        For levels that do not fit, a mask of another shape, or counts above 1 GiB:
        `haralick_features` needs no matrix.

    References
    ----------
    Haralick, Shanmugam & Dinstein (1973), doi:10.1109/TSMC.1973.4309314.

    Examples
    --------
    >>> image = np.array([[0, 0, 1], [0, 2, 2]], np.uint8)
    >>> graycomatrix(image, [1], [0.0], levels=3)[:, :, 0, 0].tolist()
    [[1, 1, 1], [0, 0, 0], [0, 0, 1]]
    """
    stack, masks, levels, _, single = as_levels(image, levels, mask)
    offsets = pixel_offsets(distances, angles)
    n_distances, n_angles = offsets.shape[:2]
    shape = (len(stack), n_distances * n_angles, levels, levels)
    size = 4 * int(np.prod(shape, dtype=float))
    if size > MAX_COUNTS_BYTES:
        raise ValueError(
            f"levels is {levels}: the counts would take {size / 2**30:.1f} GiB, 1 GiB is the "
            "most; use haralick_features, fewer levels or fewer offsets"
        )
    counts = np.zeros(shape, np.uint32)
    count_pairs(stack, masks, offsets.reshape(-1, 2), as_threads(n_threads), counts)
    if symmetric:
        counts = counts + counts.swapaxes(2, 3)
    matrices: Array = normalised(counts) if normed else counts
    matrices = matrices.reshape(len(stack), n_distances, n_angles, levels, levels)
    matrices = np.moveaxis(matrices, (1, 2), (3, 4))
    return matrices[0] if single else matrices


def pixel_offsets(distances: ArrayLike, angles: ArrayLike) -> NDArray[np.int64]:
    """Offsets (n_distances, n_angles, 2) in rows and columns, half rounded away from zero.

    >>> pixel_offsets([2], [0.0, np.pi / 4]).tolist()
    [[[0, 2], [1, 1]]]
    """
    far = 2.0**31
    distance = as_vector("distances", distances)[:, None, None]
    angle = as_vector("angles", angles)[:, None]
    exact = np.concatenate([np.sin(angle), np.cos(angle)], 1) * distance
    whole = np.trunc(np.clip(exact, -far, far))
    rounded = whole + np.sign(exact) * (np.abs(exact - whole) >= 0.5)
    offsets: NDArray[np.int64] = rounded.astype(np.int64)
    return offsets


def normalised(counts: Array) -> NDArray[np.float64]:
    """Counts over their sum along the last two axes; zeros where there are none."""
    total = counts.sum(axis=(-2, -1), keepdims=True, dtype=np.float64)
    shares: NDArray[np.float64] = counts / np.where(total == 0, 1.0, total)
    return shares


def graycoprops(P: ArrayLike, prop: str = "contrast") -> NDArray[np.float64]:
    """One property of each co-occurrence matrix, as `skimage.feature.graycoprops` defines it.

    Parameters
    ----------
    P : (levels, levels, n_distances, n_angles) array
        What `graycomatrix` returned, for one image or a stack (n, ...); each matrix is
        normalised first.
    prop : str
        With p the matrix, i its row and j its column: contrast, sum p (i-j)^2; dissimilarity,
        sum p abs(i-j); homogeneity, sum p / (1 + (i-j)^2); ASM, sum p^2; energy, sqrt(ASM);
        correlation, sum p (i-mean_i)(j-mean_j) / (std_i std_j), 1 where a std is 0; mean,
        variance and std of i; entropy, -sum p log(p) in nats.

    Returns
    -------
    (n_distances, n_angles) float64 array, (n, n_distances, n_angles) for a stack

    Examples
    --------
    >>> P = np.array([[0, 1], [1, 2]]).reshape(2, 2, 1, 1)
    >>> graycoprops(P, "contrast").tolist()
    [[0.5]]
    """
    as_choice("prop", prop, PROPERTIES)
    matrices = np.asarray(P)
    if matrices.ndim not in (4, 5) or matrices.shape[-4] != matrices.shape[-3]:
        raise ValueError(
            f"P has shape {matrices.shape}; (levels, levels, n_distances, n_angles) is wanted"
        )
    return _property(normalised(np.moveaxis(matrices, (-4, -3), (-2, -1))), prop)


def _property(p: Array, prop: str) -> Array:
    """Property of normalised matrices (..., levels, levels)."""
    level = np.arange(p.shape[-1], dtype=np.float64)
    if prop in ("contrast", "dissimilarity", "homogeneity"):
        difference = level[:, None] - level
        weights = {
            "contrast": difference**2,
            "dissimilarity": np.abs(difference),
            "homogeneity": 1.0 / (1.0 + difference**2),
        }
        total: Array = np.einsum("...ij,ij->...", p, weights[prop])
        return total
    if prop in ("ASM", "energy", "entropy"):
        factor = -np.log(np.where(p > 0, p, 1.0)) if prop == "entropy" else p
        total = np.einsum("...ij,...ij->...", p, factor)
        return np.sqrt(total) if prop == "energy" else total
    mean, variance, centred = _moments(p.sum(-1), level)
    if prop == "mean":
        return mean
    if prop == "correlation":
        _, variance_j, centred_j = _moments(p.sum(-2), level)
        covariance = np.einsum("...ij,...i,...j->...", p, centred, centred_j)
        spread = np.sqrt(variance) * np.sqrt(variance_j)
        flat = np.minimum(variance, variance_j) < 1e-30
        return np.where(flat, 1.0, covariance / np.where(flat, 1.0, spread))
    return np.sqrt(variance) if prop == "std" else variance


def _moments(marginal: Array, level: Array) -> tuple[Array, Array, Array]:
    """Mean and variance of the levels (...,), and the levels less their mean (..., levels)."""
    mean = marginal @ level
    centred = level - mean[..., None]
    return mean, np.einsum("...i,...i->...", marginal, centred**2), centred
