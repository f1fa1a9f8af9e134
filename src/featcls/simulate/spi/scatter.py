"""Far-field amplitude of bodies on a flat detector, wide angles included. Lengths in nm."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from featcls.simulate.camera import Camera
from featcls.simulate.crystal import rotation
from featcls.simulate.spi.bodies import Body, surface_distance

Array = NDArray[np.float32]
Amplitude = NDArray[np.complex64]


@lru_cache(maxsize=4)
def momentum(camera: Camera) -> Array:
    """Momentum transfer (3, rows, cols) in 1/nm: columns, rows, beam; the Ewald sphere's curve."""
    rows, cols = camera.shape
    row, col = camera.center
    y = ((np.arange(rows) - row) * camera.pixel)[:, None]
    x = ((np.arange(cols) - col) * camera.pixel)[None, :]
    length = np.sqrt(x * x + y * y + camera.distance**2)
    k = wave_number(camera)
    q = (x / length, y / length, camera.distance / length - 1.0)
    return np.stack([(k * part).astype(np.float32) for part in q])


def wave_number(camera: Camera) -> float:
    """2 pi / wavelength in 1/nm."""
    return 20.0 * np.pi / camera.wavelength


def amplitude(camera: Camera, bodies: list[Body]) -> Amplitude:
    """Coherent sum of the Fourier transforms of bodies, (rows, cols) in nm^3.

    Parameters
    ----------
    camera : Camera
        Wavelength and geometry.
    bodies : list of Body
        Overlapping ones add their densities.

    Returns
    -------
    (rows, cols) complex64 array
        Its square modulus, times the squared density, is the number of electrons squared.
    """
    q = momentum(camera)
    total = np.zeros(camera.shape, np.complex64)
    for body in bodies:
        one = ellipsoid(q, body) if body.kind == "ellipsoid" else slices(camera, body)
        phase = np.tensordot(np.array(body.at, np.float32), q, axes=1)
        total += np.float32(body.contrast) * one * np.exp(np.complex64(-1j) * phase)
    return total


def ellipsoid(q: Array, body: Body) -> Array:
    """Amplitude of a centred ellipsoid: 3 V (sin u - u cos u) / u^3, u = |axes . q|."""
    own = np.tensordot(rotation(np.array(body.turn)).T.astype(np.float32), q, axes=1)
    scaled = own * np.array(body.axes, np.float32)[:, None, None]
    u = np.sqrt(np.square(scaled).sum(axis=0))
    small = u < 0.1
    safe = np.where(small, np.float32(1.0), u)
    value = 3.0 * (np.sin(safe) - safe * np.cos(safe)) / safe**3
    value = np.where(small, 1.0 - u * u / 10.0, value)
    return np.asarray(body.volume * value, np.float32)


def slices(camera: Camera, body: Body) -> Array:
    """Amplitude of a centred body by a multi-slice Fourier transform.

    The turned body is cut into voxels with soft edges; slices across the beam are transformed one
    by one and summed with the phase of their depth, then looked up along the Ewald sphere. The
    bodies are the same about their centre: one half is transformed, and the sum is real.
    """
    from scipy import fft, ndimage

    k = wave_number(camera)
    extent = 2.1 * body.reach
    n = max(48, int(np.ceil(1.05 * extent * k * np.sin(camera.widest) / np.pi)) + 4) // 2 * 2
    voxel = extent / n
    size = fft.next_fast_len(6 * n)
    # Layers as thick as a phase of one radian allows.
    group = max(1, int(1.0 / (k * (1.0 - np.cos(camera.widest)) * voxel)))
    depth, density = _layers(body, n, voxel, group)
    across = 2.0 * np.pi * np.fft.fftfreq(size, voxel)
    flat2 = across[:, None] ** 2 + across[None, :] ** 2
    along = (np.sqrt(np.maximum(k * k - flat2, 0.0)) - k).astype(np.float32)
    middle = np.exp(1j * across * voxel * (n - 1) / 2.0).astype(np.complex64)
    total = np.zeros((size, size), np.float32)
    for z, layer in zip(depth, density, strict=True):
        one = fft.fft(fft.fft(layer, size, axis=1) * middle, size, axis=0) * middle[:, None]
        total += one.real * np.cos(z * along) + one.imag * np.sin(z * along)
    # A soft edge is a box along the normal of the surface, a layer one along the beam.
    total *= np.sinc(group * voxel * along / (2.0 * np.pi))
    total /= np.sinc(voxel * np.sqrt(flat2 + along**2) / (2.0 * np.pi)).astype(np.float32)
    total = fft.fftshift(total) * np.float32(2.0 * voxel**3)
    q = momentum(camera)
    place = np.stack([q[1], q[0]]) / np.float32(2.0 * np.pi / (size * voxel)) + size // 2
    return np.asarray(ndimage.map_coordinates(total, place, order=3), np.float32)


def _layers(body: Body, n: int, voxel: float, group: int) -> tuple[Array, Array]:
    """Depths (m,) and occupancies (m, n, n) of the half behind the centre, `group` voxels deep."""
    line = (np.arange(n) - (n - 1) / 2.0) * voxel
    half = line[n // 2 :]
    z, y, x = np.meshgrid(half, line, line, indexing="ij")
    points = np.stack([x, y, z], axis=-1) @ rotation(np.array(body.turn))
    filled = np.clip(0.5 - surface_distance(body, points) / voxel, 0.0, 1.0)
    starts = np.arange(0, len(half), group)
    depth = np.add.reduceat(half, starts) / np.diff(np.append(starts, len(half)))
    return depth.astype(np.float32), np.add.reduceat(filled, starts).astype(np.float32)
