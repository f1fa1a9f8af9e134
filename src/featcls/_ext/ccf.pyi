from typing import Any

from numpy.typing import NDArray

Array = NDArray[Any]

def centre_rings(
    rings: Array, weights: Array, n_angles: int, subtract: bool, n_threads: int, means: Array
) -> None: ...
def ring_products(rings: Array, n_threads: int, out: Array) -> None: ...
def ring_components(rings: Array, waves: Array, n_threads: int, out: Array) -> None: ...
