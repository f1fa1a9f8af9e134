"""What flies into the beam, by three sets of labels: labels are drawn, then bodies to fit."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from featcls.simulate import draws
from featcls.simulate.spi.bodies import Body, Vector
from featcls.simulate.spi.settings import SpiPreset

HITS = ("no-hit", "single", "multi")
DROPLETS = (
    *("spherical/oblate", "prolate", "empty", "round", "elliptical", "double rings", "bent"),
    *("streak", "newton rings", "asymmetric", "layered"),
)
FOUR = ("icosahedron", "tailed capsid", "chain", "spheroid")

# Shares of table 1 of Zimmermann et al. (2019), doi:10.1103/PhysRevE.99.063309, each within the
# class it belongs to. All of 7264 images, 7042 of them not empty.
PROLATE = 453 / 7042
ELLIPTICAL, DOUBLE_RINGS = 797 / 6589, 218 / 6589
BENT, STREAK = 390 / 453, 242 / 453
NEWTON, ASYMMETRIC, LAYERED = 460 / 7042, 367 / 7042, 47 / 7042


class Flight(NamedTuple):
    """Labels of a shot and the bodies in it."""

    labels: tuple[str, ...]
    bodies: list[Body]


class Dice:
    """Numbers of one shot, one after the other."""

    def __init__(self, key: int) -> None:
        self._key = np.asarray(key, np.uint64)
        self._rolled = 0

    def uniform(self, low: float = 0.0, high: float = 1.0) -> float:
        """Number between `low` and `high`."""
        self._rolled += 1
        return low + (high - low) * float(draws.uniform(self._key, self._rolled))

    def chance(self, share: float) -> bool:
        """True in a `share` of all shots."""
        return self.uniform() < share

    def normal(self) -> float:
        """Standard normal number."""
        self._rolled += 2
        return float(draws.normal(self._key, self._rolled))

    def turn(self) -> tuple[float, float, float, float]:
        """Random orientation, uniform."""
        parts = np.array([self.normal() for _ in range(4)])
        w, x, y, z = (parts / np.linalg.norm(parts)).tolist()
        return w, x, y, z


def hits(preset: SpiPreset, dice: Dice) -> Flight:
    """No particle, one icosahedron, or two or three in the same focus."""
    if dice.chance(preset.empty_share):
        return Flight(("no-hit",), [])
    number = 1 if dice.chance(0.7) else 2 + int(dice.chance(0.3))
    bodies = []
    for place in range(number):
        radius = dice.uniform(preset.smallest, preset.largest) / 2.0
        # The first at the middle, the others beside it and never in one another.
        angle = dice.uniform(0.0, 2.0 * np.pi)
        away = dice.uniform(130.0 * place - 40.0, 150.0 * place - 20.0) if place else 0.0
        at = (away * np.cos(angle), away * np.sin(angle), away * dice.uniform(-2.0, 2.0))
        bodies.append(Body("icosahedron", (radius, radius, radius), dice.turn(), at))
    return Flight(("single" if number == 1 else "multi",), bodies)


def droplets(preset: SpiPreset, dice: Dice) -> Flight:
    """Helium droplets: one of spherical/oblate, prolate and empty, and what goes with it."""
    if dice.chance(preset.empty_share):
        return Flight(("empty",), [])
    radius = dice.uniform(preset.smallest, preset.largest) / 2.0
    labels, bodies = (_prolate if dice.chance(PROLATE) else _spherical)(radius, dice)
    main = bodies[0]
    if dice.chance(NEWTON):
        # A second droplet far along the beam: rings of equal path difference.
        behind = (0.0, 0.0, dice.uniform(2500.0, 5000.0))
        bodies.append(Body("ellipsoid", (0.6 * radius,) * 3, at=behind, contrast=2.0))
        labels.append("newton rings")
    if dice.chance(ASYMMETRIC):
        # A small companion beside and behind: no longer the same from both sides.
        angle, away = dice.uniform(0.0, 2.0 * np.pi), 0.9 * main.reach
        at = (away * np.cos(angle), away * np.sin(angle), away)
        bodies.append(Body("ellipsoid", (0.45 * main.reach,) * 3, at=at))
        labels.append("asymmetric")
    if dice.chance(LAYERED):
        share = dice.uniform(0.4, 0.6)
        a, b, c = (share * axis for axis in main.axes)
        bodies.append(Body(main.kind, (a, b, c), main.turn, contrast=3.0))
        labels.append("layered")
    return Flight(tuple(name for name in DROPLETS if name in labels), bodies)


def _spherical(radius: float, dice: Dice) -> tuple[list[str], list[Body]]:
    labels = ["spherical/oblate"]
    axes: Vector = (radius, radius, radius)
    if dice.chance(ELLIPTICAL):
        labels.append("elliptical")
        axes = (radius * dice.uniform(0.6, 0.75), radius, radius)
    else:
        labels.append("round")
    angle = dice.uniform(0.0, np.pi)
    bodies = [Body("ellipsoid", axes, _about_beam(angle))]
    if dice.chance(DOUBLE_RINGS):
        labels.append("double rings")
        other = radius * dice.uniform(0.5, 0.75)
        away = radius + other
        at = (away * np.cos(angle), away * np.sin(angle), 0.0)
        bodies.append(Body("ellipsoid", (other, other, other), at=at))
    return labels, bodies


def _prolate(radius: float, dice: Dice) -> tuple[list[str], list[Body]]:
    """A tic-tac: a streak where it is long, a bent one where it leans along the beam."""
    bent, streak = dice.chance(BENT), dice.chance(STREAK)
    labels = ["prolate", *(["bent"] if bent else []), *(["streak"] if streak else [])]
    thin = radius / (2.0 if streak else 1.4)
    half = thin * (dice.uniform(2.5, 4.0) if streak else dice.uniform(0.8, 1.2))
    lean = np.deg2rad(dice.uniform(25.0, 45.0) if bent else dice.uniform(0.0, 4.0))
    turn = _product(_about_beam(dice.uniform(0.0, 2.0 * np.pi)), _from_beam(np.pi / 2 - lean))
    return labels, [Body("capsule", (thin, half, 0.0), turn)]


def four(preset: SpiPreset, dice: Dice) -> Flight:
    """Icosahedron, capsid with a tail, chain of spheres, or spheroid, in equal shares."""
    if dice.chance(preset.empty_share):
        return Flight((), [])
    kind = FOUR[int(dice.uniform(0.0, 4.0))]
    radius, turn = dice.uniform(preset.smallest, preset.largest) / 2.0, dice.turn()
    axis = _axis(turn)
    if kind == "chain":
        bead = radius / 2.0
        places = [bead * 2.0 * (i - 1.5) for i in range(4)]
        beads = [Body("ellipsoid", (bead,) * 3, at=_along(axis, place)) for place in places]
        return Flight((kind,), beads)
    if kind == "spheroid":
        return Flight((kind,), [Body("ellipsoid", (radius, radius, 0.6 * radius), turn)])
    bodies = [Body("icosahedron", (radius, radius, radius), turn)]
    if kind == "tailed capsid":
        tail = (0.2 * radius, 0.7 * radius, 0.0)
        bodies.append(Body("capsule", tail, turn, _along(axis, 1.75 * radius)))
    return Flight((kind,), bodies)


SETS: dict[str, tuple[tuple[str, ...], Callable[[SpiPreset, Dice], Flight]]] = {
    "hits": (HITS, hits),
    "droplets": (DROPLETS, droplets),
    "four": (FOUR, four),
}


def _along(axis: Vector, length: float) -> Vector:
    return axis[0] * length, axis[1] * length, axis[2] * length


def _axis(turn: tuple[float, float, float, float]) -> Vector:
    """Where the body's z axis points."""
    w, x, y, z = turn
    return 2 * (x * z + w * y), 2 * (y * z - w * x), 1 - 2 * (x * x + y * y)


def _about_beam(angle: float) -> tuple[float, float, float, float]:
    return float(np.cos(angle / 2)), 0.0, 0.0, float(np.sin(angle / 2))


def _from_beam(angle: float) -> tuple[float, float, float, float]:
    return float(np.cos(angle / 2)), 0.0, float(np.sin(angle / 2)), 0.0


def _product(
    p: tuple[float, float, float, float], q: tuple[float, float, float, float]
) -> tuple[float, float, float, float]:
    """Quaternion that turns by `q`, then by `p`."""
    (a, b, c, d), (e, f, g, h) = p, q
    return (
        a * e - b * f - c * g - d * h,
        a * f + b * e + c * h - d * g,
        a * g - b * h + c * e + d * f,
        a * h + b * g - c * f + d * e,
    )
