"""How the compiled Fourier transform takes a number of angles apart."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

RADICES = (6, 5, 4, 3, 2)  # with loops of their own; other factors cost their square


@lru_cache(maxsize=8)
def transform_stages(
    n: int,
) -> tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.int64]]:
    """Factors of n, a table for the stage of each, and where each frequency comes to lie.

    A stage of factor r takes runs of r m numbers to r runs of m; its table has the r roots of 1
    and the turns by p k / (r m) of entry k of run p, p from 1.
    """
    radices = sorted(_factors(n)) or [1]
    tables, place = [], np.zeros(n, np.int64)
    left, size = np.arange(n), n
    for radix in radices:
        m = size // radix
        place += left % radix * m
        left //= radix
        turns = np.arange(m)[:, None] * np.arange(1, radix) / size
        tables += [_circle(np.arange(radix) / radix), _circle(turns)]
        size = m
    return np.array(radices, np.int64), np.concatenate(tables), place


def _circle(turns: NDArray[np.float64]) -> NDArray[np.float32]:
    """Real and imaginary parts of exp(-2 pi i turns), one after the other."""
    parts = np.stack([np.cos(2 * np.pi * turns), -np.sin(2 * np.pi * turns)], axis=-1)
    return parts.ravel().astype(np.float32)


def _factors(n: int) -> list[int]:
    factors = []
    for radix in (*RADICES, *range(7, n + 1, 2)):
        while n % radix == 0:
            factors.append(radix)
            n //= radix
    return factors
