"""Slow obvious twin of the spot kernel: all of the table, all rotations by quadrature."""

import numpy as np

from featcls.simulate.crystal import block_radius, reciprocal_cell, rotation
from featcls.simulate.structure import structure_factors

RADIUS = 2.8179403e-5  # of the electron, angstrom


def cut_area(excess, width, radius, n=20001):
    """Mean of the disc that the sphere cuts, over the density of a uniform ball of rotations."""
    u = (np.arange(n) + 0.5) / n * 2 * width - width
    density = 0.75 / width * (1 - u**2 / width**2)
    disc = np.maximum(0.0, radius**2 - (excess + u) ** 2)
    return np.pi * np.mean(density * disc) * 2 * width


def reflections(preset, strength, wavelength, orientation):
    """Rows (row, col, photons) of all reflections in reach, by a loop over the whole table."""
    basis = reciprocal_cell(preset.cell) @ rotation(np.asarray(orientation)).T
    table = structure_factors(preset)
    size = np.array(table.values.shape)
    top = size - 1 if table.octant else np.array([size[0] - 1, size[1] // 2, size[2] // 2])
    radius, spread = block_radius(preset.cell, preset.blocks), np.deg2rad(preset.mosaic)
    cells = np.prod(preset.blocks)
    fluence = strength * preset.photons / (preset.beam_width * 1e10) ** 2
    found = []
    for hkl in np.ndindex(*(2 * top + 1)):
        h, k, l = (int(i) for i in np.array(hkl) - top)  # noqa: E741
        q = np.array([h, k, l]) @ basis
        length = np.linalg.norm(q)
        if length == 0 or length > preset.q_max:
            continue
        ray = q + [0, 0, 1 / wavelength]
        norm = np.linalg.norm(ray)
        cosine = ray[2] / norm
        width = spread * length * np.sqrt((1 + cosine) / 2) if cosine > -1 else 0.0
        excess = norm - 1 / wavelength
        if cosine < 0.01 or abs(excess) >= width + radius:
            continue
        area = cut_area(excess, width, radius)
        photons = fluence * (RADIUS * cells * wavelength) ** 2 * preset.crystal_scale
        photons *= table.at(h, k, l) * area * (1 + cosine**2) / 2
        place = ray[:2] / ray[2] * preset.distance / preset.pixel
        found.append((place[1] + preset.center[0], place[0] + preset.center[1], photons))
    return np.array(found)
