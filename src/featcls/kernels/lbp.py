"""Local binary patterns: code images and histograms."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from featcls._ext.lbp import code_images, count_codes
from featcls.kernels._arrays import Array, as_choice, as_count, as_threads, as_values
from featcls.kernels._circles import METHODS, plan_circles

MAX_TABLE_P = 16
DEFAULT_VAR_BINS = 16
VAR_OCTAVES = 16.0
MAX_R = 65536.0


def local_binary_pattern(
    image: ArrayLike,
    P: int,
    R: float,
    method: str = "default",
    *,
    mask: ArrayLike | None = None,
    n_threads: int = 1,
) -> NDArray[np.float64]:
    """Local binary pattern of every pixel, bit for bit as `skimage.feature` gives it.

    P neighbours on a circle are sampled bilinearly, in float64; outside the image reads 0. A bit
    is set where the sample is not below the centre.

    Parameters
    ----------
    image : (rows, cols) or (n, rows, cols) array
        Any real dtype; values must be finite where they are not masked.
    P : int
        Number of neighbours, 1 to 32.
    R : float
        Radius in pixels, above 0 and at most 65536.
    method : {'default', 'ror', 'uniform', 'nri_uniform', 'var'}
        The plain code; its smallest rotation; the number of set bits, or P + 1 if the bits
        change more than twice; the same telling rotations apart; the variance of the samples.
    mask : (rows, cols) or (n, rows, cols) bool array, optional
        True pixels are ignored: a pixel whose centre or any weighted sample is masked has no code.
    n_threads : int
        OpenMP threads.

    Returns
    -------
    float64 array of the image's shape
        NaN where a pixel has no code, and as in scikit-image where a variance is 0. At P = 32
        `default` and `ror` are the true codes; scikit-image's overflow there.

    References
    ----------
    Ojala, Pietikainen & Maenpaa (2002), doi:10.1109/TPAMI.2002.1017623.

    Examples
    --------
    The centre 5 has 9 to its right and 7 below, and lower values above and to the left.

    >>> image = np.array([[0, 1, 0], [3, 5, 9], [0, 7, 0]])
    >>> float(local_binary_pattern(image, 4, 1)[1, 1])
    9.0
    """
    stack, masks, single = as_values(image, mask)
    circle = plan_circles((_pattern(P, R, method)[:3],), (0,), max(stack.shape))
    out = np.empty(stack.shape)
    code_images(stack, masks, *circle, as_threads(n_threads), out)
    return out[0] if single else out


def lbp_histogram(
    image: ArrayLike,
    P: int,
    R: float,
    method: str = "uniform",
    *,
    n_bins: int | None = None,
    mask: ArrayLike | None = None,
    normed: bool = True,
    n_threads: int = 1,
) -> Array:
    """Histogram of the local binary patterns, without the code image.

    Parameters
    ----------
    image, P, R, method, mask, n_threads
        As `local_binary_pattern` takes them; at most P = 16 for `default` and `ror`.
    n_bins : int, optional
        For `var` only, 16 unless given: bins of equal width in log2(1 + variance) from 0 to 16.
        The first takes variance 0 too, the last everything from its lower edge on. With 16 bins
        the edges are 0, 1, 3, 7, 15, ...
    normed : bool
        Divide by the number of pixels that have a code.

    Returns
    -------
    (n_bins,) float64 array, int64 if not normed; (n, n_bins) for a stack
        The width follows from `P` and `method`: 2^P for default and ror, P + 2 for uniform,
        P (P - 1) + 3 for nri_uniform. All zeros where no pixel has a code.

    Examples
    --------
    Every sample of a flat image inside its border equals the centre.

    >>> lbp_histogram([[5, 5, 5], [5, 5, 5], [5, 5, 5]], 4, 1, normed=False).tolist()
    [0, 0, 4, 4, 1, 0]
    """
    (counts,) = lbp_histograms(
        image, [(P, R, method, n_bins)], mask=mask, normed=normed, n_threads=n_threads
    )
    return counts


def lbp_histograms(
    image: ArrayLike,
    patterns: Sequence[tuple[Any, ...]],
    *,
    mask: ArrayLike | None = None,
    normed: bool = True,
    n_threads: int = 1,
) -> list[Array]:
    """Several histograms of local binary patterns in one pass over the image.

    Parameters
    ----------
    image, mask, normed, n_threads
        As `lbp_histogram` takes them.
    patterns : sequence of (P, R), (P, R, method) or (P, R, method, n_bins)
        The arguments of `lbp_histogram` for each.

    Returns
    -------
    list of arrays
        What `lbp_histogram` returns for each, bit for bit.

    Examples
    --------
    >>> flat = [[5, 5, 5], [5, 5, 5], [5, 5, 5]]
    >>> four, eight = lbp_histograms(flat, [(4, 1), (8, 1)], normed=False)
    >>> four.tolist(), eight.tolist()
    ([0, 0, 4, 4, 1, 0], [0, 0, 0, 4, 0, 4, 0, 0, 1, 0])
    """
    stack, masks, single = as_values(image, mask)
    n_threads = as_threads(n_threads)
    if not patterns:
        raise ValueError("patterns is empty; one (P, R) or more are wanted")
    asked = [_pattern(*pattern) for pattern in patterns]
    widths = tuple(histogram_width(P, method, n_bins) for P, _, method, n_bins in asked)
    circles = plan_circles(tuple(pattern[:3] for pattern in asked), widths, max(stack.shape))
    edges = np.zeros(sum(widths))
    for (_, _, method, _), first, width in zip(asked, circles.start[:, 2], widths, strict=False):
        if method == "var":
            edges[first : first + width] = _variance_edges(width)
    bands = max(1, min(stack.shape[1], n_threads // len(stack)))
    partial = np.zeros((len(stack), bands, len(edges)), np.int64)
    count_codes(stack, masks, *circles, edges, n_threads, partial)
    every: list[Array] = np.split(partial.sum(1), circles.start[1:-1, 2], axis=1)
    if normed:
        every = [counts / np.maximum(counts.sum(-1, keepdims=True), 1) for counts in every]
    return [counts[0] for counts in every] if single else every


def histogram_width(P: int, method: str, n_bins: int | None = None) -> int:
    """Number of bins of `lbp_histogram`.

    >>> [histogram_width(8, method) for method in METHODS]
    [256, 256, 10, 59, 16]
    """
    if method == "var":
        return as_count("n_bins", DEFAULT_VAR_BINS if n_bins is None else n_bins, 1, 65536)
    if n_bins is not None:
        raise ValueError(f"n_bins is {n_bins}; method {method!r} has its own width")
    if method in ("default", "ror"):
        if P > MAX_TABLE_P:
            raise ValueError(
                f"P is {P}; {method!r} histograms have 2^P bins: use P <= {MAX_TABLE_P} or "
                "method 'uniform'"
            )
        return 1 << P
    return P + 2 if method == "uniform" else P * (P - 1) + 3


def _pattern(
    P: int, R: float, method: str = "uniform", n_bins: int | None = None
) -> tuple[int, float, str, int | None]:
    """One member of `patterns`, checked but for `n_bins`."""
    if not 0 < R <= MAX_R:
        raise ValueError(f"R is {R}; above 0 and at most {MAX_R:g} is wanted")
    return as_count("P", P, 1, 32), float(R), as_choice("method", method, METHODS), n_bins


def _variance_edges(n_bins: int) -> NDArray[np.float64]:
    """Lower edges of the bins of a variance."""
    return np.array([2.0 ** (VAR_OCTAVES * k / n_bins) - 1.0 for k in range(n_bins)])
