"""May a third-party plugin be imported here? Asked of another process, and remembered."""

import json
import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from importlib.metadata import EntryPoint
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from featcls import atomic
from featcls._version import __version__
from featcls.folders import cache_root
from featcls.hookspecs import API_VERSION

LIMIT = 10.0  # seconds an import may take
REFUSED_FOR = 3600.0  # seconds until a refused plugin is looked at again: what it met may pass
START = """
import json, runpy, sys
sys.path[:] = json.loads(sys.argv.pop(1))
runpy.run_module("featcls.first_look.child", run_name="__main__")
"""


def refusals(points: Sequence[EntryPoint]) -> list[str]:
    """Return for each entry point why it must not be imported in this process, or "".

    A plugin of a version and with files that were looked at before costs a few reads of file
    dates. The others are imported in processes of their own, as many at once as there are
    cores: one that does not end within 10 s, or ends the process, or takes 4 GiB, or replaces
    functions of numpy, featcls or Python, is refused.
    """
    paths = [cache_root() / "plugins" / f"{_key(point)}.json" for point in points]
    known = [_remembered(path) for path in paths]
    new = [k for k, reason in enumerate(known) if reason is None]
    if new:
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            for k, reason in zip(new, pool.map(_look, [points[k] for k in new]), strict=True):
                known[k] = reason
                _remember(paths[k], reason)
    return [reason or "" for reason in known]


def _look(point: EntryPoint) -> str:
    """Import a plugin in a process of its own and return what that process says."""
    import subprocess
    import tempfile

    with tempfile.TemporaryFile() as said:
        child = subprocess.Popen(
            [sys.executable, "-c", START, json.dumps(sys.path), str(said.fileno())]
            + [point.name, point.value],
            pass_fds=[said.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            code = child.wait(LIMIT)
        except subprocess.TimeoutExpired:
            return f"its import takes more than {LIMIT:g} s"
        finally:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(child.pid, signal.SIGKILL)  # and whatever it has started
            child.wait()
        said.seek(0)
        words = said.read()
    if code < 0:
        return f"its import dies by {signal.Signals(-code).name}"
    if code or not words:
        return f"its import ends the process, exit code {code}"
    return str(json.loads(words))


def _key(point: EntryPoint) -> str:
    """Return the name under which a verdict is kept: of all that it depends on, as far as known.

    What a plugin imports besides its own package is not known.
    """
    import hashlib

    dist = point.dist
    document = [
        [__version__, API_VERSION, sys.version, point.name, point.value],
        [dist.name, dist.version] if dist else [],
        sorted(_files(point.value.partition(":")[0].partition(".")[0])),
    ]
    return hashlib.sha256(json.dumps(document).encode()).hexdigest()[:32]


def _files(package: str) -> Iterator[tuple[str, int, int]]:
    """Yield name, size and date of what can be imported of a package, without importing it."""
    try:
        spec = find_spec(package)
    except (ImportError, ValueError):
        spec = None
    if spec is None:
        return
    folders = [Path(folder) for folder in spec.submodule_search_locations or ()]
    paths = [path for folder in folders for path in folder.rglob("*") if path.suffix != ".pyc"]
    for path in paths or [Path(spec.origin or package)]:
        with suppress(OSError):
            stat = path.stat()
            if not path.is_dir():
                yield str(path), stat.st_size, stat.st_mtime_ns


def _remembered(path: Path) -> str | None:
    """Return the reason that was found before, "" for none; None if it must be looked at."""
    try:
        known: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        reason, since = str(known["reason"]), time.time() - float(known["utc"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return reason if not reason or 0 <= since < REFUSED_FOR else None


def _remember(path: Path, reason: str) -> None:
    with suppress(OSError):  # a folder that cannot be written: it is looked at every time
        path.parent.mkdir(parents=True, exist_ok=True)
        atomic.write(path, json.dumps({"reason": reason, "utc": time.time()}).encode())
