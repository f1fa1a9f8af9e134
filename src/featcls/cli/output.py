"""Where words go: results to standard output, everything else to standard error."""

import errno
import json
import math
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, Any

import click

from featcls import atomic
from featcls.errors import cannot_write
from featcls.report.words import plural

if TYPE_CHECKING:
    from rich.console import Console

SCHEMA = {"schema_version": 1}
BAD_FRAMES = 3  # exit code
SHOWN = 5  # names of bad frames
NAMES = "surrogateescape"  # on Linux a file may have a name that is no UTF-8: it stays as it is
WHY = "`featcls inspect DATA` says why; mend the files or leave them out"


def emit(document: Mapping[str, Any]) -> None:
    """Print one JSON document as a line; what is not a number in JSON becomes null."""
    click.echo(json.dumps(plain({**SCHEMA, **document}), allow_nan=False))


def plain(value: Any) -> Any:
    """Return a document with nothing in it but what JSON has.

    Examples
    --------
    >>> plain({"a": float("nan"), "b": (1, 2)})
    {'a': None, 'b': [1, 2]}
    """
    if isinstance(value, Mapping):
        return {str(key): plain(member) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return [plain(member) for member in value]
    if hasattr(value, "tolist"):  # numpy's arrays and scalars
        return plain(value.tolist())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if isinstance(value, str | int | None) else str(value)


def stdout() -> "Console":
    """Return the console of results; never coloured off a terminal."""
    return _console()


@cache
def stderr() -> "Console":
    """Return the console of progress, warnings and errors."""
    return _console(stderr=True)


def _console(**settings: Any) -> "Console":
    from rich.console import Console

    class Plain(Console):
        def on_broken_pipe(self) -> None:
            """Leave it to the root command, where rich would exit with 1."""
            raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))

    return Plain(highlight=False, markup=False, **settings)


def error(message: str, remedy: str = "") -> None:
    """Say what went wrong and what to do."""
    from rich.text import Text

    stderr().print(Text.assemble(("error: ", "bold red"), message), soft_wrap=True)
    if remedy:
        stderr().print(Text.assemble(("  try: ", "bold"), remedy), soft_wrap=True)


def leave_with_bad(frame_ids: Sequence[str], remedy: str = WHY) -> None:
    """Name the frames that could not be read, and exit with 3 if there are any."""
    if frame_ids:
        some = ", ".join(frame_ids[:SHOWN])
        more = f" and {len(frame_ids) - SHOWN} more" if len(frame_ids) > SHOWN else ""
        error(f"{plural(len(frame_ids), 'frame')} could not be read: {some}{more}", remedy)
        click.get_current_context().exit(BAD_FRAMES)


def table(*columns: str, title: str | None = None) -> Any:
    """Return an empty table in the style of all tables here."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    made = Table(*columns, box=SIMPLE_HEAD, title=title, title_justify="left", pad_edge=False)
    made.show_edge = False
    for column in made.columns:
        column.overflow = "fold"  # a name cut short is of no use
    return made


def check_place(path: str) -> None:
    """Refuse, before hours of work, a file that could not be written after them."""
    try:
        atomic.refuse_special(path)
        with TemporaryFile(dir=Path(path).parent):
            pass
    except OSError as fault:
        raise cannot_write(path, fault) from fault


@contextmanager
def writing(path: str | None, binary: bool = False) -> Iterator[IO[Any]]:
    """Open a file that appears complete or not at all; without a path, standard output."""
    if path is None:
        yield sys.stdout
        return
    try:
        with atomic.unfinished(path) as partial, _opened(partial, binary) as stream:
            yield stream
    except OSError as fault:
        raise cannot_write(path, fault) from fault


def _opened(path: Path, binary: bool) -> IO[Any]:
    if binary:
        return path.open("wb")
    return path.open("w", encoding="utf-8", errors=NAMES, newline="")
