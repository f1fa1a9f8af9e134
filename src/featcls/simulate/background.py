"""Expected photons of air and water scattering: the smooth part of a frame.

The curves hold elastic and Compton scattering: 4-Gaussian form factors (International Tables C,
6.1.1.4), an intramolecular Debye sum and, for water, a fitted liquid structure factor.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from featcls.simulate.presets import Preset

CLASSICAL_RADIUS = 2.8179403e-15  # of the electron, m
WATER_DENSITY = 3.34e28  # molecules / m^3
AIR_DENSITY = 2.6e25
Array = NDArray[np.float64]

# a1..a4, b1..b4, c of f(s) = sum a exp(-b s^2) + c, s = sin(theta) / lambda in 1/angstrom.
_FORM = {
    "H": (
        (0.489918, 0.262003, 0.196767, 0.049879),
        (20.6593, 7.74039, 49.5519, 2.20159),
        0.001305,
    ),
    "N": ((12.2126, 3.1322, 2.0125, 1.1663), (0.0057, 9.8933, 28.9975, 0.5826), -11.529),
    "O": ((3.0485, 2.2868, 1.5463, 0.867), (13.2771, 5.7011, 0.3239, 32.9089), 0.2508),
}


def form_factor(element: str, s: Array) -> Array:
    """Electrons scattering in phase at s = sin(theta) / lambda (1/angstrom)."""
    a, b, c = _FORM[element]
    return c + sum((ai * np.exp(-bi * s * s) for ai, bi in zip(a, b, strict=True)), np.zeros(()))


def _compton(electrons: float, s: Array, s0: float, power: float) -> Array:
    return electrons * (1.0 - (1.0 + (s / s0) ** 2) ** -power)


def _sinc(x: Array) -> Array:
    return np.sinc(x / np.pi)


def air_curve(s: Array) -> Array:
    """Squared scattering amplitude (electrons^2) of one air molecule, taken as N2."""
    pair = 1.0 + _sinc(4.0 * np.pi * s * 1.098)
    return 2.0 * form_factor("N", s) ** 2 * pair + _compton(14.0, s, 0.1476, 0.7113)


def water_curve(s: Array) -> Array:
    """Squared scattering amplitude (electrons^2) of one molecule of liquid water."""
    q = 4.0 * np.pi * s
    o, h = form_factor("O", s), form_factor("H", s)
    molecule = o**2 + 2 * h**2 + 4 * o * h * _sinc(0.957 * q) + 2 * h**2 * _sinc(1.514 * q)

    def peak(height: float, centre: float, width: float) -> Array:
        return height * np.exp(-((q - centre) ** 2) / (2.0 * width**2))

    liquid = (
        0.064
        + 0.936 / (1.0 + np.exp(-(q - 1.7006) / 0.1957))
        + peak(0.3783, 2.0212, 0.2314)
        + peak(0.386, 2.917, 0.2467)
        - peak(0.3046, 3.6665, 0.3278)
    )
    return molecule * liquid + _compton(10.0, s, 0.1354, 0.667)


@lru_cache(maxsize=4)
def background(preset: Preset) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Photons a pixel of the mean pulse: water at nominal thickness, and air.

    Taken at the preset's mean wavelength: half a percent of jitter moves nothing one can see.
    """
    rows, cols = preset.shape
    row, col = preset.center
    y = (np.arange(rows) - row)[:, None] * preset.pixel
    x = (np.arange(cols) - col)[None, :] * preset.pixel
    range_ = np.sqrt(x * x + y * y + preset.distance**2)
    cosine = preset.distance / range_
    s = np.sqrt((1.0 - cosine) / 2.0) / preset.wavelength
    solid_angle = preset.pixel**2 * preset.distance / range_**3
    polarisation = (1.0 + cosine**2) / 2.0
    common = preset.photons * CLASSICAL_RADIUS**2 * solid_angle * polarisation
    water = common * WATER_DENSITY * preset.water * water_curve(s)
    air = common * AIR_DENSITY * preset.air * air_curve(s)
    return water.astype(np.float32), air.astype(np.float32)
