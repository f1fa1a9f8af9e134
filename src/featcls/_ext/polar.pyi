from typing import Any

from numpy.typing import NDArray

Array = NDArray[Any]

def sample_rings(
    images: Array,
    pixels: Array,
    start: Array,
    shares: Array,
    masked: bool,
    n_threads: int,
    rings: Array,
    out: Array,
) -> None: ...
def join_rings(rings: Array, out: Array) -> None: ...
def part_rings(rings: Array, out: Array) -> None: ...
def weigh_shares(
    weights: Array, pixels: Array, start: Array, shares: Array, weight: Array
) -> None: ...
