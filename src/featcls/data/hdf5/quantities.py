"""Numbers with units, as NeXus writes them, in metres and joule."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featcls.data.hdf5.find import attribute

LENGTHS = {
    **dict.fromkeys(("m", "meter", "meters", "metre", "metres"), 1.0),
    "cm": 1e-2,
    **dict.fromkeys(("mm", "millimeter", "millimeters", "millimetre"), 1e-3),
    **dict.fromkeys(("um", "\u00b5m", "\u03bcm", "micron", "micrometer", "micrometre"), 1e-6),
    **dict.fromkeys(("nm", "nanometer", "nanometers"), 1e-9),
    **dict.fromkeys(("a", "\u00e5", "ang", "angstrom", "angstroms"), 1e-10),
    "pm": 1e-12,
}
ELECTRONVOLT = 1.602176634e-19  # joule
ENERGIES = {
    **dict.fromkeys(("j", "joule"), 1.0),
    "ev": ELECTRONVOLT,
    "kev": 1e3 * ELECTRONVOLT,
    "mev": 1e6 * ELECTRONVOLT,
}
PIXELS = ("pixel", "pixels", "px")
MAX_VALUES = 10**7

Values = NDArray[np.float64]


def values_of(dataset: Any) -> Values | None:
    """All values of a small data set of numbers, flat; None if it is none."""
    if dataset is None or dataset.dtype.kind not in "iuf" or not 0 < dataset.size <= MAX_VALUES:
        return None
    return np.asarray(dataset[()], np.float64).ravel()


def unit_of(dataset: Any) -> str:
    """Return the unit in small letters; empty where none is written."""
    return attribute(dataset, "units").strip().lower()


def in_si(
    dataset: Any, units: Mapping[str, float], notes: list[str], usual: str = ""
) -> Values | None:
    """Values in SI units; None, and a note, where the unit is not known.

    Parameters
    ----------
    dataset : h5py.Dataset or None
    units : mapping of str to float
        `LENGTHS` or `ENERGIES`.
    notes : list of str
        What was left out, and why, is added here.
    usual : str
        The unit where none is written.
    """
    values = values_of(dataset)
    if values is None:
        return None
    unit = unit_of(dataset) or usual
    if unit not in units:
        name = dataset.name.rpartition("/")[2]
        notes.append(f"{name} is left out: it has {f'the unit {unit}' if unit else 'no unit'}")
        return None
    return values * units[unit]


def pick(values: Values | None, frame: int, n: int) -> float | None:
    """Value of a frame, of one for all or one for each; None where it is no positive number.

    Examples
    --------
    >>> pick(np.array([0.1, 0.2]), 1, 2), pick(np.array([0.1]), 1, 2), pick(np.array([0.0]), 1, 2)
    (0.2, 0.1, None)
    """
    if values is None or len(values) not in (1, n):
        return None
    value = float(values[0 if len(values) == 1 else frame])
    return value if math.isfinite(value) and value > 0 else None
