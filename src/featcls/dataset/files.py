"""Files and their readers: which reader, what frames, and what stays open."""

import os
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from featcls.data.base import Reader, decoding
from featcls.dataset.records import Record, as_label, as_split, as_weight
from featcls.errors import DataError, UnreadableFrameError, UsageError, unknown
from featcls.frame import Frame
from featcls.plugins import Registry

HEAD = 4096
OPEN_FILES = 8  # of each thread


class Files:
    """Reads the files of one data set, each by the one reader that understands it.

    Parameters
    ----------
    registry : Registry
        Where readers come from.
    name : str, optional
        The reader to use for all files.
    options : mapping
        Its options.
    """

    def __init__(self, registry: Registry, name: str | None, options: Mapping[str, Any]) -> None:
        names = registry.names("reader") if name is None else [name]
        self.readers: dict[str, Reader] = {}
        self.extensions: dict[str, set[str]] = {}
        for known in names:
            entry = registry.get("reader", known)
            self.readers[known] = _make(known, entry.factory, options)
            self.extensions[known] = {end.lower() for end in entry.options["extensions"]}
        self.name = name
        self._identities: dict[str, dict[str, Any]] = {}
        self._open = _OpenFiles()

    def is_frame(self, path: str) -> bool:
        """Say whether a file in a folder is meant as data: by its extension, else its bytes."""
        if any(_extension(path) in ends for ends in self.extensions.values()):
            return True
        try:
            return bool(self._understood(path))
        except UnreadableFrameError:
            return False

    def reader_of(self, path: str) -> str:
        """Return the name of the reader of a file.

        Raises
        ------
        UnreadableFrameError
            No reader understands the file.
        DataError
            Two readers do, and its extension does not decide.
        """
        if self.name is not None:
            return self.name
        names = self._understood(path)
        if len(names) > 1:
            names = [n for n in names if _extension(path) in self.extensions[n]] or names
        if len(names) == 1:
            return names[0]
        if names:
            both = ", ".join(names)
            raise DataError(f"{path} is understood by several readers: {both}", "name the reader")
        what = f"no reader understands it; it starts with {_head(path)[:8]!r}"
        raise UnreadableFrameError(path, None, what, "`featcls plugins` lists what can be read")

    def expand(self, root: str, record: Record) -> list[Record]:
        """One record for each frame that a record stands for, with what its file says."""
        path = os.path.join(root, record.path) if record.path else ""
        try:
            name = self.reader_of(path)
            record = replace(record, reader=name)
            with decoding(path or f"reader {name}", None):
                n = len(self._frames(name, path))
                said = self.readers[name].rows(path) if record.label is None else []
                rows = said or [{}] * n
                if len(rows) != n:
                    raise ValueError(f"reader {name} gives {len(rows)} rows for {n} frames")
        except UnreadableFrameError as error:
            return [replace(record, error=error)]
        if record.index is not None:
            if record.index >= n:
                raise DataError(f"{path} has no frame {record.index}, only {n}", "correct the row")
            rows = [rows[record.index]]
        told = [_told(record, row, i) for i, row in enumerate(rows, record.index or 0)]
        return told if n > 1 else [replace(record, index=None) for record in told]

    def identity(self, name: str) -> dict[str, Any]:
        """Return what the pixels of a reader depend on beside the file."""
        if name not in self._identities:
            self._identities[name] = self.readers[name].identity() if name else {}
        return self._identities[name]

    def frame(self, root: str, record: Record) -> Frame:
        """Read the frame of a record."""
        if record.error is not None:
            raise record.error
        path = os.path.join(root, record.path) if record.path else ""
        with decoding(path, record.index):
            return self._frames(record.reader, path)[record.index or 0]

    def _frames(self, name: str, path: str) -> Sequence[Frame]:
        status = os.stat(path) if path else None
        state = (status.st_size, status.st_mtime_ns) if status else (0, 0)
        return self._open.get(name, self.readers[name], path, state)

    def _understood(self, path: str) -> list[str]:
        head = _head(path)
        names = []
        for name, reader in self.readers.items():
            with decoding(path, None):
                if reader.understands(path, head):
                    names.append(name)
        return names


class _OpenFiles(threading.local):
    """The files last read. Each thread and each process has its own handles."""

    def __init__(self) -> None:
        self._pid = os.getpid()
        self._frames: OrderedDict[tuple[Any, ...], Sequence[Frame]] = OrderedDict()
        self._inherited: list[Any] = []

    def get(self, name: str, reader: Reader, path: str, state: tuple[int, int]) -> Sequence[Frame]:
        if self._pid != os.getpid():
            # Kept, not closed: the parent process still reads from these.
            self._inherited.append(self._frames)
            self._frames = OrderedDict()
            self._pid = os.getpid()
        key = (name, path, *state)
        if key not in self._frames:
            self._frames[key] = reader.frames(path)
            while len(self._frames) > OPEN_FILES:
                _, oldest = self._frames.popitem(last=False)
                if close := getattr(oldest, "close", None):
                    close()
        self._frames.move_to_end(key)
        return self._frames[key]


def _make(name: str, factory: Any, options: Mapping[str, Any]) -> Reader:
    try:
        reader: Reader = factory(**options)
    except TypeError as error:
        allowed: list[str] = getattr(factory, "parameter_names", list)()
        for key in options:
            if key not in allowed:
                raise UsageError(unknown(f"option of reader {name}", key, allowed)) from None
        raise UsageError(f"reader {name} does not take {dict(options)}: {error}") from error
    return reader


def _told(record: Record, row: Mapping[str, Any], index: int) -> Record:
    """Add what the file says of a frame, where nothing else has said it."""
    place = f"{record.path}#{index}"
    told: dict[str, Any] = {"index": index}
    if record.label is None and "label" in row:
        told["label"] = as_label(row["label"])
    if "split" in row:
        told["split"] = as_split(row["split"], place)
    if "group" in row:
        told["group"] = str(row["group"])
    if "weight" in row:
        told["weight"] = as_weight(row["weight"], place)
    return replace(record, **told)


def _extension(path: str) -> str:
    return os.path.splitext(path)[1].lower()


def _head(path: str) -> bytes:
    with decoding(path, None, "check the path and its rights"), open(path, "rb") as file:
        return file.read(HEAD)
