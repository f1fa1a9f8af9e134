from typing import Any

from numpy.typing import NDArray

Array = NDArray[Any]

def strong_pixels(
    images: Array,
    masks: Array,
    gain: float,
    threshold: float,
    sigma_background: float,
    sigma_strong: float,
    half: int,
    n_threads: int,
) -> list[bytes]: ...
