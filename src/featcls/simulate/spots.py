"""Bragg spots: which reflections are lit, how strongly, and where they fall.

Intensities as in Kirian et al. (2010), doi:10.1364/OE.18.005713, with a top hat for the grating
function and rotations uniform in a ball for mosaic spread: both then have closed forms.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from featcls._ext.simulate import add_spots
from featcls.simulate.background import CLASSICAL_RADIUS
from featcls.simulate.crystal import block_radius, domain_rotations, reciprocal_cell, rotation
from featcls.simulate.settings import Preset
from featcls.simulate.structure import structure_factors

Array = NDArray[np.float64]
_CAPACITY = 1 << 16  # reflections listed of one lattice; a frame holds some 10^4


class Reflections(NamedTuple):
    """Where reflections fall: (n,) arrays; rows and columns in pixels, `q` = 1 / spacing."""

    row: Array
    col: Array
    photons: Array
    q: Array
    half_length: Array  # of the arc along the Debye ring, pixels


def expose(
    preset: Preset,
    strength: float,
    wavelength: float,
    orientation: Array,
    light: NDArray[np.float32],
) -> Reflections:
    """Add the expected photons of one lattice to a frame.

    Parameters
    ----------
    preset : Preset
        Beam, crystal and detector.
    strength : float
        Pulse energy times crystal volume, in units of the preset's.
    wavelength : float
        Angstrom.
    orientation : (4,) array
        Unit quaternion (w, x, y, z).
    light : (rows, cols) float32 array
        Photons are added here.

    Returns
    -------
    Reflections
        All that meet the detector; with explicit domains or bandwidth those of the mean lattice
        and wavelength.
    """
    basis = reciprocal_cell(preset.cell) @ rotation(orientation).T
    spread = np.deg2rad(preset.mosaic)
    if preset.domains == 0 and preset.wavelengths == 1:
        return _pass(preset, strength, wavelength, spread, basis, light)
    turns = [np.eye(3)]
    if preset.domains:
        turns, spread = list(domain_rotations(preset.domains, spread)), 0.0
    for colour, weight in _spectrum(preset):
        for turn in turns:
            share = strength * weight / len(turns)
            _pass(preset, share, wavelength * colour, spread, basis @ turn.T, light)
    nothing = np.zeros_like(light)
    return _pass(preset, strength, wavelength, np.deg2rad(preset.mosaic), basis, nothing)


def _pass(
    preset: Preset,
    strength: float,
    wavelength: float,
    spread: float,
    basis: Array,
    light: NDArray[np.float32],
) -> Reflections:
    fluence = strength * preset.photons / (preset.beam_width * 1e10) ** 2
    cells = float(np.prod(preset.blocks))
    scale = fluence * (CLASSICAL_RADIUS * 1e10 * cells * wavelength) ** 2 * preset.crystal_scale
    table = structure_factors(preset)
    found = np.empty((_CAPACITY, 5))
    n = add_spots(
        np.ascontiguousarray(basis),
        wavelength,
        spread,
        block_radius(preset.cell, preset.blocks),
        preset.q_max,
        scale,
        table.values,
        table.octant,
        preset.distance / preset.pixel,
        *preset.center,
        light,
        found,
    )
    return Reflections(*found[: min(n, _CAPACITY)].T)


def _spectrum(preset: Preset) -> list[tuple[float, float]]:
    """Factors of the wavelength and their weights: Gauss-Hermite nodes of the pulse's spectrum."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(preset.wavelengths)
    factors = 1.0 + preset.bandwidth * nodes
    return list(zip(factors.tolist(), (weights / weights.sum()).tolist(), strict=True))
