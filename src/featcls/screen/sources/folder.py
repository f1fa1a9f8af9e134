"""Files that are written into a folder."""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any

from featcls.dataset.address import Address
from featcls.dataset.files import Files
from featcls.errors import DataError
from featcls.screen.arrivals import TICK, Arrival
from featcls.screen.sources.files import frames_at
from featcls.screen.sources.seen import Seen

SCAN = 2.0  # seconds between looks at the whole folder, more where a look takes long
SHARE = 0.05  # of the time that looks may take
PARTIAL = (".tmp", ".part", ".partial", ".crdownload", "~")

State = tuple[int, int]  # size and time of the last change


class Folder:
    """Files of a folder and the folders in it: those that are there, then those that come.

    A file has come when its writer closes it or moves it here, which the system says (Linux).
    Where it does not, as on network file systems, the folder is looked through again and again,
    and a file has come when nobody has changed it for `settle` seconds. Names that begin with a
    dot or end as unfinished files do are left alone.

    Parameters
    ----------
    path : str
    files : Files
    settle : float
    """

    def __init__(self, path: str, files: Files, settle: float) -> None:
        self.name, self.files, self.settle = path, files, settle
        self._events: SimpleQueue[str] = SimpleQueue()
        self._came = Seen()  # files that were handed over
        self._unsettled: dict[str, tuple[State, float]] = {}  # and those that may not be whole

    def arrivals(self, stop: threading.Event) -> Iterator[Arrival]:
        """Yield files as they come."""
        observer = self._observer()
        due = time.monotonic()
        try:
            while not stop.is_set():
                with suppress(Empty):
                    yield from self._closed(self._events.get(timeout=TICK))
                if time.monotonic() >= due:
                    began = time.monotonic()
                    yield from self._settled()
                    took = time.monotonic() - began
                    due = began + max(min(SCAN, self.settle), took / SHARE)
        finally:
            observer.stop()
            observer.join()

    def _observer(self) -> Any:
        from watchdog.events import FileClosedEvent, FileMovedEvent, FileSystemEventHandler
        from watchdog.observers import Observer

        events = self._events

        class Handler(FileSystemEventHandler):
            def on_closed(self, event: Any) -> None:
                events.put(os.fsdecode(event.src_path))

            def on_moved(self, event: Any) -> None:
                events.put(os.fsdecode(event.dest_path))

        observer = Observer()
        wanted = [FileClosedEvent, FileMovedEvent]
        observer.schedule(Handler(), self.name, recursive=True, event_filter=wanted)
        try:
            observer.start()
        except OSError as error:
            raise DataError(f"cannot watch {self.name}: {error}", "check its rights") from error
        return observer

    def _closed(self, path: str) -> Iterator[Arrival]:
        state = _state(path)
        if state is not None and self._is_wanted(path):
            yield from self._arrival(path, state)

    def _settled(self) -> Iterator[Arrival]:
        """Look through the folder for files that nobody has told of and nobody writes to."""
        now = time.monotonic()
        found = {}
        for path in _walk(self.name):
            state = _state(path)
            if state is None or self._came.knows(path, *state) or not self._is_wanted(path):
                continue
            known = self._unsettled.get(path)
            since = known[1] if known and known[0] == state else now
            if now - since >= self.settle or time.time() - state[1] / 1e9 >= self.settle:
                yield from self._arrival(path, state)
            else:
                found[path] = (state, since)
        self._unsettled = found

    def _arrival(self, path: str, state: State) -> Iterator[Arrival]:
        if not self._came.add(path, *state):
            return

        def stale() -> bool:
            now = _state(path)
            return now is not None and now != state and self._came.knows(path, *now)

        read = partial(frames_at, self.files, Address(path))
        yield Arrival(path, read, patience=self.settle, stale=stale)

    def _is_wanted(self, path: str) -> bool:
        name = os.path.basename(path)
        return (
            not name.startswith(".") and not name.endswith(PARTIAL) and self.files.is_frame(path)
        )


def _state(path: str) -> State | None:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_size, status.st_mtime_ns


def _walk(folder: str) -> Iterator[str]:
    for root, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            yield os.path.join(root, name)
