"""Who works on a run: a lock that dies with its holder, and a look at it from outside."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from featcls.errors import RunError

LOOK_SECONDS = 0.1  # a look is over long before


@contextmanager
def hold(folder: Path) -> Iterator[None]:
    """Hold a run: one driver at a time; a driver that dies lets go.

    Raises
    ------
    RunError
        Another process holds it.
    """
    with open(folder / "lock", "a+") as file:
        try:
            _take(file)
        except OSError as error:
            file.seek(0)
            raise RunError(
                f"another process ({file.read().strip() or 'unknown'}) works on {folder}",
                "wait for it, or choose another --out",
            ) from error
        file.truncate(0)
        file.write(f"pid {os.getpid()}")
        file.flush()
        yield


def is_held(folder: Path) -> bool:
    """Say whether a process holds a run; where locks do not work, that is so."""
    try:
        with open(folder / "lock") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False


def _take(file: IO[str]) -> None:
    """Lock a file; a second try tells another driver from a passing look."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        time.sleep(LOOK_SECONDS)
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
