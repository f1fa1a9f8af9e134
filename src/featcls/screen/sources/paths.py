"""Frames named on standard input, one a line."""

import os
import select
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
        for address in _lines(stop):
            read = partial(frames_of, self.files, address)
            yield Arrival(address, read, patience=self.settle)


def _lines(stop: threading.Event) -> Iterator[str]:
    """Yield lines as they come; without a buffer that `select` does not see."""
    rest = b""
    while not stop.is_set():
        if not select.select([0], [], [], TICK)[0]:
            continue
        data = os.read(0, 65536)
        *lines, rest = (rest + data).split(b"\n")
        yield from (os.fsdecode(line).strip() for line in lines if line.strip())
        if not data:
            yield from [os.fsdecode(rest).strip()] if rest.strip() else []
            return
