"""CrystFEL geometry files (`.geom`): panels, bad regions, flag values, masks.

Read as `man crystfel_geometry` describes them: `key = value`, `panel/key = value`, keys without a
panel being the default of the panels after them.
"""

import math
import re
from collections.abc import Iterator
from contextlib import contextmanager

from featcls.detector.geom import BadRegion, Geom, MaskSource
from featcls.detector.panels import Panel
from featcls.detector.text import read_text
from featcls.errors import DataError
from featcls.geometry import Geometry

EV_METRES = 1.239841984e-6  # photon energy times wavelength
_TERM = re.compile(r"([+-]?)\s*(\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+)?\s*\*?\s*([xyz])")
_GROUPS = ("rigid_group", "group")
UNITS = {"mm": 1e-3, "m": 1.0, "a": 1e-10, "ev": 1.0, "kev": 1e3, "mev": 1e6}
TRUE = ("1", "true")
LIMITS = ("flag_lessthan", "flag_morethan", "flag_equal")


def read_geom(path: str) -> Geom:
    """Read a geometry file.

    Raises
    ------
    DataError
        Not a geometry file, or one that cannot be meant.
    """
    return parse_geom(read_text(path, "a CrystFEL .geom file"), path)


def parse_geom(text: str, path: str = "geometry") -> Geom:
    """Parse the text of a geometry file.

    Examples
    --------
    >>> geom = parse_geom('''
    ... photon_energy = 9000 eV
    ... clen = 0.1
    ... res = 10000
    ... p0/min_fs = 0
    ... p0/max_fs = 9
    ... p0/min_ss = 0
    ... p0/max_ss = 4
    ... p0/corner_x = -5
    ... p0/corner_y = -2.5
    ... p0/fs = +1.0x
    ... p0/ss = +1.0y
    ... ''')
    >>> geom.panels[0].shape, geom.geometry.pixel_size, geom.geometry.distance
    ((5, 10), 0.0001, 0.1)
    """
    found = _Found(path)
    for number, line in enumerate(text.splitlines(), 1):
        line = line.partition(";")[0].strip()
        if not line:
            continue
        key, equals, value = (part.strip() for part in line.partition("="))
        if not equals or not key:
            raise found.error(f"line {number} is {line[:60]!r}", "write key = value")
        found.take(key, value)
    return found.geom()


