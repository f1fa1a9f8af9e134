"""The report of a run: one HTML file that needs no network."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from featcls.search import Run

__all__ = ["write"]


def write(run: "Run") -> Path:
    """Write `report.html` into a run's directory and return its path.

    Raises
    ------
    RunError
        The file cannot be written; one that was there stays as it was.
    """
    from featcls.report.page import render

    run.write("report.html", render(run).encode(errors="replace"))  # names of files
    return run.path / "report.html"
