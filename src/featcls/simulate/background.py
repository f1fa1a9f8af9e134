"""Expected photons of air, water, ice and disorder: the smooth part of a frame.

The curves hold elastic and Compton scattering: 4-Gaussian form factors (International Tables C,
6.1.1.4), an intramolecular Debye sum and, for water, a fitted liquid structure factor.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from featcls.simulate.crystal import reciprocal_cell
from featcls.simulate.settings import Preset
from featcls.simulate.tiles import radius_map

CLASSICAL_RADIUS = 2.8179403e-15  # of the electron, m
WATER_DENSITY = 3.34e28  # molecules / m^3
AIR_DENSITY = 2.6e25
Array = NDArray[np.float64]
Photons = NDArray[np.float32]

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


class Field(NamedTuple):
    """Expected photons a pixel of the mean pulse, (rows, cols) float32 each."""

    water: Photons  # at nominal thickness
    air: Photons
    ice: Photons  # rings of strength 1
    disorder: Photons  # diffuse light of a crystal of volume 1
    streak: Photons  # of the jet


@lru_cache(maxsize=4)
def fields(preset: Preset) -> Field:
    """Smooth parts of the preset's frames.

    Taken at the preset's mean wavelength: half a percent of jitter moves nothing one can see.
    """
    offset = radius_map(preset) * preset.pixel
    cosine = preset.distance / np.hypot(offset, preset.distance)
    s = np.sqrt((1.0 - cosine) / 2.0) / preset.wavelength
    solid_angle = (preset.pixel / preset.distance) ** 2 * cosine**3
    electron = preset.photons * CLASSICAL_RADIUS**2 * solid_angle * (1.0 + cosine**2) / 2.0
    water = electron * WATER_DENSITY * preset.water * _tabled(water_curve, s)
    air = electron * AIR_DENSITY * preset.air * _tabled(air_curve, s)
    ice = water * _tabled(ice_curve, s)
    # Atoms shaken by B scatter 1 - exp(-2 B s^2) of their light between the spots.
    cells = float(np.prod(preset.blocks)) * preset.crystal_scale / preset.beam_width**2
    electrons2 = preset.scattering / np.linalg.det(reciprocal_cell(preset.cell))
    disorder = electron * cells * electrons2 * -np.expm1(-2.0 * preset.disorder * s * s)
    streak = preset.streak * float((water + air).max()) * _streak(preset)
    return Field(*(part.astype(np.float32) for part in (water, air, ice, disorder, streak)))


def ice_curve(s: Array) -> Array:
    """Rings of hexagonal ice: narrow Gaussians in s at its five strongest spacings."""
    rings = [
        strength * np.exp(-((s - 0.5 / spacing) ** 2) / (2.0 * 8e-4**2))
        for spacing, strength in ((3.90, 1.0), (3.67, 0.7), (3.44, 0.6), (2.67, 0.4), (2.25, 0.5))
    ]
    return np.asarray(np.sum(rings, axis=0))


def _tabled(curve: Callable[[Array], Array], s: Array) -> Array:
    """`curve` at s, from a table fine enough for the narrowest ring."""
    nodes = np.linspace(0.0, float(s.max()) + 1e-9, 1 << 14)
    return np.interp(s, nodes, curve(nodes))


def _streak(preset: Preset) -> Array:
    """Streak across a vertical jet: it fades along the row over a sixth of the frame."""
    row, col = preset.center
    rows, cols = (np.arange(size, dtype=np.float64) for size in preset.shape)
    along = 1.0 / (1.0 + (6.0 * (cols - col) / preset.shape[1]) ** 2)
    across = np.exp(-((rows - row) ** 2) / (2.0 * (preset.shape[0] / 170.0) ** 2))
    return np.asarray(across[:, None] * along[None, :])
