"""What code leaves behind in the modules that were there before it."""

import sys
from typing import Any

WATCHED = ("numpy", "featcls", "builtins")


def functions() -> dict[tuple[str, str], Any]:
    """Return the public functions and classes of the watched modules, by module and name.

    Examples
    --------
    >>> functions()["builtins", "len"] is len
    True
    """
    return {
        (name, key): value
        for name, module in list(sys.modules.items())
        if name.partition(".")[0] in WATCHED
        for key, value in list(vars(module).items())
        if callable(value) and not key.startswith("_")
    }


def replaced(before: dict[tuple[str, str], Any]) -> list[str]:
    """Return the names of functions that are others now, or gone, sorted.

    Examples
    --------
    >>> replaced(functions())
    []
    """
    now = functions()
    return sorted(
        f"{module}.{name}"
        for (module, name), value in before.items()
        if now.get((module, name)) is not value
    )
