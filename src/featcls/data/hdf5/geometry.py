"""Geometry that HDF5 files hold, as `featcls.geometry.Geometry`."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from featcls.data.hdf5 import idh5
from featcls.data.hdf5.detector import Detector
from featcls.data.hdf5.find import chunks
from featcls.data.hdf5.links import LinkedFiles
from featcls.data.hdf5.quantities import (
    ENERGIES,
    LENGTHS,
    PIXELS,
    Values,
    in_si,
    pick,
    unit_of,
    values_of,
)
from featcls.geometry import PLANCK_LIGHT, Geometry

BEAMS = ("instrument/beam", "sample/beam", "instrument/monochromator")


@dataclass(frozen=True)
class Geometries:
    """Geometry of each of the frames of a data set.

    Parameters
    ----------
    centers : (float, float) for each panel, or None
        Row and column of the beam; 0 is the centre of the first pixel.
    pixel_size, distance, wavelength : (1,) or (n_frames,) array of float64, or None
        Metres.
    notes : tuple of str
        What the file says and was not used, and why.
    """

    centers: tuple[tuple[float, float], ...] | None
    pixel_size: Values | None
    distance: Values | None
    wavelength: Values | None
    notes: tuple[str, ...]

    def at(self, shot: int, n: int, panel: int | None = 0) -> Geometry | None:
        """Return the geometry of a shot of n; None where nothing is known.

        `panel` is None for an image of several panels, which has no one beam centre.
        """
        center = None
        if self.centers is not None and panel is not None and panel < len(self.centers):
            center = self.centers[panel]
        numbers = [pick(x, shot, n) for x in (self.pixel_size, self.distance, self.wavelength)]
        return None if center is None and not any(numbers) else Geometry(center, *numbers)


def geometries(detector: Detector) -> Geometries:
    """Read what a file says of the geometry of one of its data sets."""
    if chunks(detector.files):
        return _idh5(detector.files)
    return _cxi(detector) if detector.cxi else _nexus(detector)


def _idh5(files: LinkedFiles) -> Geometries:
    """CXIDB 76, with a distance and wavelength for each image."""
    center = idh5.center(files)
    distance = idh5.of_shots(files, "distance", idh5.MM)
    wavelength = idh5.of_shots(files, "wavelength", idh5.ANGSTROM)
    centers = None if center is None else (center,)
    return Geometries(centers, idh5.pixel_size(files), distance, wavelength, ())


def _nexus(detector: Detector) -> Geometries:
    """NXmx; every unit must be stated.

    NXmx does not say which point of a pixel `beam_center_x` counts from. It is taken as dxtbx
    and DECTRIS take it: borders of pixels are whole numbers, so that ours are 0.5 less.
    """
    notes: list[str] = []
    sizes = [in_si(detector.get(f"{axis}_pixel_size"), LENGTHS, notes) for axis in "yx"]
    center = [
        _in_pixels(detector.get(f"beam_center_{axis}"), size, notes)
        for axis, size in zip("yx", sizes, strict=True)
    ]
    distance = in_si(detector.get("detector_distance", "distance"), LENGTHS, notes)
    row, col = center
    centers = None if row is None or col is None else ((row - 0.5, col - 0.5),)
    return Geometries(
        centers, _square(sizes, notes), distance, _of_beam(detector, notes), (*notes,)
    )


def _in_pixels(dataset: Any, size: Values | None, notes: list[str]) -> float | None:
    """Beam centre in pixels, from pixels or a length."""
    if dataset is not None and unit_of(dataset) in PIXELS:
        values = values_of(dataset)
    else:
        values = in_si(dataset, LENGTHS, notes)
        side = pick(size, 0, 1)
        values = None if values is None or side is None else values / side
    value = math.nan if values is None or len(values) != 1 else float(values[0])
    return value if math.isfinite(value) else None


def _square(sizes: list[Values | None], notes: list[str]) -> Values | None:
    y, x = sizes
    if y is None or x is None:
        return None
    if not np.allclose(y, x, rtol=1e-4):
        notes.append("pixels that are not square are left out")
        return None
    return y


def _of_beam(detector: Detector, notes: list[str]) -> Values | None:
    names = ("incident_wavelength", "wavelength")
    found = detector.of_entry(*(f"{beam}/{name}" for name in names for beam in BEAMS))
    wavelength = in_si(found, LENGTHS, notes)
    if wavelength is not None:
        return wavelength
    names = ("incident_energy", "energy")
    energy = in_si(
        detector.of_entry(*(f"{beam}/{name}" for name in names for beam in BEAMS))
        or detector.get("detectorSpecific/photon_energy", "photon_energy"),
        ENERGIES,
        notes,
    )
    return _wavelength(energy)


def _wavelength(energy: Values | None) -> Values | None:
    if energy is None:
        return None
    return np.divide(PLANCK_LIGHT, energy, out=np.zeros_like(energy), where=energy > 0)


def _cxi(detector: Detector) -> Geometries:
    """CXI, all in SI units: corners of panels, or the beam centre that our simulator writes.

    The simulator's `beam_center_x` and `beam_center_y` are in pixels from the centre of the
    first one.
    """
    notes: list[str] = []
    sizes = [in_si(detector.get(f"{axis}_pixel_size"), LENGTHS, notes, "m") for axis in "yx"]
    distance = in_si(detector.get("distance"), LENGTHS, notes, "m")
    energy = in_si(detector.of_entry("instrument_1/source_1/energy"), ENERGIES, notes, "j")
    centers = _corners(detector, sizes)
    own = [values_of(detector.get(f"beam_center_{axis}")) for axis in "yx"]
    if centers is None and own[0] is not None and own[1] is not None:
        centers = ((float(own[0][0]), float(own[1][0])),)
    return Geometries(centers, _square(sizes, notes), distance, _wavelength(energy), (*notes,))


def _corners(
    detector: Detector, sizes: list[Values | None]
) -> tuple[tuple[float, float], ...] | None:
    """Where the beam (x = y = 0) meets each panel, from the corner of its first pixel.

    Without `basis_vectors` rows run down and columns to the right as the beam sees it, that is
    along -y and -x of CXI.
    """
    corners = values_of(detector.get("corner_position", "corner_positions"))
    y, x = (pick(size, 0, 1) for size in sizes)
    if corners is None or corners.size % 3 or y is None or x is None:
        return None
    corners = corners.reshape(-1, 3)
    vectors = values_of(detector.get("basis_vectors"))
    if vectors is None:
        vectors = np.array([0, -y, 0, -x, 0, 0])
    if vectors.size not in (6, 6 * len(corners)):
        return None
    basis = np.broadcast_to(vectors.reshape(-1, 2, 3), (len(corners), 2, 3))
    # corner + row * slow + col * fast = 0 in x and y.
    try:
        at = np.linalg.solve(basis[:, :, :2].swapaxes(1, 2), -corners[:, :2, None])[..., 0] - 0.5
    except np.linalg.LinAlgError:
        return None
    return tuple((float(row), float(col)) for row, col in at)
