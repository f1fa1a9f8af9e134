"""Frames of one file that grows, such as HDF5 written in SWMR mode."""

import logging
import threading
import time
from collections.abc import Iterator
from functools import partial

from featcls.dataset.address import Address, parse_address
from featcls.dataset.files import Files
from featcls.dataset.records import Record
from featcls.errors import DataError, UnreadableFrameError
from featcls.screen.arrivals import TICK, Arrival
from featcls.screen.sources.files import frames_at

SHARE = 0.2  # of the time that looks may take

logger = logging.getLogger(__name__)


class Growing:
    """The frames of a file, and those that are added to it.

    The file is opened anew for each look, so that links to files that came meanwhile are
    followed too. A file that cannot be opened yet is looked at again. One that holds fewer
    frames than it did, and still does `settle` seconds later, was written anew: its frames are
    given from the first.

    Parameters
    ----------
    address : str
        `file` or `file::/path/of/the/data`.
    files : Files
    settle : float
        Seconds after which a frame that cannot be read is tried once more: its chunk may not
        be on the disk yet.
    """

    def __init__(self, address: str, files: Files, settle: float) -> None:
        self.address = parse_address(address)
        self.name, self.files, self.settle = address, files, settle
        self._told = False  # that it cannot be opened yet

    def arrivals(self, stop: threading.Event) -> Iterator[Arrival | UnreadableFrameError]:
        """Yield the frames that are there, then each that is added."""
        done, shorter = 0, None
        while not stop.is_set():
            began = time.monotonic()
            records = self._records()
            took = time.monotonic() - began
            if not records or len(records) >= done:
                shorter = None
            elif shorter is None:
                shorter = time.monotonic()
            elif time.monotonic() - shorter >= self.settle:
                logger.warning(
                    "%s was written anew: it holds %d frames, where %d were seen; they are "
                    "taken from the first",
                    self.name,
                    len(records),
                    done,
                )
                done, shorter = 0, None
            for record in records[done:]:
                if stop.is_set():
                    return
                yield self._arrival(record.index)
            done = max(done, len(records))
            stop.wait(max(TICK, took / SHARE))

    def _records(self) -> list[Record]:
        own = Record(self.address.path, None, dataset=self.address.dataset)
        try:
            records = list(self.files.expand("", [own]))
        except DataError as error:
            return self._not_yet(error)
        faults = [record.error for record in records if record.error]
        return self._not_yet(faults[0]) if faults else records

    def _not_yet(self, reason: DataError) -> list[Record]:
        """Say once why the file cannot be opened: it may never be a file of frames."""
        if not self._told:
            logger.warning("%s; it is looked at again until it can be read", reason)
        self._told = True
        return []

    def _arrival(self, index: int | None) -> Arrival:
        name = self.name if index is None else f"{self.name}#{index}"
        own = Address(self.address.path, self.address.dataset, index)
        return Arrival(name, partial(frames_at, self.files, own), patience=self.settle)
