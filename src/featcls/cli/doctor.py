"""`featcls doctor`: is this installation whole, and what could be added."""

import os
import platform
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import click

from featcls._version import __version__
from featcls.cli import output
from featcls.cli.options import command
from featcls.report.words import plural


class Finding(NamedTuple):
    """One thing that was looked at: `state` is ok, missing (optional) or broken."""

    what: str
    state: str
    found: str
    remedy: str = ""


VECTORS = {16: "baseline", 32: "x86-64-v3", 64: "x86-64-v4"}  # bytes -> what they are called


@command("featcls doctor\nfeatcls doctor --json")
@click.pass_context
def doctor(ctx: click.Context, as_json: bool) -> None:
    """Check the machine, kernels, packages and extras, GPU, plugins and the cache.

    Exits with 1 if something that is needed is broken.
    """
    checks: list[Callable[[], list[Finding]]] = [
        _interpreter,
        _kernels,
        _required,
        _extras,
        _gpu,
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
    known = hasattr(os, "sched_getaffinity")  # Linux
    cores = len(os.sched_getaffinity(0)) if known else os.cpu_count()
    return [
        Finding("featcls", "ok", f"{__version__}, {Path(__file__).parents[1]}"),
        Finding("python", "ok", f"{words}, {sys.executable}"),
        Finding("cores", "ok", str(cores)),
    ]


def _kernels() -> list[Finding]:
    """Count one co-occurrence matrix that is known by hand."""
    try:
        import numpy as np

        from featcls._ext.built import has_openmp, vector_bytes
        from featcls.kernels.texture import graycomatrix
    except ImportError as fault:
        return [Finding("kernels", "broken", str(fault), "pip install -e . builds them")]
    image = np.array([[0, 0, 1], [0, 2, 2]], np.uint8)
    counts = graycomatrix(image, [1], [0.0], levels=3)[:, :, 0, 0].tolist()
    if counts != [[1, 1, 1], [0, 0, 0], [0, 0, 1]]:
        return [Finding("kernels", "broken", f"counted {counts}", "build featcls again")]
    threads = (
        Finding("OpenMP", "ok", "kernels can use several threads")
        if has_openmp()
        else Finding("OpenMP", "missing", "kernels run on one thread", "build with gcc or libomp")
    )
    width = vector_bytes()
    simd = f"{VECTORS[width]}, vectors of {width} bytes"
    return [
        Finding("kernels", "ok", "compiled, and count what they should"),
        threads,
        Finding("SIMD", "ok", simd),
    ]


def _required() -> list[Finding]:
    """Compare what is installed with what featcls says it needs."""
    from featcls.cli.requirements import installed, wanted_by

    found = [(wanted, *installed(wanted)) for wanted in wanted_by("")]
    faults = [
        Finding(wanted.name, "broken", words, f"pip install '{wanted.name}{wanted.specifier}'")
        for wanted, fits, words in found
        if not fits
    ]
    good = ", ".join(words for _, fits, words in found if fits)
    return [Finding("packages", "ok", good), *faults]


def _extras() -> list[Finding]:
    """Say of each extra what it brought, or what of it is absent."""
    from featcls.cli.requirements import extras, installed, wanted_by

    findings = []
    for extra in extras():
        found = [installed(wanted) for wanted in wanted_by(extra)]
        absent = [words for fits, words in found if not fits]
        words = ", ".join(absent or [words for _, words in found])
        remedy = f"pip install 'featcls[{extra}]'" if absent else ""
        findings.append(Finding(f"[{extra}]", "missing" if absent else "ok", words, remedy))
    return findings


def _gpu() -> list[Finding]:
    from importlib.util import find_spec

    from featcls.classifiers.boosting import count_gpus, device

    n_gpus = count_gpus()
    if n_gpus == 0:
        return [Finding("CUDA", "ok", "no GPU; nothing needs one")]
    found = plural(n_gpus, "GPU")
    if find_spec("xgboost") is None:
        return [Finding("CUDA", "ok", found)]
    if device() == "cuda":
        return [Finding("CUDA", "ok", f"{found}, which XGBoost uses")]
    remedy = "replace xgboost-cpu: pip install 'featcls[gpu]'"
    return [Finding("CUDA", "missing", f"{found}, and an XGBoost without CUDA", remedy)]


def _plugins() -> list[Finding]:
    from featcls.plugins import registry

    found = registry()
    off = [Finding(row.plugin, "missing", row.reason) for row in found.rows if row.reason]
    sources = sorted({entry.distribution for entry in found.entries.values()})
    words = f"{len(found.entries)} things registered by {', '.join(sources)}"
    return [Finding("plugins", "ok", words), *off]


def _cache() -> list[Finding]:
    from featcls.cache import Cache, cache_root
    from featcls.errors import RunError

    root = cache_root()
    try:
        n_files, n_bytes = Cache(root).size()
    except RunError as fault:
        return [Finding("cache", "broken", fault.message, fault.remedy)]
    if not os.access(root, os.W_OK):
        return [Finding("cache", "broken", f"{root} cannot be written", "set FEATCLS_CACHE_DIR")]
    held = f"{n_bytes / 1e6:,.1f} MB in {plural(n_files, 'file')}"
    return [Finding("cache", "ok", f"{root}, {held}")]


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
