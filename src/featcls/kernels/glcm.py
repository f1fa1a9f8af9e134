"""Grey-level co-occurrence matrices and their Haralick properties."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from featcls._ext.glcm import count_pairs, sparse_properties, symmetric_properties
from featcls._ext.levels import mark_masked
from featcls.kernels._arrays import Array, as_choice, as_levels, as_threads, as_vector

PROPERTIES = (
    "contrast", "dissimilarity", "homogeneity", "ASM", "energy",
    "correlation", "mean", "variance", "std", "entropy",
)  # fmt: skip
SIX_PROPERTIES = PROPERTIES[:6]
FUSED_PROPERTIES = (  # order of enum glcm_property
    *PROPERTIES, "sum_average", "sum_variance", "sum_entropy", "difference_variance",
    "difference_entropy", "imc1", "imc2",
)  # fmt: skip
HARALICK = (  # his 1 to 13
    "ASM", "contrast", "correlation", "variance", "homogeneity", "sum_average", "sum_variance",
    "sum_entropy", "entropy", "difference_variance", "difference_entropy", "imc1", "imc2",
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


def haralick_features(
    image: ArrayLike,
    distances: ArrayLike,
    angles: ArrayLike,
    levels: int | None = None,
    *,
    properties: str | Sequence[str] = SIX_PROPERTIES,
    symmetric: bool = True,
    mask: ArrayLike | None = None,
    n_threads: int = 1,
) -> NDArray[np.float64]:
    """Properties of the co-occurrence matrices of an image, without handing the matrices out.

    Parameters
    ----------
    image, distances, angles, levels, symmetric, mask, n_threads
        As `graycomatrix` takes them.
    properties : str or sequence of str
        Names that `graycoprops` knows, and with s = i + j, d = abs(i - j) and H the entropy in
        nats of the matrix and of its margins x and y: sum_average, mean of s; sum_variance and
        sum_entropy of s; difference_variance and difference_entropy of d; imc1,
        (H - H_x - H_y) / max(H_x, H_y), 0 where both are 0; imc2,
        sqrt(1 - exp(-2 (H_x + H_y - H))). "haralick" stands for `HARALICK`, the thirteen of his
        paper in its order. Levels count from 0.

    Returns
    -------
    (n_properties, n_distances, n_angles) float64 array, with a leading axis for a stack
        An image without a single pair has 0 everywhere and correlation 1, as in scikit-image.

    Notes
    -----
    Haralick's sum of squares is `variance` and his inverse difference moment `homogeneity`. His
    equation for the sum variance takes the sum entropy for the mean, a slip: the mean is taken
    here. mahotas has the same thirteen with entropies in bits (also inside imc2) and, unless
    told otherwise, another reading of the difference variance.

    References
    ----------
    Haralick, Shanmugam & Dinstein (1973), doi:10.1109/TSMC.1973.4309314.

    Examples
    --------
    >>> image = np.array([[0, 0, 1], [0, 2, 2]], np.uint8)
    >>> names = ("contrast", "sum_average")
    >>> haralick_features(image, [1], [0.0], levels=3, properties=names).tolist()
    [[[1.25]], [[1.75]]]
    """
    names = (properties,) if isinstance(properties, str) else properties
    names = HARALICK if names == ("haralick",) else names
    rows = [FUSED_PROPERTIES.index(as_choice("properties", n, FUSED_PROPERTIES)) for n in names]
    bits = sum(1 << row for row in {*rows})
    n_threads = as_threads(n_threads)
    stack, masks, levels, (lowest, highest), single = as_levels(image, levels, mask)
    distance, angle = as_vector("distances", distances), as_vector("angles", angles)
    grid = tuple(distance.tolist()), tuple(angle.tolist())
    offsets, where = _distinct(*grid, max(stack.shape), symmetric)
    out = np.empty((len(stack), len(offsets), len(FUSED_PROPERTIES)))
    if symmetric and highest - lowest < 256:
        used = max(2, highest - lowest + 1)
        narrow, masks = _few_levels(stack, masks, lowest, used)
        symmetric_properties(narrow, masks, offsets, used, lowest, bits, n_threads, out)
    else:
        wide = stack.astype(np.uint16, copy=False)
        sparse_properties(wide, masks, offsets, highest + 1, symmetric, 0, bits, n_threads, out)
    result: Array = out[:, where, np.array(rows)[:, None]]
    result = result.reshape(len(stack), len(rows), len(distance), len(angle))
    return result[0] if single else result


def _few_levels(
    stack: Array, masks: NDArray[np.uint8], lowest: int, used: int
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Levels counted from the lowest one, as bytes, and the masks that it takes beside them.

    None where one of 256 levels is free to mask pixels.
    """
    if len(masks) == 0 or used == 256:
        shifted = stack - stack.dtype.type(lowest) if lowest else stack
        return shifted.astype(np.uint8, copy=False), masks
    marked = np.empty(stack.shape, np.uint8)
    mark_masked(stack, masks, lowest, used, marked)
    return marked, masks[:0]


@lru_cache(maxsize=64)
def _distinct(
    distances: tuple[float, ...], angles: tuple[float, ...], far: int, symmetric: bool
) -> tuple[NDArray[np.int64], NDArray[np.intp]]:
    """Offsets that differ, and which one each is; an offset and its opposite are one if symmetric.

    Offsets that lead out of the image are cut to `far`, where they still do.
    """
    offsets = np.clip(pixel_offsets(distances, angles).reshape(-1, 2), -far, far)
    if symmetric:
        backward = (offsets[:, 0] < 0) | ((offsets[:, 0] == 0) & (offsets[:, 1] < 0))
        offsets = np.where(backward[:, None], -offsets, offsets)
    _, first, where = np.unique(offsets @ [2 * far + 1, 1], return_index=True, return_inverse=True)
    distinct = offsets[first]
    distinct.flags.writeable = where.flags.writeable = False  # the next call gets the same ones
    return distinct, where
