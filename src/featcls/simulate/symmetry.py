"""Space-group operators, as far as they shape diffraction intensities."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from featcls.errors import UsageError, unknown

Operator = tuple[NDArray[np.int64], NDArray[np.int64]]  # rotation (3, 3), translation in 1/24

GENERATORS = {
    "P1": (),
    "P21": ("-x,y+1/2,-z",),
    "C2": ("x+1/2,y+1/2,z", "-x,y,-z"),
    "P212121": ("x+1/2,-y+1/2,-z", "-x,y+1/2,-z+1/2"),
    "P43212": ("-y+1/2,x+1/2,z+3/4", "x+1/2,-y+1/2,-z+1/4"),
    "P6122": ("x-y,x,z+1/6", "x-y,-y,-z"),
}


def parse(triplet: str) -> Operator:
    """Operator of a coordinate triplet.

    Examples
    --------
    >>> turn, shift = parse("-y+1/2,x,z+3/4")
    >>> turn.tolist(), shift.tolist()
    ([[0, -1, 0], [1, 0, 0], [0, 0, 1]], [12, 0, 18])
    """
    turn, shift = np.zeros((3, 3), np.int64), np.zeros(3, np.int64)
    for row, text in enumerate(triplet.split(",")):
        for term in text.replace("-", "+-").split("+"):
            name = term.lstrip("-")
            if name in ("x", "y", "z"):
                turn[row, "xyz".index(name)] = -1 if term[0] == "-" else 1
            elif term:
                numerator, denominator = term.split("/")
                shift[row] = int(numerator) * 24 // int(denominator)
    return turn, shift


@lru_cache(maxsize=8)
def operators(space_group: str) -> tuple[Operator, ...]:
    """All operators of a space group, lattice centring included.

    Raises
    ------
    UsageError
        A group that is not listed; structure factors from a file need none.

    Examples
    --------
    >>> len(operators("P6122"))
    12
    """
    if space_group not in GENERATORS:
        raise UsageError(unknown("space group", space_group, GENERATORS))
    found = {_key(parse("x,y,z")): parse("x,y,z")}
    fresh = list(found.values())
    generators = [parse(triplet) for triplet in GENERATORS[space_group]]
    while fresh:
        turn, shift = fresh.pop()
        for by, move in generators:
            product = by @ turn, (by @ shift + move) % 24
            if _key(product) not in found:
                found[_key(product)] = product
                fresh.append(product)
    return tuple(found.values())


def _key(operator: Operator) -> tuple[int, ...]:
    return (*operator[0].ravel().tolist(), *operator[1].tolist())
