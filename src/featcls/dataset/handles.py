"""Files that stay open between frames: few, and never shared by threads or processes."""

import os
import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

from featcls.data.base import Reader
from featcls.frame import Frame

OPEN_FILES = 8  # of each thread


class OpenFiles(threading.local):
    """The files last read. Each thread and each process has its own handles."""

    def __init__(self) -> None:
        self._pid = os.getpid()
        self._frames: OrderedDict[tuple[Any, ...], Sequence[Frame]] = OrderedDict()
        self._inherited: list[Any] = []

    def get(
        self, name: str, reader: Reader, path: str, dataset: str, state: tuple[int, int]
    ) -> Sequence[Frame]:
        if self._pid != os.getpid():
            # Kept, not closed: the parent process still reads from these.
            self._inherited.append(self._frames)
            self._frames = OrderedDict()
            self._pid = os.getpid()
        key = (name, path, dataset, *state)
        if key not in self._frames:
            self._frames[key] = reader.frames(path, *([dataset] if dataset else []))
            while len(self._frames) > OPEN_FILES:
                _, oldest = self._frames.popitem(last=False)
                if close := getattr(oldest, "close", None):
                    close()
        self._frames.move_to_end(key)
        return self._frames[key]