class _Found:
    """The keys of a file so far."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.defaults: dict[str, str] = {}
        self.panels: dict[str, dict[str, str]] = {}
        self.regions: dict[str, dict[str, str]] = {}

    def error(self, what: str, remedy: str = "correct the file") -> DataError:
        return DataError(f"geometry {self.path}: {what}", remedy)

    def take(self, key: str, value: str) -> None:
        owner, slash, name = key.rpartition("/")
        if key.startswith(_GROUPS) and not slash:
            return
        if not slash:
            self.defaults[key] = value
        elif owner.startswith("bad"):
            self.regions.setdefault(owner, {})[name] = value
        else:
            # A panel takes the defaults as they stand where it is first named.
            self.panels.setdefault(owner, dict(self.defaults))[name] = value

    @contextmanager
    def checking(self, place: str) -> Iterator[None]:
        """Turn what a number or a missing key raises into an error that names the place."""
        try:
            yield
        except KeyError as error:
            raise self.error(f"{place} has no {error.args[0]}") from None
        except (ValueError, OverflowError, ZeroDivisionError) as error:
            raise self.error(f"{place}: {error}") from None

    def geom(self) -> Geom:
        if not self.panels:
            raise self.error("it names no panel", "give a CrystFEL .geom file")
        panels, edge, flags = [], {}, {}
        for name, keys in self.panels.items():
            with self.checking(f"panel {name}"):
                panels.append(_panel(name, keys))
                edge[name] = int(keys.get("mask_edge_pixels", 0))
                flags[name] = {limit: float(keys[limit]) for limit in LIMITS if limit in keys}
        if len({len(panel.place) for panel in panels}) > 1:
            raise self.error("its panels have different numbers of dimensions (dimN)")
        first = {**self.defaults, **next(iter(self.panels.values()))}
        with self.checking("res, clen, photon_energy or wavelength"):
            geometry = _geometry(first)
        with self.checking("masks"):
            masks = list(_masks(first))
        regions = [self._region(name, keys) for name, keys in self.regions.items()]
        off = {name for name, keys in self.panels.items() if keys.get("no_index") in TRUE}
        return Geom(tuple(panels), geometry, regions, off, edge, flags, masks)

    def _region(self, name: str, keys: dict[str, str]) -> BadRegion:
        with self.checking(f"region {name}"):
            x, y, fs, ss = (
                (float(keys[f"min_{axis}"]), float(keys[f"max_{axis}"]))
                if {f"min_{axis}", f"max_{axis}"} <= keys.keys()
                else None
                for axis in ("x", "y", "fs", "ss")
            )
        if (fs is None or ss is None) == (x is None or y is None):
            raise self.error(
                f"region {name} has {', '.join(keys)}",
                "give min_fs, max_fs, min_ss, max_ss (and panel), or min_x, max_x, min_y, max_y",
            )
        panel = keys.get("panel", "")
        if panel and panel not in self.panels:
            raise self.error(f"region {name} names panel {panel}, which is not there")
        return BadRegion(name, panel, ss, fs, x, y)


def _masks(keys: dict[str, str]) -> Iterator[MaskSource]:
    """Give the stored masks, at most eight; those without a number are the old form."""
    names = [("mask", "mask_file", "mask_good", "mask_bad")]
    names += [
        (f"mask{i}_data", f"mask{i}_file", f"mask{i}_goodbits", f"mask{i}_badbits")
        for i in range(8)
    ]
    for data, file, good, bad in names:
        if data in keys:
            bits = (int(keys.get(name, "0"), 0) for name in (good, bad))
            yield MaskSource(keys[data], keys.get(file, ""), *bits)


def _panel(name: str, keys: dict[str, str]) -> Panel:
    """Make a panel of its keys; KeyError names one that is missing."""
    rows = int(float(keys["min_ss"])), int(float(keys["max_ss"]))
    cols = int(float(keys["min_fs"])), int(float(keys["max_fs"]))
    if min(rows[0], cols[0]) < 0 or rows[1] < rows[0] or cols[1] < cols[0]:
        raise ValueError(f"it has rows {rows} and columns {cols}")
    corner = float(keys["corner_x"]), float(keys["corner_y"])
    if not all(map(math.isfinite, corner)):
        raise ValueError(f"its corner is {corner}")
    axes = (keys.get(f"dim{i}", "%") for i in range(8))
    place = tuple(int(axis) for axis in axes if axis not in ("%", "ss", "fs"))
    fs, ss = (vector(keys.get(axis, default)) for axis, default in (("fs", "x"), ("ss", "y")))
    return Panel(name, rows, cols, corner, fs, ss, place)


def _geometry(keys: dict[str, str]) -> Geometry:
    """Take the lengths of the first panel: the map of q is that of one flat detector."""
    pixel = 1 / float(keys["res"]) if "res" in keys else None
    distance = _quantity(keys.get("clen", "/"), "m")
    if distance is not None:
        distance += float(keys.get("coffset", 0))
    wavelength = _quantity(keys.get("wavelength", "/"), "m")
    if energy := _quantity(keys.get("photon_energy", "/"), "ev"):
        wavelength = EV_METRES / energy
    return Geometry(None, pixel, distance, wavelength)


def vector(text: str) -> tuple[float, float]:
    """Read a direction; z is left out.

    Examples
    --------
    >>> vector("-0.5x +.25y"), vector("x - 2y")
    ((-0.5, 0.25), (1.0, -2.0))
    """
    parts = dict.fromkeys("xyz", 0.0)
    rest = text.replace(" ", "")
    if not rest or _TERM.sub("", rest):
        raise ValueError(f"{text!r} is no direction such as +1.0x -0.5y")
    for sign, number, axis in _TERM.findall(rest):
        parts[axis] += float(f"{sign}{number or 1}")
    return parts["x"], parts["y"]


def _quantity(text: str, unit: str) -> float | None:
    """Metres or electronvolts; None for the name of a data set that holds the number."""
    if text.startswith("/"):
        return None
    number, _, stated = text.partition(" ")
    stated = stated.strip().lower() or unit
    if stated not in UNITS:
        raise ValueError(f"{text!r} has a unit that is not one of {', '.join(UNITS)}")
    return float(number) * UNITS[stated]
