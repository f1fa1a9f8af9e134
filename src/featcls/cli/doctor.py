"""`featcls doctor`: is this installation whole, and what could be added."""

import os
import platform
import sys
from collections.abc import Callable
from typing import NamedTuple

import click

from featcls.cli import output
from featcls.cli.options import command


class Finding(NamedTuple):
    """One thing that was looked at: `state` is ok, missing (optional) or broken."""

    what: str
    state: str
    found: str
    remedy: str = ""


OPTIONAL = {  # module -> how to add it
    "cv2": "pip install 'featcls[sift]'",
    "xgboost": "pip install 'featcls[xgboost]'",
    "pyarrow": "pip install 'featcls[parquet]'",
    "fabio": "pip install 'featcls[formats]'",
}


@command("featcls doctor")
@click.pass_context
def doctor(ctx: click.Context, as_json: bool) -> None:
    """Check kernels, required and optional packages, plugins and the cache.

    Exits with 1 if something that is needed is broken.
    """
    checks: list[Callable[[], list[Finding]]] = [
        _interpreter,
        _kernels,
        _required,
        _optional,
        _plugins,
        _cache,
    ]
    findings = [finding for check in checks for finding in check()]
    broken = [finding for finding in findings if finding.state == "broken"]
    if as_json:
        output.emit({"ok": not broken, "findings": [f._asdict() for f in findings]})
    else:
        _show(findings)
    ctx.exit(1 if broken else 0)


def _interpreter() -> list[Finding]:
    words = f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    return [
        Finding("python", "ok", f"{words}, {sys.executable}"),
        Finding(
            "cores",
            "ok",
            str(len(os.sched_getaffinity(0)))
            if hasattr(os, "sched_getaffinity")
            else str(os.cpu_count()),
        ),
    ]


def _kernels() -> list[Finding]:
    """Count one co-occurrence matrix that is known by hand."""
    try:
        import numpy as np

        from featcls.kernels.texture import graycomatrix

        image = np.array([[0, 0, 1], [0, 2, 2]], np.uint8)
        counts = graycomatrix(image, [1], [0.0], levels=3)[:, :, 0, 0].tolist()
        if counts != [[1, 1, 1], [0, 0, 0], [0, 0, 1]]:
            return [Finding("kernels", "broken", f"counted {counts}", "build featcls again")]
    except ImportError as fault:
        return [Finding("kernels", "broken", str(fault), "pip install -e . builds them")]
    return [Finding("kernels", "ok", "compiled, and count what they should")]


def _required() -> list[Finding]:
    """Compare what is installed with what featcls says it needs."""
    from importlib.metadata import PackageNotFoundError, requires, version

    from packaging.requirements import Requirement

    faults, good = [], []
    for wanted in map(Requirement, requires("featcls") or []):
        if wanted.marker is not None and not wanted.marker.evaluate({"extra": ""}):
            continue
        remedy = f"pip install '{wanted.name}{wanted.specifier}'"
        try:
            found = version(wanted.name)
        except PackageNotFoundError:
            faults.append(Finding(wanted.name, "broken", "not installed", remedy))
            continue
        if wanted.specifier.contains(found, prereleases=True):
            good.append(f"{wanted.name} {found}")
        else:
            faults.append(Finding(wanted.name, "broken", found, remedy))
    return [Finding("packages", "ok", ", ".join(good)), *faults]


def _optional() -> list[Finding]:
    from importlib.util import find_spec

    return [
        Finding(name, "ok", "installed")
        if find_spec(name)
        else Finding(name, "missing", "not installed", remedy)
        for name, remedy in OPTIONAL.items()
    ]


def _plugins() -> list[Finding]:
    from featcls.plugins import registry

    found = registry()
    off = [Finding(row.plugin, "missing", row.reason) for row in found.rows if row.reason]
    return [Finding("plugins", "ok", f"{len(found.entries)} things registered"), *off]


def _cache() -> list[Finding]:
    from featcls.cache import Cache, cache_root

    root = cache_root()
    try:
        n_files, n_bytes = Cache(root).size()
    except OSError as fault:
        return [Finding("cache", "broken", f"{root}: {fault}", "set FEATCLS_CACHE_DIR")]
    if not os.access(root, os.W_OK):
        return [Finding("cache", "broken", f"{root} cannot be written", "set FEATCLS_CACHE_DIR")]
    return [Finding("cache", "ok", f"{root}, {n_bytes / 1e6:,.1f} MB in {n_files} files")]


def _show(findings: list[Finding]) -> None:
    from rich.table import Table
    from rich.text import Text

    styles = {"ok": "green", "missing": "yellow", "broken": "bold red"}
    grid = Table.grid("", "", "", padding=(0, 2))
    grid.columns[2].overflow = "fold"
    for finding in findings:
        words = "\n".join(filter(None, [finding.found, finding.remedy]))
        grid.add_row(Text(finding.state, style=styles[finding.state]), finding.what, words)
    output.stdout().print(grid)
