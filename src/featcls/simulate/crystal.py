"""Unit cell and orientation of the simulated crystal."""

import numpy as np
from numpy.typing import NDArray

from featcls.errors import UsageError

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


def reciprocal_cell(cell: tuple[float, ...]) -> Array:
    """a*, b*, c* as rows (1/angstrom) of a crystal with a along x and b in the xy plane.

    Parameters
    ----------
    cell : (a, b, c, alpha, beta, gamma)
        Angstrom and degrees.

    Raises
    ------
    UsageError
        No cell has such edges and angles.

    Examples
    --------
    >>> reciprocal_cell((2.0, 4.0, 5.0, 90.0, 90.0, 90.0)).diagonal().round(6).tolist()
    [0.5, 0.25, 0.2]
    """
    a, b, c = cell[:3]
    cos_a, cos_b, cos_g = np.cos(np.deg2rad(cell[3:]))
    sin_g = np.sqrt(1.0 - cos_g**2)
    squared = 1.0 - cos_a**2 - cos_b**2 - cos_g**2 + 2.0 * cos_a * cos_b * cos_g
    if min(a, b, c) <= 0 or not squared > 1e-6 or max(cell[3:]) >= 180 or min(cell[3:]) <= 0:
        raise UsageError(f"no unit cell has edges and angles {cell}")
    edges = np.array(
        [
            [a, 0.0, 0.0],
            [b * cos_g, b * sin_g, 0.0],
            [c * cos_b, c * (cos_a - cos_b * cos_g) / sin_g, c * np.sqrt(squared) / sin_g],
        ]
    )
    return np.asarray(np.linalg.inv(edges).T)


def block_radius(cell: tuple[float, ...], blocks: tuple[int, int, int]) -> float:
    """Radius (1/angstrom) of a reflection of one mosaic block: a top hat of 0.63 / size.

    Examples
    --------
    >>> round(block_radius((10.0, 10.0, 10.0, 90.0, 90.0, 90.0), (10, 10, 10)), 6)
    0.0063
    """
    volume = np.prod(blocks) / np.linalg.det(reciprocal_cell(cell))
    return float(0.63 / volume ** (1.0 / 3.0))


def domain_rotations(n: int, largest: float) -> Array:
    """Rotations (n, 3, 3) whose vectors fill a ball of radius `largest` (radians) evenly.

    The same for every crystal: directions from a golden spiral, angles from a second sequence.
    """
    place = np.arange(n) + 0.5
    height = 1.0 - 2.0 * place / n
    turn = np.pi * (1.0 + np.sqrt(5.0)) * place
    flat = np.sqrt(1.0 - height**2)
    axis = np.stack([flat * np.cos(turn), flat * np.sin(turn), height], axis=1)
    half = largest * np.modf(place * np.sqrt(2.0))[0] ** (1.0 / 3.0) / 2.0
    quaternions = np.column_stack([np.cos(half), np.sin(half)[:, None] * axis])
    return np.stack([rotation(quaternion) for quaternion in quaternions])
