"""Logging is configured here and nowhere else: to standard error, and to a run's log.txt."""

import logging
import warnings
from pathlib import Path
from typing import TextIO

from featcls.cli import output

LOGGER = logging.getLogger("featcls")
PACKAGE = str(Path(__file__).parents[1])


class _Stderr(logging.Handler):
    """Prints records between the lines of a progress bar instead of through it."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            output.stderr().print(self.format(record), soft_wrap=True)
        except Exception:
            self.handleError(record)


def set_level(verbosity: int) -> None:
    """Send featcls' records to standard error: -1 errors, 0 warnings, 1 information, 2 all."""
    if not any(isinstance(handler, _Stderr) for handler in LOGGER.handlers):
        LOGGER.addHandler(_Stderr())
        LOGGER.setLevel(logging.DEBUG)
        warnings.showwarning = _log_warning
    levels = (logging.ERROR, logging.WARNING, logging.INFO, logging.DEBUG)
    for handler in LOGGER.handlers:
        if isinstance(handler, _Stderr):
            handler.setFormatter(logging.Formatter("{levelname}: {message}", style="{"))
            handler.setLevel(levels[min(max(verbosity, -1), 2) + 1])


def to_file(path: Path) -> None:
    """Append everything but debug records to a file, from now to the end of the process."""
    handler = logging.FileHandler(path, encoding="utf-8", delay=True)
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
