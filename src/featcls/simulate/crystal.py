"""Unit cell, orientation and structure factors of the simulated crystal."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from featcls.simulate import draws
from featcls.simulate.presets import Preset

Array = NDArray[np.float64]


def rotation(quaternion: Array) -> Array:
    """Rotation matrix (3, 3) of a unit quaternion (w, x, y, z).

    Examples
    --------
    >>> half_turn_about_z = rotation(np.array([0.0, 0.0, 0.0, 1.0]))
    >>> half_turn_about_z.diagonal().tolist()
    [-1.0, -1.0, 1.0]
    """
    w, x, y, z = quaternion
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )


def finest_spacing(preset: Preset) -> float:
    """Smallest lattice spacing (angstrom) that meets the detector, at its far corner."""
    rows, cols = preset.shape
    radius = np.hypot(rows, cols) / 2 * preset.pixel
    two_theta = np.arctan2(radius, preset.distance)
    shortest = preset.wavelength * (1.0 - 5.0 * preset.wavelength_rms)
    return float(shortest / (2.0 * np.sin(two_theta / 2.0)))


@lru_cache(maxsize=4)
def structure_factors(preset: Preset) -> NDArray[np.float32]:
    """Squared structure factors |F|^2 (electrons^2) of a random protein in P2_1 2_1 2_1.

    Wilson's statistics from a hash of the Miller indices: exponential for acentric reflections,
    chi-squared with one degree of freedom in the centric zones; odd axial reflections are absent.
    A bulk-solvent term weakens the low angles.

    Returns
    -------
    (h + 1, k + 1, l + 1) float32 array
        Indexed by |h|, |k|, |l| (Laue group mmm), to the corner of the detector.
    """
    finest = finest_spacing(preset)
    limits = [int(edge / finest) + 1 for edge in preset.cell]
    h, k, l = np.ogrid[tuple(slice(0, limit + 1) for limit in limits)]  # noqa: E741
    packed: NDArray[np.int64] = (h << 40) | (k << 20) | l
    keys = draws.mix(packed.astype(np.uint64))
    wilson = -np.log(draws.uniform(keys, 0))
    for zone in np.eye(3, dtype=int):
        plane = tuple(0 if axis else slice(None) for axis in zone)
        wilson[plane] = draws.normal(keys[plane], 1) ** 2
        axis_line = tuple(slice(1, None, 2) if axis else 0 for axis in zone)
        wilson[axis_line] = 0.0
    wilson[0, 0, 0] = 0.0
    a, b, c = preset.cell
    s2 = ((h / a) ** 2 + (k / b) ** 2 + (l / c) ** 2) / 4.0
    solvent = (1.0 - 0.75 * np.exp(-200.0 * s2)) ** 2
    falloff = preset.electrons_squared * np.exp(-2.0 * preset.b_factor * s2) * solvent
    return (wilson * falloff).astype(np.float32)
