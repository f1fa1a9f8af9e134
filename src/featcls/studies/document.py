"""The document of a study: its tables with all that they came from, as JSON."""

import json
import os
import platform
import shlex
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

from featcls import atomic
from featcls._version import __version__
from featcls.errors import RunError
from featcls.search.store import now
from featcls.studies.base import NAMES, Setting, Study

SCHEMA_VERSION = 1
PACKAGES = ("numpy", "scipy", "scikit-learn", "hyperopt")
KEPT = Path("benchmarks/studies/results")
SPENT = "seconds.txt"  # in the work folder: what all calls together took

Document = dict[str, Any]


def run_study(study: Study, setting: Setting) -> Document:
    """Run a study and return its document; its seconds count those of calls cut short."""
    setting.work.mkdir(parents=True, exist_ok=True)
    started, load = now(), os.getloadavg()[0]
    began = time.monotonic()
    try:
        tables = study.run(setting)
    finally:
        seconds = _spent(setting.work / SPENT, time.monotonic() - began)
    return {
        "schema_version": SCHEMA_VERSION,
        "study": study.name,
        "title": study.title,
        "source": study.source,
        "scale": setting.scale,
        "command": _command(study, setting),
        "data": "given" if setting.data else "simulated or shared",
        "seeds": setting.seeds,
        "started_utc": started,
        "seconds": round(seconds, 1),
        "environment": {
            "featcls": __version__,
            "python": platform.python_version(),
            "machine": platform.machine(),
            "cores": os.cpu_count(),
            "n_jobs": setting.n_jobs,
            "load": round(load, 1),
            **{name: version(name) for name in PACKAGES},
        },
        "tables": tables,
    }


def _spent(path: Path, seconds: float) -> float:
    """Add to the seconds that a work folder has taken, and return them all."""
    if path.exists():
        seconds += float(path.read_text(encoding="ascii"))
    atomic.write(path, f"{seconds:.3f}\n".encode())
    return seconds


def write(document: Document, folder: Path) -> Path:
    """Write a document under its own name, whole or not at all, and return the path.

    Raises
    ------
    RunError
        The folder cannot be written to.
    """
    path = folder / f"{document['study']}-{document['scale']}.json"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        atomic.write(path, (json.dumps(document, indent=1, allow_nan=False) + "\n").encode())
    except OSError as error:
        raise RunError(f"cannot write {path}: {error.strerror}", "choose another --out") from error
    return path


def stored(folder: Path) -> list[Document]:
    """Return the documents of a folder in the order of `NAMES`, small ones first.

    Other JSON files, of scripts that are no study, are passed over.

    Raises
    ------
    RunError
        A file that is not JSON.
    """
    found = []
    for path in sorted(folder.glob("*.json")):
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise RunError(f"{path} is not JSON: {error}", "run the study again") from error
        if isinstance(document, dict) and document.get("study") in NAMES:
            found.append(document)
    return sorted(found, key=lambda d: (NAMES.index(d["study"]), d["scale"] != "small"))


def _command(study: Study, setting: Setting) -> str:
    words = ["featcls", "study", study.name, "--scale", setting.scale]
    words += ["--data", "DATA"] if setting.data else []
    return shlex.join([*words, "--seeds", str(setting.seeds)])
