"""pyFAI geometry files (`.poni`), versions 1 and 2."""

import json
import math

from featcls.detector.text import read_text
from featcls.errors import DataError
from featcls.geometry import Geometry


def read_poni(path: str) -> Geometry:
    """Read a `.poni` file.

    Raises
    ------
    DataError
        Not such a file, or a number is missing.
    """
    return parse_poni(read_text(path, "a pyFAI .poni file"), path)


def parse_poni(text: str, path: str = "poni") -> Geometry:
    """Parse the text of a `.poni` file.

    pyFAI counts metres from the outer corner of the first pixel, along rows (1) and columns (2),
    to the foot of the perpendicular from the sample. A tilt moves the beam away from that foot
    by distance tan(rot2) / cos(rot1) and -distance tan(rot1) (its rotations are left-handed);
    apart from that it is left out: q is that of a detector across the beam.

    Examples
    --------
    >>> geometry = parse_poni('''
    ... PixelSize1: 1e-4
    ... PixelSize2: 1e-4
    ... Distance: 0.2
    ... Poni1: 0.01
    ... Poni2: 0.02
    ... Wavelength: 1e-10
    ... ''')
    >>> geometry.beam_center
    (99.5, 199.5)
    """
    keys: dict[str, str] = {}
    for line in text.splitlines():
        name, colon, value = line.partition(":")
        if colon and not name.startswith("#"):
            keys[name.strip().lower()] = value.strip()  # later blocks are newer
    try:
        return _geometry(keys)
    except KeyError as error:
        raise DataError(f"{path} has no {error.args[0]}", "give a pyFAI .poni file") from None
    except (ValueError, TypeError, AttributeError, ZeroDivisionError) as error:
        raise DataError(f"{path} cannot be meant: {error}", "correct the file") from None


def _geometry(keys: dict[str, str]) -> Geometry:
    config = json.loads(keys.get("detector_config") or "{}")
    size1, size2 = (
        float(config.get(f"pixel{i}") or keys.get(f"pixelsize{i}") or keys[f"pixelsize{i}"])
        for i in (1, 2)
    )
    if not math.isclose(size1, size2, rel_tol=1e-3):
        raise ValueError(f"its pixels are {size1} x {size2} m; wanted square ones")
    distance, foot1, foot2 = (float(keys[name]) for name in ("distance", "poni1", "poni2"))
    rot1, rot2 = (float(keys.get(name, 0)) for name in ("rot1", "rot2"))
    row = (foot1 + distance * math.tan(rot2) / math.cos(rot1)) / size1 - 0.5
    col = (foot2 - distance * math.tan(rot1)) / size2 - 0.5
    wavelength = float(keys.get("wavelength", 0)) or None
    along_beam = distance / (math.cos(rot1) * math.cos(rot2))
    return Geometry((row, col), size1, along_beam, wavelength)
