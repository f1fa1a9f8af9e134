from typing import Any

from numpy.typing import NDArray

Array = NDArray[Any]

def ring_products(rings: Array, n_threads: int, out: Array) -> None: ...
def correlate(
    images: Array,
    pixels: Array,
    start: Array,
    shares: Array,
    masked: bool,
    weights: Array,
    scales: Array,
    waves: Array,
    subtract: bool,
    parts: int,
    n_threads: int,
    rings: Array,
    lanes: Array,
    out: Array,
) -> None: ...
def inverse_size(n_rings: int, n_angles: int) -> int: ...
def inverse_weights(
    weights: Array,
    n_rings: int,
    radix: Array,
    table: Array,
    place: Array,
    least: float,
    spectra: Array,
    spare: Array,
    out: Array,
) -> None: ...
def largest(
    images: Array,
    pixels: Array,
    start: Array,
    shares: Array,
    masked: bool,
    weights: Array,
    inverse: Array,
    radix: Array,
    table: Array,
    place: Array,
    subtract: bool,
    least: float,
    n_threads: int,
    rings: Array,
    spectra: Array,
    spare: Array,
    lanes: Array,
    out: Array,
) -> None: ...
