from typing import Any

from numpy.typing import NDArray

Array = NDArray[Any]

def find_range(images: Array, masks: Array) -> tuple[int, int]: ...
def mark_masked(images: Array, masks: Array, lowest: int, masked: int, out: Array) -> None: ...
