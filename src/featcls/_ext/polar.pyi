from typing import Any

from numpy.typing import NDArray

Array = NDArray[Any]

def sample_rings(
    images: Array,
    weights: Array,
    first: Array,
    right: Array,
    down: Array,
    inside: Array,
    n_threads: int,
    out: Array,
    weight: Array,
) -> None: ...
