from typing import Any

from numpy.typing import NDArray

Array = NDArray[Any]

def count_pairs(
    images: Array, masks: Array, offsets: Array, n_threads: int, out: Array
) -> None: ...
def symmetric_properties(
    images: Array,
    masks: Array,
    offsets: Array,
    levels: int,
    lowest: int,
    wanted: int,
    n_threads: int,
    out: Array,
) -> None: ...
def sparse_properties(
    images: Array,
    masks: Array,
    offsets: Array,
    levels: int,
    symmetric: bool,
    lowest: int,
    wanted: int,
    n_threads: int,
    out: Array,
) -> None: ...
