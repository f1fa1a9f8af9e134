"""Small tables of what the simulator gives, kept in reference.json beside this file.

They hold the formulas still: a change that moves them needs a reason, a new preset version, and
`python tests/simulate/reference.py`, which writes them anew.
"""

import json
from pathlib import Path

import numpy as np

from featcls.simulate import counts, find_preset
from featcls.simulate.background import air_curve, form_factor, ice_curve, water_curve
from featcls.simulate.detector import point_spread
from featcls.simulate.detectors import DETECTORS
from featcls.simulate.render import expected_light
from featcls.simulate.shots import draw_shots
from featcls.simulate.spi.render import draw_flights
from featcls.simulate.spi.render import expected_light as spi_light
from featcls.simulate.spots import expose
from featcls.simulate.structure import structure_factors

STORED = Path(__file__).with_name("reference.json")
S = np.linspace(0.02, 0.3, 10)  # sin(theta) / lambda, 1/angstrom
HKL = [
    *((1, 2, 3), (7, 0, 4), (0, 5, 9), (2, 0, 0), (1, 0, 0), (0, 0, 12), (20, 30, 40)),
    *((3, 3, 3), (11, 4, 1), (5, 17, 2), (0, 6, 0), (8, 8, 0), (2, 14, 6), (30, 1, 1)),
    *((4, 9, 31), (6, 6, 17), (13, 2, 28), (1, 1, 40), (25, 25, 25), (0, 1, 2)),
]
HEXAGONAL = {"cell": (93.0, 93.0, 130.0, 90.0, 90.0, 120.0), "space_group": "P6122"}


def factors(**changes):
    table = structure_factors(find_preset("diffranet-text", **changes))
    return [table.at(*hkl) for hkl in HKL]


def brightest_spots():
    settings = find_preset("diffranet-text")
    light = np.zeros(settings.shape, np.float32)
    turn = np.array([0.8, 0.1, -0.3, 0.5]) / np.linalg.norm([0.8, 0.1, -0.3, 0.5])
    found = expose(settings, 1.0, 1.5, turn, light)
    inside = (np.abs(np.stack([found.row, found.col]) - 255.5) < 255).all(axis=0)
    order = np.argsort(-np.where(inside, found.photons, 0.0))[:12]
    return np.column_stack([found.row, found.col, found.photons, found.q, found.half_length])[
        order
    ]


def draws():
    names = ("intensity", "volume", "signal", "jet", "ice", "wavelength")
    rows = draw_shots(find_preset("diffranet-figure", ice_share=0.3), 5, range(10)).rows()
    return [[*(row[name] for name in names), *row["orientation"][0]] for row in rows]


def light_of_a_crystal():
    settings = find_preset("diffranet-figure")
    (row,) = draw_shots(settings, 5, [5]).rows()
    return expected_light(settings, row)[0][200:216, 300:316]


def light_of_a_particle(preset, index):
    settings = find_preset(preset)
    (row,) = draw_flights(settings, 5, [index])
    rows, cols = (side // 2 + 20 for side in settings.shape)
    return spi_light(settings, row)[rows : rows + 8, cols : cols + 8]


TABLES = {
    "form factors": lambda: [form_factor(element, S) for element in "HNO"],
    "air": lambda: air_curve(S),
    "water": lambda: water_curve(S),
    "ice": lambda: ice_curve(np.array([0.1281, 0.1362, 0.1454, 0.1873, 0.2222])),
    "factors of P212121": factors,
    "factors of P6122": lambda: factors(**HEXAGONAL),
    "brightest spots": brightest_spots,
    "point spread": lambda: point_spread((64, 64), 172e-6, 30e-6)[:3, :3],
    "draws": draws,
    "light of a crystal": light_of_a_crystal,
    "counts of a crystal": lambda: counts("diffranet-figure", 5, 5)[0][200:216, 300:316],
    "light of icosahedra": lambda: light_of_a_particle("spi-hits", 3),
    "light of a droplet": lambda: light_of_a_particle("spi-droplets", 1),
    "light of four kinds": lambda: light_of_a_particle("spi-four", 1),
}


def numbers(table):
    """Nested lists of seven digits."""
    if np.ndim(table) == 0:
        return float(f"{float(table):.7g}")
    return [numbers(part) for part in table]


if __name__ == "__main__":
    stored = {name: numbers(make()) for name, make in TABLES.items()}
    STORED.write_text(json.dumps({**stored, "detectors": DETECTORS}).replace('], "', '],\n "'))
