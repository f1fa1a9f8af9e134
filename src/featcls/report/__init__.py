"""The report of a run: one HTML file that needs no network."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from featcls.search import Run

__all__ = ["write"]


def write(run: "Run") -> Path:
    """Write `report.html` into a run's directory and return its path.

    The file is written under another name and renamed, so a reader never sees half of it.
    """
    import os

    from featcls.report.page import render

    path = run.path / "report.html"
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        partial.write_text(render(run), encoding="utf-8")
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return path
