"""Atom rows on disk: computed once, read by every trial of every run as memory maps.

A key is the SHA-256 of all that the rows depend on. Rows come in blocks of frames, so that
workers share the work; the finished array appears by rename. Any number of writers is safe:
they compute the same bytes.
"""

import json
import os
import platform
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featcls import atomic
from featcls.config import digest
from featcls.errors import RunError
from featcls.extractors.base import Atom, Ragged, Rows
from featcls.folders import cache_root as cache_root

BLOCK = 256  # frames, at most
SHARES = 8  # blocks of a small data set, so that all workers have a part in it
LOCK_SECONDS = 600.0  # a lock older than this belongs to a process that died
TOKEN = "token"  # name of the value that a folder is known by
MAX_BYTES = 20 << 30  # searches prune the cache to this


def rows_key(
    pixels_id: str, chain: Sequence[Any], fit: str | None, extractor: str, atom: Atom
) -> str:
    """Return the key of one atom's rows over a data set, or the part of it that is named.

    `chain` holds the steps with their plugin versions; `fit` is the digest of the training
    frames where a step learns from them; `extractor` is name, distribution and version.
    """
    return digest([pixels_id, list(chain), fit, extractor, atom])


class Cache:
    """Rows by key under one folder; every write is to a temporary name, then renamed."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = root / "atoms"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RunError(
                f"cannot make the feature cache {root}: {error.strerror}",
                "name a folder that you may write to with FEATCLS_CACHE_DIR",
            ) from error

    def has(self, key: str) -> bool:
        """Say whether the rows of a key are complete."""
        return self._path(key).exists()

    def has_block(self, key: str, block: int) -> bool:
        """Say whether one block of rows is there, alone or in the complete array."""
        return self._path(f"{key}.{block}").exists() or self.has(key)

    def put_block(self, key: str, block: int, rows: Rows) -> None:
        """Write one block."""
        self._write(f"{key}.{block}", rows)

    def merge(self, key: str, n_blocks: int) -> None:
        """Make the complete array of its blocks and remove them; nothing if it is there."""
        if self.has(key):
            return
        try:
            parts = [self._read(f"{key}.{block}") for block in range(n_blocks)]
        except FileNotFoundError:
            if self.has(key):  # another process merged them meanwhile
                return
            raise
        self._write(key, _concatenate(parts))
        for block in range(n_blocks):
            for name in (f"{key}.{block}", f"{key}.{block}.offsets"):
                self._path(name).unlink(missing_ok=True)

    def rows(self, key: str) -> Rows:
        """Return the rows of a key, as memory maps; the access time marks them as used."""
        with suppress(OSError):
            os.utime(self._path(key))
        return self._read(key)

    def json(self, key: str, compute: Callable[[], Any]) -> Any:
        """Return a small JSON value by key, computed once."""
        path = self.folder / f"{key}.json"
        with suppress(OSError, json.JSONDecodeError):
            return json.loads(path.read_text(encoding="utf-8"))
        with self.lock(key):
            if path.exists():
                return json.loads(path.read_text(encoding="utf-8"))
            value = compute()
            atomic.write(path, json.dumps(value).encode())
        return json.loads(json.dumps(value))

    @contextmanager
    def lock(self, key: str) -> Iterator[None]:
        """Hold the work on a key; wait while another process holds it, unless that one died."""
        path = self.folder / f"{key}.lock"
        while True:
            try:
                with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY), "w") as file:
                    file.write(f"{os.getpid()} {platform.node()}")
                break
            except FileExistsError:
                if _abandoned(path):
                    path.unlink(missing_ok=True)
                time.sleep(0.05)
        try:
            yield
        finally:
            path.unlink(missing_ok=True)

    def token(self) -> str:
        """Return what this folder is known by: who reads the same sees the same folder."""
        return str(self.json(TOKEN, lambda: uuid.uuid4().hex))

    def size(self) -> tuple[int, int]:
        """Return (number of files, bytes)."""
        sizes = [stat.st_size for _, stat in self._files()]
        return len(sizes), sum(sizes)

    def prune(self, max_bytes: int = MAX_BYTES) -> int:
        """Remove what was not used for longest until the rest fits; return bytes freed.

        Values and their offsets go together. What somebody is working on stays: locks, and
        files that are being written.
        """
        entries: dict[str, list[tuple[Path, os.stat_result]]] = {}
        for path, stat in self._files():
            if not _at_work(path, stat):
                entries.setdefault(path.name.replace(".offsets.npy", ".npy"), []).append(
                    (path, stat)
                )
        total = sum(stat.st_size for entry in entries.values() for _, stat in entry)
        freed = 0
        for entry in sorted(entries.values(), key=lambda e: max(s.st_mtime for _, s in e)):
            if total - freed <= max_bytes:
                break
            for path, stat in sorted(entry, key=lambda file: ".offsets." in file[0].name):
                path.unlink(missing_ok=True)  # the values first: they say that all is there
                freed += stat.st_size
        return freed

    def _files(self) -> Iterator[tuple[Path, os.stat_result]]:
        """Yield all but the token, and what another process removes meanwhile."""
        for path in self.folder.rglob("*"):
            with suppress(FileNotFoundError):
                if path.is_file() and path.stem != TOKEN:
                    yield path, path.stat()

    def _path(self, name: str) -> Path:
        return self.folder / name[:2] / f"{name}.npy"

    def _read(self, name: str) -> Rows:
        values = np.load(self._path(name), mmap_mode="r", allow_pickle=False)
        offsets = self._path(f"{name}.offsets")
        if offsets.exists():
            return Ragged(values, np.load(offsets, allow_pickle=False))
        return np.asarray(values)

    def _write(self, name: str, rows: Rows) -> None:
        path = self._path(name)
        values = rows
        try:
            path.parent.mkdir(exist_ok=True)
            if isinstance(rows, Ragged):
                values = rows.values
                _save(self._path(f"{name}.offsets"), rows.offsets)
            _save(path, values)  # last: its presence says that all is there
        except OSError as error:
            raise RunError(
                f"cannot write to the feature cache {self.root}: {error.strerror}",
                "free the disk, or name another folder with FEATCLS_CACHE_DIR; then --resume",
            ) from error


def _save(path: Path, array: Any) -> None:
    with atomic.unfinished(path) as temporary, open(temporary, "wb") as file:
        np.save(file, array)


def _at_work(path: Path, stat: os.stat_result) -> bool:
    """Say whether a file is a lock or half written, by a process that may still live."""
    passing = path.suffix == ".lock" or path.name.startswith(".")
    return passing and time.time() - stat.st_mtime < LOCK_SECONDS


def _abandoned(lock: Path) -> bool:
    """Say whether the holder of a lock is gone: dead on this host, or silent for too long."""
    try:
        pid, _, host = lock.read_text().partition(" ")
        if host == platform.node() and pid:
            os.kill(int(pid), 0)
        return time.time() - lock.stat().st_mtime > LOCK_SECONDS
    except FileNotFoundError:
        return False
    except ProcessLookupError:
        return True
    except PermissionError:
        return False


def _concatenate(parts: Sequence[Rows]) -> Rows:
    ragged = [part for part in parts if isinstance(part, Ragged)]
    if not ragged:
        arrays: list[NDArray[Any]] = [np.asarray(part) for part in parts]
        return np.concatenate(arrays)
    starts = np.cumsum([0] + [len(part.values) for part in ragged])
    offsets = [part.offsets[1:] + start for part, start in zip(ragged, starts, strict=False)]
    return Ragged(
        np.concatenate([part.values for part in ragged]),
        np.concatenate([np.zeros(1, np.int64), *offsets]),
    )


def blocks(n: int) -> list[range]:
    """Return the frames of each block of a data set of `n` frames.

    Examples
    --------
    >>> blocks(70), len(blocks(10_000))
    ([range(0, 32), range(32, 64), range(64, 70)], 40)
    """
    size = min(BLOCK, max(BLOCK // SHARES, -(-n // SHARES)))
    return [range(start, min(start + size, n)) for start in range(0, n, size)]
