"""What lies between the sample and the counts but is not noise: tiles, gaps, holes, shadows."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from featcls.simulate.settings import Preset

Bool = NDArray[np.bool_]


class Tiles(NamedTuple):
    """Maps of one detector, each (rows, cols)."""

    dead: Bool  # reads 0: gaps, holes
    border: Bool  # chip borders, which see more light
    shadow: NDArray[np.float32]  # share of the light that arrives
    low_gain: Bool  # counts in steps of seven


@lru_cache(maxsize=4)
def tiles(preset: Preset) -> Tiles:
    """Maps of the preset's detector and shadows."""
    dead, border = _LAYOUTS[preset.tiling](preset)
    return Tiles(dead, border, _shadow(preset), _low_gain(preset))


def _monolithic(preset: Preset) -> tuple[Bool, Bool]:
    return np.zeros(preset.shape, bool), np.zeros(preset.shape, bool)


def _pilatus(preset: Preset) -> tuple[Bool, Bool]:
    """Modules of 195 x 487 pixels with gaps of 17 rows and 7 columns."""
    rows, cols = (np.arange(size) for size in preset.shape)
    dead = (rows % (195 + 17) >= 195)[:, None] | (cols % (487 + 7) >= 487)[None, :]
    return dead, np.zeros(preset.shape, bool)


def _rayonix(preset: Preset) -> tuple[Bool, Bool]:
    """One area with a hole of 4 mm radius for the beam."""
    return radius_map(preset) * preset.pixel < 4e-3, np.zeros(preset.shape, bool)


def _cspad(preset: Preset) -> tuple[Bool, Bool]:
    """64 chips of 185 x 194 in 1765 x 1765: four quadrants about the beam like a pinwheel.

    A quadrant holds 2 x 2 units, every other one turned; a unit holds two pairs of chips.
    """
    size = 1765
    alive, border = np.zeros((size, size), bool), np.zeros((size, size), bool)
    unit, seam = np.zeros((390, 390), bool), np.zeros((390, 390), bool)
    for top in (0, 205):
        unit[top : top + 185, :388] = True
        seam[top : top + 185, 193:195] = True
    for row in range(2):
        for col in range(2):
            turns = (row + col) % 2
            at = (slice(45 + 420 * row, 435 + 420 * row), slice(15 + 420 * col, 405 + 420 * col))
            alive[at], border[at] = np.rot90(unit, turns), np.rot90(seam, turns)
    alive = np.logical_or.reduce([np.rot90(alive, turn) for turn in range(4)])
    border = np.logical_or.reduce([np.rot90(border, turn) for turn in range(4)])
    dead = np.ones(preset.shape, bool)
    rows, cols = (min(size, side) for side in preset.shape)
    dead[:rows, :cols] = ~alive[:rows, :cols]
    seams = np.zeros(preset.shape, bool)
    seams[:rows, :cols] = border[:rows, :cols]
    return dead, seams


_LAYOUTS = {"": _monolithic, "pilatus": _pilatus, "rayonix": _rayonix, "cspad": _cspad}


def radius_map(preset: Preset) -> NDArray[np.float64]:
    """Distance of each pixel from the beam centre, in pixels."""
    row, col = preset.center
    rows, cols = (np.arange(size, dtype=np.float64) for size in preset.shape)
    return np.hypot(rows[:, None] - row, cols[None, :] - col)


def _shadow(preset: Preset) -> NDArray[np.float32]:
    """Beam stop: a black disc on an arm of five rows that lets a quarter through; the belt shades
    what lies above the beam; the strip is black.
    """
    shadow = np.ones(preset.shape, np.float32)
    row, _ = preset.center
    offset = np.arange(preset.shape[0]) - row
    if preset.beamstop > 0:
        shadow[np.abs(offset) <= 2.5] = 0.25
        shadow[radius_map(preset) * preset.pixel < preset.beamstop] = 0.0
    shadow[offset < 0] *= np.float32(1.0 - preset.belt)
    shadow[preset.shape[0] - round(preset.strip * preset.shape[0]) :] = 0.0
    return shadow


def _low_gain(preset: Preset) -> Bool:
    if preset.low_gain_spacing == 0:
        return np.zeros(preset.shape, bool)
    two_theta = 2.0 * np.arcsin(min(1.0, preset.wavelength / (2.0 * preset.low_gain_spacing)))
    return np.asarray(radius_map(preset) * preset.pixel < preset.distance * np.tan(two_theta))
