"""Rows into a file, line by line, through a disk that may be full for a while."""

import csv
import io
import json
import logging
import os
import sys
import threading
import time
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from featcls import atomic
from featcls.errors import RunError, cannot_write

FORMATS = ("jsonl", "csv")
HELD = 100_000  # rows that wait for a disk that takes none
AGAIN = 1.0  # seconds until it is asked again

logger = logging.getLogger(__name__)


class RowsOut:
    """Appends rows; each line is in the file whole or not at all.

    Rows that cannot be written are held, up to 100,000, and written when the disk takes them
    again.

    Parameters
    ----------
    path : path, optional
        Standard output without.
    form : {"jsonl", "csv"}
    columns : sequence of str
        Columns of CSV; a header is written into an empty file.

    Raises
    ------
    RunError
        The file cannot be opened.
    """

    def __init__(self, path: str | os.PathLike[str] | None, form: str, columns: Sequence[str]):
        self.form, self.columns = form, list(columns)
        self.held: deque[str] = deque()
        self.lost = 0
        self._lock = threading.Lock()
        self._retry = 0.0
        self._to_file = path is not None
        self._name = str(path) if self._to_file else "standard output"
        self._file = _opened(path)
        self._whole = 0 if path is None else self._file.seek(0, os.SEEK_END)
        self._head = _csv([self.columns]) if form == "csv" and not self._whole else ""

    def write(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Append rows."""
        with self._lock:
            self.held.extend(self._line(row) for row in rows)
            while len(self.held) > HELD:
                self.held.popleft()
                self.lost += 1
            if time.monotonic() >= self._retry:
                self._flush()

    def close(self) -> None:
        """Write what is held.

        Raises
        ------
        RunError
            Rows are lost, or could not be written.
        """
        with self._lock:
            self._flush()
            if self._to_file:
                self._file.close()
        if missing := self.lost + len(self.held):
            raise RunError(
                f"{missing} rows could not be written to {self._name}",
                "make room on its disk; the frames can be screened again",
            )

    def _flush(self) -> None:
        # A name of a file that is no UTF-8 stays as it is.
        data = (self._head + "".join(self.held)).encode(errors="surrogateescape")
        try:
            _write_all(self._file, data)
        except OSError as error:
            if not self._to_file:
                raise
            self._file.truncate(self._whole)  # a line that is there in part
            if not self._retry:
                logger.warning("%s: %s; rows are held", self._name, error.strerror)
            self._retry = time.monotonic() + AGAIN
            return
        if self._retry:
            logger.warning("%s takes rows again", self._name)
        self._retry = 0.0
        self._head = ""
        self._whole += len(data)
        self.held.clear()

    def _line(self, row: Mapping[str, Any]) -> str:
        if self.form == "csv":
            return _csv([[row.get(name) for name in self.columns]])
        return json.dumps(row, allow_nan=False) + "\n"


def _opened(path: str | os.PathLike[str] | None) -> IO[bytes]:
    if path is None:
        return sys.stdout.buffer
    try:
        atomic.refuse_special(path)  # of a pipe or a device nothing can be cut off
        return Path(path).open("ab", buffering=0)
    except OSError as error:
        raise cannot_write(path, error) from error


def _write_all(file: IO[bytes], data: bytes) -> None:
    while data:
        data = data[file.write(data) :]
    file.flush()


def _csv(rows: Iterable[Sequence[Any]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()
