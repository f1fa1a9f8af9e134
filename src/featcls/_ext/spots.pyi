from typing import Any

from numpy.typing import NDArray

Array = NDArray[Any]

def find(
    images: Array,
    masks: Array,
    gain: float,
    threshold: float,
    sigma_background: float,
    sigma_strong: float,
    half: int,
    smallest: int,
    largest: int,
    n_threads: int,
) -> tuple[list[bytes], bool]: ...
