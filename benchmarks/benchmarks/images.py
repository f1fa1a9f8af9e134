"""Images the kernels are timed on."""

import numpy as np


def diffraction(size, levels=256, seed=0):
    """Square-root compressed counts: falling background, a solvent ring, Bragg spots."""
    rng = np.random.default_rng(seed)
    row, col = np.indices((size, size)) - size / 2
    radius = np.hypot(row, col) / size
    mean = 14 * np.exp(-3 * radius) + 10 * np.exp(-(((radius - 0.28) / 0.05) ** 2))
    spots = rng.integers(0, size, (2, size // 2))
    mean[tuple(spots)] += rng.lognormal(5, 1.2, size // 2)
    counts = 6 * rng.poisson(mean) + rng.normal(10, 3, mean.shape)
    image = np.sqrt(np.clip(counts, 0, 255**2))
    return (image * levels / 256).astype(np.uint8 if levels <= 256 else np.uint16)


def noise(size, levels=256, seed=0):
    """Levels drawn evenly: the worst case for a cache."""
    dtype = np.uint8 if levels <= 256 else np.uint16
    return np.random.default_rng(seed).integers(0, levels, (size, size), dtype=dtype)


def bad_pixels(size, share=0.02, seed=0):
    """A mask of single bad pixels, a tile gap each way and a beamstop."""
    mask = np.random.default_rng(seed).random((size, size)) < share
    middle = size // 2
    mask[middle - 3 : middle + 3] = mask[:, middle - 3 : middle + 3] = True
    row, col = np.indices(mask.shape) - middle
    return mask | (np.hypot(row, col) < 0.03 * size)
