"""Frames named on standard input, one a line."""

import select
import sys
import threading
from collections.abc import Iterator
from functools import partial

from featcls.dataset.files import Files
from featcls.screen.arrivals import TICK, Arrival
from featcls.screen.sources.files import frames_of


class Paths:
    """Paths and addresses of frames, as another program prints them; ends where it does.

    A file that cannot be read is tried again after `settle` seconds: whoever names it may
    still be writing.
    """

    name = "standard input"

    def __init__(self, files: Files, settle: float) -> None:
        self.files, self.settle = files, settle

    def arrivals(self, stop: threading.Event) -> Iterator[Arrival]:
        """Yield the frames that are named."""
        while not stop.is_set():
            ready, _, _ = select.select([sys.stdin], [], [], TICK)
            if not ready:
                continue
            line = sys.stdin.readline()
            if not line:
                return
            if address := line.strip():
                read = partial(frames_of, self.files, address)
                yield Arrival(address, read, patience=self.settle)
