"""The engine of a screening: a thread that takes frames in, workers that score them.

Every frame that comes ends as one row, whatever becomes of it.
"""

import heapq
import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import count

from featcls.frame import Frame
from featcls.screen.arrivals import TICK, Arrival, Source
from featcls.screen.out import RowsOut
from featcls.screen.scoring import Scoring
from featcls.screen.status import Status
from featcls.screen.waiting import Waiting

BAD = "unreadable"

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Settings:
    """How to run.

    Parameters
    ----------
    n_jobs : int
        Threads that read and score.
    batch : int
        Frames scored at once; fewer where fewer wait.
    waiting : int
        Frames that may wait.
    policy : {"drop-oldest", "block"}
        What happens when more come.
    waiting_bytes : float
        What frames that wait may hold in memory, which those from sockets do.
    """

    n_jobs: int = 2
    batch: int = 16
    waiting: int = 1024
    policy: str = "drop-oldest"
    waiting_bytes: float = 1e9


@dataclass(order=True)
class _Later:
    """What could not be read and is tried once more."""

    due: float
    order: int
    arrival: Arrival = field(compare=False)


class Screening:
    """Scores what a source gives until it ends or somebody stops it.

    Parameters
    ----------
    source : Source
    scoring : Scoring
    out : RowsOut
    status : Status
    settings : Settings
    """

    def __init__(
        self, source: Source, scoring: Scoring, out: RowsOut, status: Status, settings: Settings
    ) -> None:
        self.source, self.scoring, self.out, self.status = source, scoring, out, status
        self.settings = settings
        self.queue: Waiting[Arrival] = Waiting(
            settings.waiting, settings.policy, settings.waiting_bytes
        )
        self.error: BaseException | None = None
        self._stop = threading.Event()
        self._later: list[_Later] = []
        self._order = count()
        self._over = False  # whether nobody takes a second look any more
        self._lock = threading.Lock()
        self._feeding = threading.Thread(target=self._guarded, args=(self._feed,), daemon=True)
        self._workers = [
            threading.Thread(target=self._guarded, args=(self._work,), daemon=True)
            for _ in range(settings.n_jobs)
        ]

    def start(self) -> None:
        """Let the threads go."""
        for thread in (self._feeding, *self._workers):
            thread.start()

    def stop(self, now: bool = False) -> None:
        """Take no more frames; `now` also drops those that wait."""
        self._stop.set()
        if now:
            for arrival in self.queue.clear():
                self._lost(arrival.frame_id, "dropped")

    @property
    def running(self) -> bool:
        """Whether frames may still be scored."""
        self.status.waiting = len(self.queue)
        return any(thread.is_alive() for thread in (self._feeding, *self._workers))

    def _guarded(self, work: Callable[[], None]) -> None:
        """Stop everything where a thread of ours fails: nothing may go on half."""
        try:
            work()
        except BaseException as error:
            self.error = self.error or error
            self._stop.set()
            self.queue.close()

    def _feed(self) -> None:
        second = threading.Thread(target=self._guarded, args=(self._look_again,), daemon=True)
        second.start()
        for item in self.source.arrivals(self._stop):
            if isinstance(item, Arrival):
                self._put(item)
            else:
                logger.warning("%s", item)
                self._lost(item.path, BAD)
        self._stop.set()
        second.join()
        self.queue.close()

    def _put(self, arrival: Arrival) -> None:
        for dropped in self.queue.put(arrival, arrival.nbytes):
            self._lost(dropped.frame_id, "dropped")

    def _look_again(self) -> None:
        """Put back what could not be read, when it is due."""
        while True:
            time.sleep(TICK)
            with self._lock:
                emptied = self.error is not None or not len(self.queue)
                ended = self._stop.is_set() and emptied
                due = []
                while self._later and (ended or self._later[0].due <= time.monotonic()):
                    due.append(heapq.heappop(self._later).arrival)
                self._over = ended and not due
            for arrival in due:
                if not arrival.stale():
                    self._put(replace(arrival, patience=0.0))
            if self._over:
                return

    def _work(self) -> None:
        """Score what waits, in batches of frames."""
        while taken := self.queue.take(self.settings.batch):
            read: list[tuple[float, Frame]] = []
            for arrival in taken:
                for frame in self._frames(arrival):
                    read.append((arrival.received, frame))
                    if len(read) == self.settings.batch:
                        self._score(read)
                        read = []
            self._score(read)

    def _frames(self, arrival: Arrival) -> Iterator[Frame]:
        """Yield what can be read of an arrival."""
        for n, outcome in enumerate(arrival.read()):
            if isinstance(outcome, Frame):
                yield outcome
            elif n == 0 and arrival.patience:
                if not (self._put_off(arrival) or arrival.stale()):
                    yield from self._frames(replace(arrival, patience=0.0))
                return
            else:
                logger.warning("%s", outcome)
                own = f"#{outcome.frame}"  # of a file that holds several
                whole = outcome.frame is None or arrival.frame_id.endswith(own)
                self._lost(arrival.frame_id if whole else outcome.path + own, BAD)

    def _put_off(self, arrival: Arrival) -> bool:
        """Keep an arrival for a second look; False where the last one is over."""
        with self._lock:
            if not self._over:
                due = time.monotonic() + arrival.patience
                heapq.heappush(self._later, _Later(due, next(self._order), arrival))
            return not self._over

    def _score(self, read: Sequence[tuple[float, Frame]]) -> None:
        """Score frames together, or one by one where a frame among them cannot be scored."""
        if not read:
            return
        frames = [frame for _, frame in read]
        try:
            rows = self.scoring.rows(frames, [received for received, _ in read])
        except Exception as error:  # whatever an extractor raises for a frame it cannot take
            if len(read) > 1:
                for one in read:
                    self._score([one])
                return
            logger.warning("%s cannot be scored: %s", frames[0].frame_id, error)
            self.scoring.failed(frames[0])
            self._lost(frames[0].frame_id, "failed")
            return
        self.out.write(rows)
        self.status.scored(rows, frames)

    def _lost(self, frame_id: str, status: str) -> None:
        self.out.write([self.scoring.empty(frame_id, status)])
        self.status.lost(status)
