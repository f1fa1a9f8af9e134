"""Logging is configured here and nowhere else: to standard error, and to a run's log.txt."""

import logging
import warnings
from pathlib import Path
from typing import TextIO

from featcls.cli import output

LOGGER = logging.getLogger("featcls")
PROGRESS = logging.getLogger("featcls.progress")  # words for whoever waits
STEPS = logging.getLogger("featcls.steps")  # the same, where a progress bar shows them already
PACKAGE = str(Path(__file__).parents[1])


class _Stderr(logging.Handler):
    """Prints records between the lines of a progress bar instead of through it."""

    verbosity = 0  # -1 errors and results only, 0 progress and warnings, 1 information, 2 all

    def filter(self, record: logging.LogRecord) -> bool:
        levels = (logging.ERROR, logging.WARNING, logging.INFO, logging.DEBUG)
        level = levels[min(max(self.verbosity, -1), 2) + 1]
        told = record.name == PROGRESS.name and self.verbosity >= 0
        return told or record.levelno >= level

    def emit(self, record: logging.LogRecord) -> None:
        try:
            info = record.levelno <= logging.INFO and record.name == PROGRESS.name
            prefix = "" if info else f"{record.levelname.lower()}: "
            output.stderr().print(prefix + self.format(record), soft_wrap=True)
        except Exception:
            self.handleError(record)


_STDERR = _Stderr()


def set_verbosity(verbosity: int) -> None:
    """Send featcls' records to standard error, as many as the verbosity says."""
    _STDERR.verbosity = verbosity
    if _STDERR not in LOGGER.handlers:
        LOGGER.addHandler(_STDERR)
        LOGGER.setLevel(logging.DEBUG)
        warnings.showwarning = _log_warning


def shows_progress() -> bool:
    """Say whether somebody wants to see how far it is."""
    return _STDERR.verbosity >= 0


def to_file(path: Path) -> None:
    """Append everything but debug records to a file, from now to the end of the process."""
    handler = logging.FileHandler(path, encoding="utf-8", delay=True, errors="replace")
    handler.setLevel(logging.INFO)
    handler.setFormatter(logging.Formatter("{asctime} {levelname} {message}", style="{"))
    LOGGER.addHandler(handler)


def _log_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """Show our own warnings; those of libraries are information."""
    own = filename.startswith(PACKAGE) and issubclass(category, UserWarning)
    LOGGER.log(logging.WARNING if own else logging.INFO, "%s", message)
