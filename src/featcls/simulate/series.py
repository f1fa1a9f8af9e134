"""A run of shots, whatever is in them: what the writer and the public functions work on."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featcls.simulate.camera import Camera
from featcls.simulate.detector import Light

Truth = dict[str, Any]
Label = str | list[str]


@dataclass(frozen=True, slots=True)
class Series:
    """Shots of one preset and seed.

    ``rows`` say what is in each shot, ``label`` gives the class of a row without noise or, where
    it can, without any pixel, ``render`` the counts of a row and its whole truth.
    """

    settings: Camera
    seed: int
    classes: tuple[str, ...]
    dead: NDArray[np.bool_]
    rows: list[Truth]
    label: Callable[[Truth], Label]
    render: Callable[[Truth], tuple[Light, Truth]]


def first(n: int) -> range:
    """Indices of the first n shots.

    Examples
    --------
    >>> list(first(3))
    [0, 1, 2]
    """
    if n < 0:
        raise ValueError(f"n is {n}; ask for 0 frames or more")
    return range(n)
