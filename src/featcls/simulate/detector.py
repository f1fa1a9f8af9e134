"""From expected photons to the counts a detector writes."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from featcls._ext.simulate import poisson, read_out
from featcls.simulate import draws
from featcls.simulate.camera import Camera
from featcls.simulate.tiles import tiles

_FLAT_FIELD_KEY = 4  # a detector has one flat field, whatever the shot
GAIN_RATIO = np.float32(7)  # high over low gain
Light = NDArray[np.float32]


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
        return np.asarray((np.arange(n + 1) - n // 2 - 0.5) * pixel, np.float64)

    y, x = corner(shape[0])[:, None], corner(shape[1])[None, :]
    cone = np.arctan2(x * y, radius * np.sqrt(radius**2 + x * x + y * y)) / (2.0 * np.pi)
    spread = np.diff(np.diff(cone, axis=0), axis=1)
    return np.fft.ifftshift(spread / spread.sum())


def detect(camera: Camera, light: Light, key: int) -> Light:
    """Counts of one frame, in place: photons, point spread, gain, read-out noise, offset.

    Parameters
    ----------
    camera : Camera
    light : (rows, cols) float32 array
        Expected photons; overwritten.
    key : int
        Of the shot, see `draws.key`.

    Returns
    -------
    (rows, cols) float32 array
        Whole counts, between ``bottom`` and ``saturation``.
    """
    keys = np.asarray(key, np.uint64)
    photon_key, noise_key, hot_key = (
        int(draws.subkey(keys, stream)) for stream in (100, 101, 102)
    )
    gain = _gain(camera)
    if light.any():
        if camera.noise_order == "nanobragg":
            light *= gain
        poisson(light, photon_key)
        if camera.psf > 0:
            light = _spread(camera, light)
    if camera.noise_order == "nanobragg":
        gain = np.ones_like(gain)
    if camera.photon_gain != 1:
        gain = gain * np.float32(camera.photon_gain)
    _add_hot_pixels(camera, light, hot_key)
    noise, offset = camera.read_noise, camera.offset
    read_out(light, gain, noise, offset, camera.bottom, camera.saturation, noise_key)
    maps = tiles(camera)
    if maps.low_gain.any():
        light[maps.low_gain] = GAIN_RATIO * np.floor(light[maps.low_gain] / GAIN_RATIO)
    light[maps.dead] = 0
    return np.floor(light, out=light)


def compress(counts: Light) -> NDArray[np.uint8]:
    """Square root to 8 bits: the standard error of every pixel becomes one half.

    Examples
    --------
    >>> compress(np.array([-3, 10, 65025, 1e6], np.float32)).tolist()
    [0, 3, 255, 255]
    """
    return np.sqrt(np.clip(counts, 0, 65025)).astype(np.uint8)


def _spread(camera: Camera, light: Light) -> Light:
    from scipy import fft

    spectrum = fft.rfft2(light)
    spectrum *= _transfer(camera.shape, camera.pixel, camera.psf)
    return np.ascontiguousarray(fft.irfft2(spectrum, s=camera.shape), np.float32)


@lru_cache(maxsize=4)
def _transfer(shape: tuple[int, int], pixel: float, radius: float) -> NDArray[np.complex64]:
    from scipy import fft

    return fft.rfft2(point_spread(shape, pixel, radius).astype(np.float32))  # type: ignore[no-any-return]


@lru_cache(maxsize=4)
def _gain(camera: Camera) -> Light:
    """Relative gain of each pixel."""
    gain = np.zeros(camera.shape, np.float32)
    one = np.ones_like(gain)
    read_out(gain, one, camera.gain_rms, 1.0, 0.0, 10.0, _FLAT_FIELD_KEY)
    gain[tiles(camera).border] *= np.float32(camera.border_gain)
    return gain


def _add_hot_pixels(camera: Camera, light: Light, key: int) -> None:
    """Bright pixels at new places in each shot, some `hot_pixels` of them (Poisson)."""
    if camera.hot_pixels == 0:
        return
    number = np.full((1, 1), camera.hot_pixels, np.float32)
    poisson(number, key)
    pixels = draws.key(key, np.arange(int(number[0, 0])))
    place = (draws.uniform(pixels, 0) * light.size).astype(np.int64)
    bright = camera.saturation * draws.uniform(pixels, 1) ** 2
    np.add.at(light.reshape(-1), place, bright.astype(np.float32))
