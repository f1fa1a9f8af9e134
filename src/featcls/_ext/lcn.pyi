from typing import Any

from numpy.typing import NDArray

Array = NDArray[Any]

def normalize(
    images: Array,
    masks: Array,
    half: int,
    min_std: float,
    reflect: bool,
    n_threads: int,
    out: Array,
) -> bool: ...
