"""From expected photons to the counts a fibre-coupled CCD writes."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from featcls.simulate.presets import Preset

_FLAT_FIELD_SEED = 4  # a detector has one flat field, whatever the shot


def point_spread(shape: tuple[int, int], pixel: float, radius: float) -> NDArray[np.float64]:
    """Pixel-integrated point spread g / (2 pi) (g^2 + r^2)^(-3/2), centred on pixel [0, 0].

    Wraps round the edges, as the Fourier transform that applies it does; sums to 1.
    Holton, Nielsen & Frankel (2012), doi:10.1107/S0909049512035571.

    Examples
    --------
    >>> spread = point_spread((512, 512), pixel=172e-6, radius=30e-6)
    >>> float(spread[0, 0].round(2)), float(spread.sum().round(6))
    (0.7, 1.0)
    """

    def corner(n: int) -> NDArray[np.float64]:
        return (np.arange(n + 1) - n // 2 - 0.5) * pixel

    y, x = corner(shape[0])[:, None], corner(shape[1])[None, :]
    cone = np.arctan2(x * y, radius * np.sqrt(radius**2 + x * x + y * y)) / (2.0 * np.pi)
    spread = np.diff(np.diff(cone, axis=0), axis=1)
    return np.asarray(np.fft.ifftshift(spread / spread.sum()), np.float64)


@lru_cache(maxsize=4)
def _transfer(preset: Preset) -> NDArray[np.complex64]:
    from scipy import fft

    spread = point_spread(preset.shape, preset.pixel, preset.psf)
    return fft.rfft2(spread.astype(np.float32))  # type: ignore[no-any-return]


@lru_cache(maxsize=4)
def _gain(preset: Preset) -> NDArray[np.float32]:
    rng = np.random.default_rng(_FLAT_FIELD_SEED)
    field = rng.standard_normal(preset.shape, dtype=np.float32)
    return np.float32(1.0) + np.float32(preset.gain_rms) * field


def poisson(rng: np.random.Generator, mean: NDArray[np.float32]) -> NDArray[np.float32]:
    """Poisson counts; above a mean of 16 by the Cornish-Fisher expansion of a normal draw."""
    z = rng.standard_normal(mean.shape, dtype=np.float32)
    counts = np.floor(mean + np.sqrt(mean) * z + (z * z - 1) / np.float32(6) + np.float32(0.5))
    low = mean < 16
    counts[low] = rng.poisson(mean[low])
    return counts


def read_out(
    preset: Preset, expected: NDArray[np.float32], rng: np.random.Generator
) -> NDArray[np.uint16]:
    """Counts of one frame: photons, point spread, gain, read-out noise, offset, bright pixels."""
    from scipy import fft

    counts = expected
    if expected.any():
        spectrum = fft.rfft2(poisson(rng, expected))
        spectrum *= _transfer(preset)
        counts = fft.irfft2(spectrum, s=preset.shape) * _gain(preset)
    noise = rng.standard_normal(preset.shape, dtype=np.float32)
    counts = counts + np.float32(preset.read_noise) * noise + np.float32(preset.offset)
    hot = rng.poisson(preset.hot_pixels)
    bright = preset.saturation * rng.random(hot) ** 2
    counts.flat[rng.integers(0, counts.size, hot)] += bright.astype(np.float32)
    return np.clip(counts, 0, preset.saturation).astype(np.uint16)


def compress(counts: NDArray[np.uint16]) -> NDArray[np.uint8]:
    """Square root to 8 bits: the standard error of every pixel becomes one half.

    Examples
    --------
    >>> compress(np.array([0, 10, 65025], np.uint16)).tolist()
    [0, 3, 255]
    """
    return np.sqrt(counts, dtype=np.float32).astype(np.uint8)
