from typing import Any

from numpy.typing import NDArray

Array = NDArray[Any]

def count_pairs(
    images: Array, masks: Array, offsets: Array, n_threads: int, out: Array
) -> None: ...
