"""What lies between the sample and the counts but is not noise: tiles, gaps, holes, shadows."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from featcls.simulate.camera import Camera

Bool = NDArray[np.bool_]


class Tiles(NamedTuple):
    """Maps of one detector, each (rows, cols)."""

    dead: Bool  # reads 0: gaps, holes
    border: Bool  # chip borders, which see more light
    shadow: NDArray[np.float32]  # share of the light that arrives
    low_gain: Bool  # counts in steps of seven


@lru_cache(maxsize=4)
def tiles(camera: Camera) -> Tiles:
    """Maps of the camera and shadows."""
    dead, border = _LAYOUTS[camera.tiling](camera)
    return Tiles(dead, border, _shadow(camera), _low_gain(camera))


def _monolithic(camera: Camera) -> tuple[Bool, Bool]:
    return np.zeros(camera.shape, bool), np.zeros(camera.shape, bool)


def _modules(camera: Camera, module: tuple[int, int], gap: tuple[int, int]) -> tuple[Bool, Bool]:
    """Rows and columns of modules, from the upper left corner, with gaps between them."""
    gaps = [
        np.arange(size) % (side + between) >= side
        for size, side, between in zip(camera.shape, module, gap, strict=True)
    ]
    return gaps[0][:, None] | gaps[1][None, :], np.zeros(camera.shape, bool)


def _pilatus(camera: Camera) -> tuple[Bool, Bool]:
    return _modules(camera, (195, 487), (17, 7))


def _eiger(camera: Camera) -> tuple[Bool, Bool]:
    return _modules(camera, (514, 1030), (37, 10))


def _rayonix(camera: Camera) -> tuple[Bool, Bool]:
    """One area with a hole of 4 mm radius for the beam."""
    return radius_map(camera) * camera.pixel < 4e-3, np.zeros(camera.shape, bool)


def _cspad(camera: Camera) -> tuple[Bool, Bool]:
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
    dead = np.ones(camera.shape, bool)
    rows, cols = (min(size, side) for side in camera.shape)
    dead[:rows, :cols] = ~alive[:rows, :cols]
    seams = np.zeros(camera.shape, bool)
    seams[:rows, :cols] = border[:rows, :cols]
    return dead, seams


def _pnccd(camera: Camera) -> tuple[Bool, Bool]:
    """Two planes with a gap of 10 rows at the beam, a notch for it, and two dead columns."""
    row, col = camera.center
    offset = np.abs(np.arange(camera.shape[0]) - row)
    dead = radius_map(camera) < 12
    dead |= (offset < 5)[:, None]
    dead[:, [int(col * 0.6), int(col * 1.3)]] = True
    return dead, np.zeros(camera.shape, bool)


def _mcp(camera: Camera) -> tuple[Bool, Bool]:
    """A round channel plate with a hole for the beam."""
    radius = radius_map(camera)
    half = min(camera.shape) / 2
    return (radius > half) | (radius < 0.06 * half), np.zeros(camera.shape, bool)


_LAYOUTS = {
    "": _monolithic,
    "pilatus": _pilatus,
    "eiger": _eiger,
    "rayonix": _rayonix,
    "cspad": _cspad,
    "pnccd": _pnccd,
    "mcp": _mcp,
}


def radius_map(camera: Camera) -> NDArray[np.float64]:
    """Distance of each pixel from the beam centre, in pixels."""
    row, col = camera.center
    rows, cols = (np.arange(size, dtype=np.float64) for size in camera.shape)
    return np.hypot(rows[:, None] - row, cols[None, :] - col)


def _shadow(camera: Camera) -> NDArray[np.float32]:
    """Beam stop: a black disc on an arm of five rows that lets a quarter through; the belt shades
    what lies above the beam; the strip is black.
    """
    shadow = np.ones(camera.shape, np.float32)
    row, _ = camera.center
    offset = np.arange(camera.shape[0]) - row
    if camera.beamstop > 0:
        shadow[np.abs(offset) <= 2.5] = 0.25
        shadow[radius_map(camera) * camera.pixel < camera.beamstop] = 0.0
    shadow[offset < 0] *= np.float32(1.0 - camera.belt)
    shadow[camera.shape[0] - round(camera.strip * camera.shape[0]) :] = 0.0
    return shadow


def _low_gain(camera: Camera) -> Bool:
    if camera.low_gain_spacing == 0:
        return np.zeros(camera.shape, bool)
    two_theta = 2.0 * np.arcsin(min(1.0, camera.wavelength / (2.0 * camera.low_gain_spacing)))
    return np.asarray(radius_map(camera) * camera.pixel < camera.distance * np.tan(two_theta))
