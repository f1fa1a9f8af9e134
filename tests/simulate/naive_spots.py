"""Bragg spots: which reflections are lit, how strongly, and where they fall.

A crystal block is a ball of radius 0.63 / L in reciprocal space (a top hat with the volume of the
grating function); mosaic spread turns it by rotation vectors uniform in a ball. Both make closed
forms: see Kirian et al. (2010), doi:10.1364/OE.18.005713, for the intensity.
"""

import numpy as np
from numpy.typing import NDArray

from featcls.simulate.background import CLASSICAL_RADIUS
from featcls.simulate.crystal import rotation, structure_factors
from featcls.simulate.presets import Preset

Array = NDArray[np.float64]


def reciprocal_rows(preset: Preset, orientation: Array) -> Array:
    """a*, b*, c* in the laboratory as rows (1/angstrom); the beam runs along z."""
    return np.diag(1.0 / np.asarray(preset.cell)) @ rotation(orientation).T


def ball_radius(preset: Preset) -> float:
    """Radius (1/angstrom) of a reflection of one mosaic block."""
    volume = float(np.prod(preset.cell) * np.prod(preset.blocks))
    return float(0.63 / volume ** (1.0 / 3.0))


def cut_area(excess: Array, width: Array, radius: float) -> Array:
    """Mean area (1/angstrom^2) in which the Ewald sphere cuts a reflection.

    The ball of `radius` is cut at distance excess + u; u has the density
    3 / (4 w) (1 - u^2 / w^2) on [-w, w] that a uniform ball of rotations gives.

    Examples
    --------
    >>> area = cut_area(np.zeros(1), np.full(1, 1e-9), 2.0)     # no spread: a plain disc
    >>> round(float(area[0] / np.pi), 6)
    4.0
    """
    low = np.maximum(-width, -radius - excess)
    high = np.maximum(np.minimum(width, radius - excess), low)
    # (1 - u^2 / w^2)(r^2 - (e + u)^2) integrated term by term.
    c0, c1, c2 = radius**2 - excess**2, -2.0 * excess, -1.0
    w2 = width**2

    def integral(u: Array) -> Array:
        inner = (c2 - c0 / w2) / 3 - u * (c1 / (4 * w2) + u * c2 / (5 * w2))
        return u * (c0 + u * (c1 / 2 + u * inner))

    return 0.75 * np.pi / width * (integral(high) - integral(low))


def lit_reflections(preset: Preset, basis: Array, wavelength: float) -> NDArray[np.int64]:
    """Miller indices (n, 3) within reach of the Ewald sphere and of the detector's corner."""
    limits = np.asarray(structure_factors(preset).shape) - 1
    h, k = np.meshgrid(*(np.arange(-m, m + 1) for m in limits[:2]), indexing="ij")
    line = np.stack([h.ravel(), k.ravel()], axis=1)
    start = line @ basis[:2] + [0.0, 0.0, 1.0 / wavelength]
    along = basis[2]
    # Thickest excited shell: mosaic spread at the largest q, cos(theta) <= 1.
    reach = np.deg2rad(preset.mosaic) * 2.0 / wavelength + ball_radius(preset)
    a = along @ along
    b = start @ along
    c = np.einsum("ij,ij->i", start, start)
    outer = b * b - a * (c - (1.0 / wavelength + reach) ** 2)
    line, b, c, outer = (value[outer > 0] for value in (line, b, c, outer))
    inner = np.maximum(b * b - a * (c - (1.0 / wavelength - reach) ** 2), 0.0)
    # Two pieces of shell a line, meeting in the middle where the line never leaves it.
    near = np.ceil((-b - np.sqrt(outer)) / a), np.floor((-b - np.sqrt(inner)) / a)
    far = np.floor((-b + np.sqrt(inner)) / a) + 1, np.floor((-b + np.sqrt(outer)) / a)
    first = np.maximum(np.concatenate([near[0], far[0]]), -limits[2]).astype(np.int64)
    last = np.minimum(np.concatenate([near[1], far[1]]), limits[2]).astype(np.int64)
    count = np.maximum(last - first + 1, 0)
    step = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    third = np.repeat(first, count) + step
    return np.column_stack([np.repeat(np.tile(line, (2, 1)), count, axis=0), third])


