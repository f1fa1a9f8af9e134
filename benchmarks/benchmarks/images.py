"""Images the kernels are timed on."""

import numpy as np


def counts(size, seed=0):
    """Photon counts: falling background, a solvent ring, Bragg spots."""
    rng = np.random.default_rng(seed)
    row, col = np.indices((size, size)) - size / 2
    radius = np.hypot(row, col) / size
    mean = 14 * np.exp(-3 * radius) + 10 * np.exp(-(((radius - 0.28) / 0.05) ** 2))
    for _ in range(size // 2):
        r, c = rng.integers(2, size - 2, 2)
        spot = np.exp(-((np.indices((5, 5)) - 2) ** 2).sum(0) / 1.5)
        mean[r - 2 : r + 3, c - 2 : c + 3] += rng.lognormal(4.5, 1.2) * spot
    return rng.poisson(mean)


def diffraction(size, levels=256, seed=0):
    """Counts with noise, square-root compressed to so many levels."""
    noisy = 6 * counts(size, seed) + np.random.default_rng(seed + 1).normal(10, 3, (size, size))
    image = np.sqrt(np.clip(noisy, 0, 255**2))
    return (image * levels / 256).astype(np.uint8 if levels <= 256 else np.uint16)


def gap(size, levels=256, seed=0):
    """Counts as they come, cut off at 255, with tile gaps and a beamstop of zeros."""
    image = np.clip(counts(size, seed), 0, 255)
    image[bad_pixels(size, 0)] = 0
    return (image * levels // 256).astype(np.uint8 if levels <= 256 else np.uint16)


def brick(size, levels=256):
    """A photographed texture."""
    from skimage import data

    image = data.brick()[:size, :size].astype(int)
    return (image * levels // 256).astype(np.uint8 if levels <= 256 else np.uint16)


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
