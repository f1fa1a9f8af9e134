"""How a frame is, whatever is on it: mask, levels, noise, where the light falls.

From a grid of some 4,000 pixels and their neighbours, so that a large frame costs no more
than a small one.
"""

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from featcls.frame import Frame
from featcls.kernels.quantiles import quantiles

VERSION = 1  # raised whenever the numbers change: older references are then not used
SAMPLE = 1 << 12
THIN = 2  # of which one in so many is sorted for the quantiles
N_RINGS = 32
FACTS = ("rows", "columns", "masked", "mask row", "mask column")
LIGHT = ("zeros", "low", "level", "high", "noise", "row", "column")
RINGS = tuple(f"ring {i}" for i in range(N_RINGS))
NAMES = (*FACTS, *LIGHT, *RINGS)
LEVEL, NOISE = NAMES.index("level"), NAMES.index("noise")

Vector = NDArray[np.float64]


def health(frame: Frame) -> Vector:
    """Return the figures of a frame in the order of `NAMES`, (44,).

    - `rows`, `columns`; share of pixels `masked`, and where they lie on average (`mask row`,
      `mask column`, from -1 to 1);
    - `zeros`, the share of valid pixels that are 0; the quantiles 0.1, 0.5 and 0.9 of their
      values (`low`, `level`, `high`);
    - `noise`: log of the mean difference to the next pixel in the row;
    - `row`, `column`: where the light falls on average, from -1 to 1;
    - `ring i`: the mean at a distance from the beam centre (that of the image where none is
      known) over that of the rings beside it, less 1.

    Values above the quantile 0.99 count as that, for all but the quantiles: a Bragg spot or a
    hot pixel is not the detector. Without a valid pixel all but the facts of the mask is 0.

    Examples
    --------
    >>> image = np.array([[0, 2], [2, 2]], np.uint8)
    >>> dict(zip(NAMES, health(Frame(image)).round(2).tolist()))["zeros"]
    0.25
    """
    rows, cols = frame.shape
    step = max(1, round((rows * cols / SAMPLE) ** 0.5))
    here = np.ascontiguousarray(frame.image[::step, ::step])
    valid = None if frame.mask is None else ~frame.mask[::step, ::step]
    facts = [float(rows), float(cols), *_mask(valid)]
    values = here.ravel() if valid is None else here[valid]
    if not values.size:
        return np.array([*facts, *[0.0] * (len(NAMES) - len(facts))])
    low, level, high, cap = quantiles(values[::THIN], (0.1, 0.5, 0.9, 0.99))
    cap = max(cap, 0.0)
    zeros = 1.0 - np.count_nonzero(values) / values.size
    light = np.minimum(here, cap)
    noise = _noise(frame, step, light, cap)
    row, col = _centroid(light)
    rings = _rings(light, valid, *_ring_map(frame.shape, step, _center(frame)))
    return np.array([*facts, zeros, low, level, high, noise, row, col, *rings])


def _mask(valid: NDArray[np.bool_] | None) -> tuple[float, float, float]:
    if valid is None:
        return 0.0, 0.0, 0.0
    masked = (~valid).astype(np.float64)
    return float(masked.mean()), *_centroid(masked)


def _centroid(weight: Vector) -> tuple[float, float]:
    """Mean row and column of weights, from -1 to 1; 0 where they sum to nothing."""
    by_row, by_col = weight.sum(axis=1), weight.sum(axis=0)
    total = by_row.sum()
    if not total > 0:
        return 0.0, 0.0
    return float(by_row @ _axis(len(by_row)) / total), float(by_col @ _axis(len(by_col)) / total)


@lru_cache(maxsize=8)
def _axis(n: int) -> Vector:
    return np.linspace(-1.0, 1.0, n) if n > 1 else np.zeros(1)


def _noise(frame: Frame, step: int, light: Vector, cap: float) -> float:
    beside = np.minimum(frame.image[::step, 1::step], cap)
    gaps = np.abs(light[:, : beside.shape[1]] - beside)
    if frame.mask is None:
        mean = gaps.mean() if gaps.size else 0.0
    else:
        either = frame.mask[::step, ::step][:, : beside.shape[1]] | frame.mask[::step, 1::step]
        mean = gaps[~either].mean() if not either.all() else 0.0
    return float(np.log(max(mean, 1e-6)))


def _center(frame: Frame) -> tuple[float, float]:
    center = frame.geometry.beam_center if frame.geometry else None
    rows, cols = frame.shape
    return center or ((rows - 1) / 2, (cols - 1) / 2)


@lru_cache(maxsize=8)
def _ring_map(
    shape: tuple[int, int], step: int, center: tuple[float, float]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Ring of each pixel of the grid, out to the farthest corner, and pixels of each ring."""
    rows, cols = (np.arange(0, size, step) - mid for size, mid in zip(shape, center, strict=True))
    radius = np.hypot(rows[:, None], cols[None, :])
    farthest = [max(mid, n - 1 - mid) for n, mid in zip(shape, center, strict=True)]
    ring = np.minimum(radius * (N_RINGS / max(math.hypot(*farthest), 1.0)), N_RINGS - 1)
    ring = ring.astype(np.intp)
    return ring, np.bincount(ring.ravel(), minlength=N_RINGS)


def _rings(
    light: Vector,
    valid: NDArray[np.bool_] | None,
    ring: NDArray[np.intp],
    counts: NDArray[np.intp],
) -> Vector:
    if valid is not None:  # 0 stands under the mask
        counts = np.bincount(ring.ravel(), valid.ravel(), N_RINGS)
    means = np.bincount(ring.ravel(), light.ravel(), N_RINGS) / np.maximum(counts, 1)
    beside = (means[:-2] + means[2:]) / 2
    known = (counts[:-2] > 0) & (counts[1:-1] > 0) & (counts[2:] > 0) & (beside > 0)
    contrast = np.zeros(N_RINGS)
    contrast[1:-1][known] = means[1:-1][known] / beside[known] - 1.0
    return contrast
