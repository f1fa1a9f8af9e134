from typing import Any

from numpy.typing import NDArray

Array = NDArray[Any]

def add_spots(
    basis: Array,
    wavelength: float,
    mosaic: float,
    radius: float,
    q_max: float,
    scale: float,
    table: Array,
    octant: bool,
    zoom: float,
    row: float,
    col: float,
    image: Array,
    found: Array,
) -> int: ...
def cut_area(excess: float, width: float, radius: float) -> float: ...
def poisson(light: Array, key: int) -> None: ...
def read_out(
    light: Array,
    gain: Array,
    noise: float,
    offset: float,
    bottom: float,
    top: float,
    key: int,
) -> None: ...