def spots(preset: Preset, intensity: float, wavelength: float, orientation: Array) -> Array:
    """Expected photons of all Bragg spots of one crystal of volume 1.

    Parameters
    ----------
    preset : Preset
        Beam, crystal and detector.
    intensity : float
        Pulse energy as a multiple of the mean.
    wavelength : float
        Angstrom.
    orientation : (4,) array
        Unit quaternion.

    Returns
    -------
    (rows, cols) float64 array
    """
    basis = reciprocal_rows(preset, orientation)
    hkl = lit_reflections(preset, basis, wavelength)
    radius, wave = ball_radius(preset), 1.0 / wavelength
    q = hkl @ basis
    length = np.linalg.norm(q, axis=1)
    ray = q + [0.0, 0.0, wave]
    norm = np.linalg.norm(ray, axis=1)
    excess = norm - wave
    cos_two_theta = ray[:, 2] / norm
    cos_theta = np.sqrt((1.0 + cos_two_theta) / 2.0)
    turn = np.maximum(np.deg2rad(preset.mosaic) * length, 1e-3 * radius)
    width = turn * cos_theta
    corner = np.hypot(*preset.shape) / 2 * preset.pixel / preset.distance
    keep = (length > 0) & (np.abs(excess) < width + radius)
    keep &= cos_two_theta > np.cos(np.arctan(corner))
    hkl, q, length, ray, excess, cos_two_theta, cos_theta, turn, width = (
        value[keep]
        for value in (hkl, q, length, ray, excess, cos_two_theta, cos_theta, turn, width)
    )
    area = cut_area(excess, width, radius)
    cells = float(np.prod(preset.blocks))
    fluence = intensity * preset.photons / (preset.beam_width * 1e10) ** 2
    photons = (
        fluence
        * (CLASSICAL_RADIUS * 1e10) ** 2
        * (1.0 + cos_two_theta**2)
        / 2.0
        * structure_factors(preset)[tuple(np.abs(hkl).T)]
        * (cells * wavelength) ** 2
        * area
        * preset.crystal_scale
    )
    # Where the rotated reflection meets the sphere: turned by `lean` in the scattering plane.
    lean = -(excess / cos_theta) * width**2 / (width**2 + radius**2)
    tangent = np.column_stack([-q[:, 1], q[:, 0], np.zeros(len(q))])
    tangent /= np.maximum(np.linalg.norm(tangent, axis=1, keepdims=True), 1e-12)
    in_plane = np.cross(tangent, q / length[:, None])
    in_plane *= np.sign(np.einsum("ij,ij->i", in_plane, ray))[:, None]
    centre = ray + lean[:, None] * in_plane
    half = np.sqrt(np.maximum(turn**2 - lean**2, 0.0))
    return _splat(preset, photons, centre, half[:, None] * tangent)


def _splat(preset: Preset, photons: Array, centre: Array, half: Array, nodes: int = 5) -> Array:
    """Lay every spot along its arc of the Debye ring: a semicircle density, bilinear pixels."""
    rows, cols = preset.shape
    turn = np.arange(1, nodes + 1) * np.pi / (nodes + 1)
    weight = np.sin(turn) ** 2 / np.sum(np.sin(turn) ** 2)
    ray = centre[:, None, :] + np.cos(turn)[None, :, None] * half[:, None, :]
    on_plane = ray[..., :2] / ray[..., 2:] * (preset.distance / preset.pixel)
    x = (on_plane[..., 0] + (cols - 1) / 2).ravel()
    y = (on_plane[..., 1] + (rows - 1) / 2).ravel()
    value = (photons[:, None] * weight).ravel()
    inside = (x >= 0) & (x < cols - 1) & (y >= 0) & (y < rows - 1)
    x, y, value = x[inside], y[inside], value[inside]
    left, top = x.astype(np.int64), y.astype(np.int64)
    fx, fy = x - left, y - top
    flat = top * cols + left
    image = np.zeros(rows * cols)
    for step, share in (
        (0, (1 - fy) * (1 - fx)),
        (1, (1 - fy) * fx),
        (cols, fy * (1 - fx)),
        (cols + 1, fy * fx),
    ):
        image += np.bincount(flat + step, value * share, rows * cols)
    return image.reshape(rows, cols)
