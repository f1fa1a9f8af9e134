"""Checkpoints of classifiers that can go on: a zip of plain members, replaced by renaming."""

import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from featcls import atomic
from featcls.errors import ModelError

DONE = "done"  # the member that holds the number of units done

Load = Callable[[Mapping[str, bytes], int], Any]


def write(path: Path, done: int, members: Mapping[str, bytes]) -> None:
    """Store what `done` units have made.

    Examples
    --------
    >>> path = getfixture("tmp_path") / "state"
    >>> write(path, 6, {"a": b"xyz"})
    >>> go_on(path, 17, lambda members, done: members["a"])
    (6, b'xyz')
    >>> go_on(path, 5, lambda members, done: members["a"])
    (0, None)
    """
    with atomic.unfinished(path) as temporary, zipfile.ZipFile(temporary, "w") as file:
        file.writestr(DONE, str(done))
        for name, content in members.items():
            file.writestr(name, content)


def go_on(path: Path, budget: int, load: Load) -> tuple[int, Any]:
    """Return the units done and what `load(members, done)` makes of them, or (0, None).

    A file that is damaged, or further than `budget`, counts as none: its units are done again.
    """
    try:
        with zipfile.ZipFile(path) as file:
            members = {name: file.read(name) for name in file.namelist()}
        done = int(members.pop(DONE))
        return (done, load(members, done)) if 0 < done <= budget else (0, None)
    except (OSError, zipfile.BadZipFile, LookupError, ValueError, RuntimeError, ModelError):
        return 0, None
