"""The process that imports a plugin first, and says what the import did to it."""

import json
import os
import sys
from importlib.metadata import EntryPoint

MEMORY = 4 << 30  # bytes an import may take


def main(out: int, name: str, value: str) -> None:
    """Load one plugin as featcls would; write to `out` why that must not be done elsewhere.

    The reason is empty if nothing speaks against it. Where the process ends before it is
    written, that is the answer.
    """
    import numpy  # noqa: F401  # watched from here on

    from featcls.first_look.traces import functions, replaced
    from featcls.plugins import Registry  # not of `entries`: the manager is watched too

    _limit_memory()
    before = functions()
    found = Registry()
    found.load(name, name, EntryPoint(name, value, "featcls").load)
    reason = ""
    if changed := replaced(before):
        some = ", ".join(changed[:3]) + (", ..." if len(changed) > 3 else "")
        reason = f"its import replaces {some}"
    elif found.rows[0].reason.startswith("MemoryError"):
        reason = f"its import takes more than {MEMORY >> 30} GiB of memory"
    os.write(out, json.dumps(reason).encode())
    os._exit(0)  # whatever threads it started


def _limit_memory() -> None:
    import resource

    hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
    limit = MEMORY if hard == resource.RLIM_INFINITY else min(MEMORY, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (limit, hard))
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))


if __name__ == "__main__":
    main(int(sys.argv[1]), *sys.argv[2:])
