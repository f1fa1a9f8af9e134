"""Random numbers that depend on (seed, shot, stream) alone.

A counter is hashed instead of a state advanced, so any subset of shots in any order and on any
number of threads draws the same numbers, and numpy's generators may change without moving ours.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)


def mix(value: ArrayLike) -> NDArray[np.uint64]:
    """Finaliser of splitmix64 (Steele, Lea & Flood 2014, doi:10.1145/2660193.2660195)."""
    with np.errstate(over="ignore"):
        bits: NDArray[np.uint64] = np.asarray(value, np.uint64) + _GOLDEN
        bits = (bits ^ (bits >> np.uint64(30))) * _MIX_1
        bits = (bits ^ (bits >> np.uint64(27))) * _MIX_2
        return bits ^ (bits >> np.uint64(31))


def key(seed: int, index: ArrayLike) -> NDArray[np.uint64]:
    """Key of shot `index`: the root of everything drawn for it.

    Parameters
    ----------
    seed : int
        Non-negative, below 2**64.
    index : int or (n,) array of int
        Shot number, from 0.

    Returns
    -------
    uint64 array, the shape of `index`

    Raises
    ------
    ValueError
        A seed out of range.

    Examples
    --------
    >>> bool(key(0, [3, 1])[1] == key(0, 1))
    True
    """
    if not 0 <= seed < 2**64:
        raise ValueError(f"seed is {seed}; give a whole number from 0 to 2^64 - 1")
    return mix(mix(seed) ^ np.asarray(index, np.uint64))


def uniform(keys: NDArray[np.uint64], stream: int) -> NDArray[np.float64]:
    """Uniform numbers in the open interval (0, 1), one a key, for a numbered stream.

    Examples
    --------
    >>> u = uniform(key(0, range(1000)), 0)
    >>> bool(0.0 < u.min() and u.max() < 1.0 and abs(u.mean() - 0.5) < 0.03)
    True
    """
    bits = subkey(keys, stream)
    return ((bits >> np.uint64(11)).astype(np.float64) + 0.5) / 2.0**53


def subkey(keys: NDArray[np.uint64], stream: int) -> NDArray[np.uint64]:
    """Key of a part of what `keys` stand for."""
    return mix(keys ^ mix(stream))


def normal(keys: NDArray[np.uint64], stream: int) -> NDArray[np.float64]:
    """Standard normal numbers (Box and Muller), one a key; uses streams `stream` and + 1."""
    radius = np.sqrt(-2.0 * np.log(uniform(keys, stream)))
    return radius * np.cos(2.0 * np.pi * uniform(keys, stream + 1))
