"""Frames of one file that grows, such as HDF5 written in SWMR mode."""

import threading
from collections.abc import Iterator
from functools import partial

from featcls.dataset.address import parse_address
from featcls.dataset.files import Files
from featcls.dataset.records import Record
from featcls.errors import DataError, UnreadableFrameError
from featcls.screen.arrivals import TICK, Arrival, Outcome


class Growing:
    """The frames of a file, and those that are added to it.

    The file is opened anew for each look, so that links to files that came meanwhile are
    followed too. A file that cannot be opened yet is looked at again.

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
        own = parse_address(address)
        self.record = Record(own.path, None, dataset=own.dataset)
        self.name, self.files, self.settle = address, files, settle

    def arrivals(self, stop: threading.Event) -> Iterator[Arrival | UnreadableFrameError]:
        """Yield the frames that are there, then each that is added."""
        done = 0
        while not stop.is_set():
            records = self._records()
            for record in records[done:]:
                if stop.is_set():
                    return
                read = partial(self._read, record.index)
                name = self.name if record.index is None else f"{self.name}#{record.index}"
                yield Arrival(name, read, patience=self.settle)
            done = max(done, len(records))
            stop.wait(TICK)

    def _records(self) -> list[Record]:
        try:
            records = list(self.files.expand("", [self.record]))
        except DataError:
            return []
        return [] if records[0].error else records

    def _read(self, index: int | None) -> Iterator[Outcome]:
        try:
            (record,) = self.files.expand(
                "", [Record(self.record.path, index, dataset=self.record.dataset)]
            )
            yield self.files.frame("", record)
        except UnreadableFrameError as error:
            yield error
