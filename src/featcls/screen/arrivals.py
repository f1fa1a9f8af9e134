"""What a source hands over: frames that can be read, as they come."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from featcls.errors import UnreadableFrameError
from featcls.frame import Frame

TICK = 0.2  # seconds in which a source looks whether it shall stop


Outcome = Frame | UnreadableFrameError


@dataclass(frozen=True)
class Arrival:
    """A frame, or a file of some, that has come and is not read yet.

    Parameters
    ----------
    frame_id : str
    read : callable
        Yields its frames, and in place of those that cannot be read the error that says so;
        called by any thread.
    received : float
        Of `time.monotonic`.
    patience : float
        Seconds after which it is tried once more if nothing of it can be read: its writer may
        not be done.
    stale : callable
        Says that it came again meanwhile, so that this arrival needs no row of its own.
    nbytes : int
        Bytes of memory that it holds until it is read; a file holds none.
    """

    frame_id: str
    read: Callable[[], Iterable[Outcome]]
    received: float = field(default_factory=time.monotonic)
    patience: float = 0.0
    stale: Callable[[], bool] = bool
    nbytes: int = 0


class Source(Protocol):
    """Where frames come from."""

    name: str

    def arrivals(self, stop: threading.Event) -> Iterator[Arrival | UnreadableFrameError]:
        """Yield frames as they come, until there can be no more or `stop` is set.

        What came and is no frame is yielded as the error that says so.
        """
        ...
