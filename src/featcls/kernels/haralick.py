"""Haralick's features of the co-occurrence of grey levels, without its matrices."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from featcls._ext.glcm import sparse_properties, symmetric_properties
from featcls._ext.levels import mark_masked
from featcls.kernels._arrays import Array, as_choice, as_levels, as_threads, as_vector
from featcls.kernels.glcm import PROPERTIES, pixel_offsets

SIX_PROPERTIES = PROPERTIES[:6]
FUSED_PROPERTIES = (  # order of enum glcm_property
    *PROPERTIES, "sum_average", "sum_variance", "sum_entropy", "difference_variance",
    "difference_entropy", "imc1", "imc2",
)  # fmt: skip
HARALICK = (  # his 1 to 13
    "ASM", "contrast", "correlation", "variance", "homogeneity", "sum_average", "sum_variance",
    "sum_entropy", "entropy", "difference_variance", "difference_entropy", "imc1", "imc2",
)  # fmt: skip


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
