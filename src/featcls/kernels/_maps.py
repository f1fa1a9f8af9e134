"""What correlation maps of one geometry and mask have in common, and the maps."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from featcls._ext.ccf import correlate, inverse_size, inverse_weights, largest, ring_products
from featcls.kernels._arrays import Array, as_choice, as_count
from featcls.kernels._rings import LANES, PolarPlan
from featcls.kernels._stages import transform_stages

REDUCTIONS = ("delta0", "max", "order", "merged")
PARTS = {"delta0": 1, "order": 2, "merged": 3}  # 1: correlation at 0, 2: the order
CACHE_LINE = 64  # bytes
# Correlations of weights below this share of a full ring come from rounding, not from pixels.
LEAST_WEIGHT = 1e-4
MAX_INVERSE_BYTES = 2**25  # of the common weights at all turns that a plan keeps

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
    inverse: Floats  # one over the common weights at all turns, for `max` and one mask; or ()


def make_plan(
    polar: PolarPlan,
    reduction: str,
    order: int,
    subtract_mean: bool,
    normalize: bool,
    *,
    keep: bool,
) -> CorrelationPlan:
    """The plan for these rings; `keep` what `max` needs of one mask, as it is used many times."""
    as_choice("reduction", reduction, REDUCTIONS)
    n_angles, n_rings = polar.n_angles, len(polar.radii)
    highest = n_angles // 2 if reduction in ("order", "merged") else 65536  # where it is of use
    turn = 2 * np.pi * as_count("order", order, 0, highest) * np.arange(n_angles) / n_angles
    weights, scales = polar.weight, np.empty((0, n_rings, n_rings), np.float32)
    inverse = np.empty(0, np.float32)
    if np.count_nonzero(weights == 1) == len(weights) * n_rings * n_angles:
        weights = weights[:0]
    elif reduction in ("delta0", "merged"):
        common = np.empty((len(weights), n_rings, n_rings), np.float32)
        ring_products(weights, 1, common)
        scales = _divided(np.float32(1), common, common > LEAST_WEIGHT * n_angles)
    elif reduction == "max" and keep and len(weights) == 1:
        inverse = _inverse(weights[0], n_rings)
    waves = np.stack([np.cos(turn), np.sin(turn)]).astype(np.float32)
    return CorrelationPlan(
        polar, reduction, subtract_mean, normalize, weights, scales, waves, inverse
    )


def make_maps(images: Floats, plan: CorrelationPlan, n_threads: int) -> tuple[Floats, Floats]:
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
        largest(
            images,
            *pixels,
            plan.weights,
            plan.inverse,
            *transform_stages(n_angles),
            plan.subtract_mean,
            _least(n_angles),
            n_threads,
            rings,
            *_room(n_threads, blocks, n_angles),
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


def _inverse(weights: Floats, n_rings: int) -> Floats:
    """One over the common weights of the rings at all turns; () where that takes too much room."""
    blocks, n_angles, _ = weights.shape
    size = inverse_size(n_rings, n_angles)
    if 4 * size > MAX_INVERSE_BYTES:
        return np.empty(0, np.float32)
    out = _aligned((size,))
    spectra, spare = _room(1, blocks, n_angles)
    stages = transform_stages(n_angles)
    inverse_weights(weights, n_rings, *stages, _least(n_angles), spectra[0], spare[0], out)
    return out


def _least(n_angles: int) -> float:
    """Common weight above which a turn counts; the transforms multiply by n_angles."""
    return LEAST_WEIGHT * n_angles**2


def _room(n_threads: int, blocks: int, n_angles: int) -> tuple[Floats, Floats]:
    """Spectra and scratch of the transforms of each thread."""
    spectra = np.empty((n_threads, 2, blocks * LANES * 2 * (n_angles // 2 + 1)), np.float32)
    return spectra, _aligned((n_threads, 6, n_angles * LANES))


def _aligned(shape: tuple[int, ...]) -> Floats:
    """An array that starts on a cache line, so that no vector of it lies on two."""
    size = math.prod(shape)
    memory = np.empty(size + CACHE_LINE // 4, np.float32)
    start = -memory.ctypes.data % CACHE_LINE // 4
    return memory[start : start + size].reshape(shape)


def _divided(above: Array | np.float32, below: Array, where: Array) -> Floats:
    """The quotient, 0 elsewhere."""
    return np.where(where, above / np.where(where, below, 1), 0).astype(np.float32)
