from typing import Any

from numpy.typing import NDArray

Array = NDArray[Any]

def code_images(
    images: Array,
    masks: Array,
    methods: Array,
    start: Array,
    row: Array,
    column_of: Array,
    column: Array,
    touched: Array,
    n_threads: int,
    out: Array,
) -> None: ...
def count_codes(
    images: Array,
    masks: Array,
    methods: Array,
    start: Array,
    row: Array,
    column_of: Array,
    column: Array,
    touched: Array,
    edges: Array,
    n_threads: int,
    out: Array,
) -> None: ...
