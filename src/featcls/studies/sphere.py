"""What the rings of a single particle say, for the study `spi-single-hit` alone."""

import numpy as np
from numpy.typing import NDArray

from featcls.errors import UsageError
from featcls.extractors.base import Extractor, Vector
from featcls.frame import Frame
from featcls.geometry import Geometry
from featcls.hookspecs import RegisterStep, hookimpl
from featcls.kernels.polar import ring_radii
from featcls.preprocess.rings import Grid, rings_of
from featcls.spaces import Choice

featcls_api = 1

Array = NDArray[np.float64]

HOLE = 12.0  # pixels about the beam that are not looked at
WIDEST = 61.0  # and those farther away: half of 123 rows
RINGS, ANGLES = 24, 64
SIZES = np.arange(30.0, 130.5, 0.5)  # nm


class SphereSize(Extractor):
    """Diameter of the sphere whose scattering a frame's radial profile is nearest to.

    For each diameter from 30 to 130 nm the form factor of a homogeneous sphere, times a factor
    and with a constant added, is fitted to the means of the rings, each weighed by its inverse
    square: a fringe far out counts as much as one close to the beam. The diameter with the least
    rest is the size. A frame without a valid ring, or that no sphere fits better than a
    constant, has the size 0.

    Raises
    ------
    UsageError
        The frame does not know its pixel size, distance and wavelength.

    References
    ----------
    Size filtering as in Assalauova et al. (2020), doi:10.1107/S2052252520012798.

    Examples
    --------
    >>> at = Geometry((61.0, 61.0), 75e-6, 0.130, 7.29e-10)
    >>> q = at.q_map((123, 123)) * 1e-9
    >>> frame = Frame(1e4 * form_factor(q, 70.0) + 2.0, geometry=at)
    >>> SphereSize().extract(frame)[0].tolist()
    70.0
    """

    def feature_names(self) -> list[str]:
        """`size` (nm) and the `explained` share of the profile's weighed variance."""
        return ["size", "explained"]

    def extract(self, frame: Frame) -> Vector:
        """Fit spheres to the radial profile of a frame."""
        values, weights = rings_of(frame, Grid(2 * RINGS, ANGLES, HOLE, WIDEST))
        share = weights.sum(axis=1, dtype=np.float64)
        some = share > 0
        if not some.any():
            return np.zeros(2)
        profile = (values * weights).sum(axis=1, dtype=np.float64)[some] / share[some]
        q = _momentum(frame)[some]
        weight = np.maximum(np.abs(profile), 1e-3 * np.abs(profile).max() + 1e-12) ** -2.0
        shapes = form_factor(q, SIZES[:, None])
        explained = _explained(shapes, profile, weight)
        best = int(np.argmax(explained))
        return np.array([SIZES[best] * (explained[best] > 0), max(explained[best], 0.0)])


class RingPhotons(Extractor):
    """Photons on rings about the beam, at even angles: what `poisson_em` takes.

    Parameters
    ----------
    offset, gain : float
        Counts without light, and counts of a photon.

    Examples
    --------
    A ring's points share out its area, here 2 pi x 13.02 x 2.04 pixels of a photon each.

    >>> frame = Frame(np.full((123, 123), 3.0), geometry=Geometry((61.0, 61.0)))
    >>> RingPhotons(offset=1.0, gain=2.0).extract(frame)[: ANGLES].sum().round(1).tolist()
    167.0
    """

    def __init__(self, offset: float = 0.0, gain: float = 1.0) -> None:
        self.offset = offset
        self.gain = gain

    def feature_names(self) -> list[str]:
        """`photons_<ring>_<angle>`."""
        return [f"photons_{ring}_{angle}" for ring in range(RINGS) for angle in range(ANGLES)]

    def extract(self, frame: Frame) -> Vector:
        """Return the photons of each point; 0 where it is masked."""
        values, _ = rings_of(frame, _GRID)
        photons = np.maximum((values.astype(np.float64) - self.offset) / self.gain, 0.0)
        return np.ravel(photons * exposure(frame))


_GRID = Grid(RINGS, ANGLES, HOLE, WIDEST)


def exposure(frame: Frame) -> Array:
    """Return how many valid pixels each point of the rings stands for, (RINGS, ANGLES)."""
    _, weights = rings_of(frame, _GRID)
    radii = ring_radii(RINGS, WIDEST, r_min=HOLE)
    area = 2 * np.pi * radii / ANGLES * (WIDEST - HOLE) / RINGS
    return np.asarray(weights * area[:, None], np.float64)


def form_factor(q: Array, diameter: float | Array) -> Array:
    """Return the intensity of a homogeneous sphere, 1 in forward direction.

    Parameters
    ----------
    q : array
        Momentum transfer in 1/nm.
    diameter : float or array
        nm.

    Examples
    --------
    The first minimum is where u = q d / 2 is 4.493.

    >>> bool(form_factor(np.array([4.4934]), 2.0)[0] < 1e-9)
    True
    """
    u = np.maximum(np.asarray(q * diameter / 2, np.float64), 1e-3)
    return np.asarray((3 * (np.sin(u) - u * np.cos(u)) / u**3) ** 2)


def _momentum(frame: Frame) -> Array:
    """Return the momentum transfer of the rings in 1/nm."""
    geometry = frame.geometry or Geometry()
    pixel, distance, wavelength = geometry.pixel_size, geometry.distance, geometry.wavelength
    if pixel is None or distance is None or wavelength is None:
        raise UsageError(
            "the size of a particle needs pixel size, distance and wavelength of the frame",
            "give them with the data: a CXI file holds them",
        )
    angle = np.arctan2(ring_radii(2 * RINGS, WIDEST, r_min=HOLE) * pixel, distance)
    return np.asarray(4 * np.pi * np.sin(angle / 2) / (wavelength * 1e9))


def _explained(shapes: Array, profile: Array, weight: Array) -> Array:
    """Return the share of the profile's variance that each shape explains, 0 where inverted."""
    weight = weight / weight.sum()
    varied = profile - weight @ profile
    shapes = shapes - (shapes @ weight)[:, None]
    common = shapes @ (weight * varied)
    scale = (shapes**2 @ weight) * (weight @ varied**2)
    return np.where((common > 0) & (scale > 0), common**2 / np.where(scale > 0, scale, 1.0), 0.0)


@hookimpl
def register_extractors(register: RegisterStep) -> None:
    """Register both, for those who name this module."""
    register("sphere_size", SphereSize)
    register("ring_photons", RingPhotons, params={"offset": Choice(0.0), "gain": Choice(1.0)})
