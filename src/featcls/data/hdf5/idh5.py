"""Geometry of files of CXIDB 76, the images of a run in chunks.

Lengths are in mm and the wavelength in Angstrom, as dxtbx has them, with the beam from the
corner of the first pixel; all this is taken from the reading script that Ke et al. (2018),
doi:10.1107/S1600577518004873, published beside the files.
"""

from typing import Any

import numpy as np

from featcls.data.hdf5.find import chunks
from featcls.data.hdf5.links import LinkedFiles
from featcls.data.hdf5.quantities import Values, values_of

MM, ANGSTROM = 1e-3, 1e-10


def center(files: LinkedFiles) -> tuple[float, float] | None:
    """Row and column of the beam, from the centre of the first pixel."""
    size = _one(files, "PIXEL_SIZE")
    x, y = (_one(files, f"BEAM_CENTER_{axis}") for axis in "XY")
    if x is None or y is None or not size:
        return None
    return y / size - 0.5, x / size - 0.5


def pixel_size(files: LinkedFiles) -> Values | None:
    """In metres."""
    size = _one(files, "PIXEL_SIZE")
    return None if size is None else np.array([size * MM])


def of_shots(files: LinkedFiles, name: str, unit: float) -> Values | None:
    """Return `distance` or `wavelength` of all images, in metres; None if any chunk has none."""
    columns = [
        values_of(files.find(path.replace("/images", f"/{name}"))) for path in chunks(files)
    ]
    known = [column for column in columns if column is not None]
    return np.concatenate(known) * unit if known and len(known) == len(columns) else None


def _one(files: LinkedFiles, name: str) -> float | None:
    values: Any = values_of(files.find(f"/metadata/{name}"))
    return None if values is None or len(values) != 1 else float(values[0])
