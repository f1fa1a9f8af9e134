"""Tables of structure factors on disk, so that a file is read and transformed once."""

import hashlib
import os
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featcls.atomic import unfinished
from featcls.cache import Cache, cache_root
from featcls.config import digest
from featcls.errors import RunError

VERSION = 1  # of the numbers; raise it when they change

Values = NDArray[np.float32]


def content(path: str) -> str | None:
    """SHA-256 of a file, None where there is none."""
    return hashlib.sha256(Path(path).read_bytes()).hexdigest() if Path(path).is_file() else None


def cached(path: str, settings: list[Any], compute: Callable[[], Values]) -> Values:
    """Table of a file under some settings, from the cache or computed and put there.

    Parameters
    ----------
    path : str
        File the table is made of; known by its content, not by its name.
    settings : list
        All else that the table depends on, as JSON has it.
    compute : callable
        Makes the table.

    Returns
    -------
    float32 array

    Notes
    -----
    A cache that cannot be written or holds a damaged file costs time, never the result. The
    tables stand among the cached features: ``featcls cache`` shows and prunes both.
    """
    if not Path(path).is_file():
        return compute()
    name = f"structure-{digest([VERSION, content(path), settings])}.npz"
    try:
        stored = Cache(cache_root()).folder / name
    except RunError:
        return compute()
    with (
        suppress(OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile),
        open(stored, "rb") as source,
        np.load(source, allow_pickle=False) as file,
    ):
        os.utime(stored)  # marks it as used
        return np.asarray(file["values"], np.float32)
    values = compute()
    with suppress(OSError), unfinished(stored) as temporary, open(temporary, "wb") as file:
        np.savez(file, values=values)
    return values
