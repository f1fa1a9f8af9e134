"""Tasks on the workers of a dask scheduler.

Each worker that answered the greeting has at most one task of this search, sent to it by
name: so a worker that dies takes one task with it, a hung one can be restarted without harm
to others, and what comes back is known to come from the same versions. What is sent is JSON.
"""

import json
import logging
import threading
import time
import uuid
from collections import deque
from collections.abc import Iterable
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass, field
from typing import Any

from featcls.errors import FeatclsError, RunError
from featcls.search.backends import cluster
from featcls.search.backends.base import BackendLost, Task, WorkerLost
from featcls.search.backends.cluster import CONNECT_SECONDS
from featcls.search.backends.greeting import Greeting

ANSWER_SECONDS = 60.0  # at the start, for all workers; later ones come when they answer
RESTART_SECONDS = 20.0
POLL = 0.2  # seconds between looks at the list of workers

log = logging.getLogger(__name__)


@dataclass
class _Call:
    """A task on its way: queued, then sent to a worker, then running there."""

    task: Task
    payload: str
    timeout: float | None
    name: str = field(default_factory=lambda: f"featcls-{uuid.uuid4().hex}")
    future: Future[Any] = field(default_factory=Future)
    sent: Any = None  # dask's future
    deadline: float = float("inf")


class Dask:
    """The workers of an existing cluster, those that join later included.

    Parameters
    ----------
    address : str
        Of the scheduler, as `tcp://host:port`.
    greeting : Greeting
        What each worker is asked before it gets a task.
    kills : bool
        Trials have a time limit: workers that cannot be restarted are refused.

    Raises
    ------
    RunError
        The scheduler cannot be reached, has no workers, or one of them does not see cache or
        data or is of another version.
    PluginError
        A worker has other plugins.
    """

    def __init__(self, address: str, greeting: Greeting, kills: bool) -> None:
        self.address, self.greeting, self.kills = address, greeting, kills
        self._lock = threading.RLock()
        self._queue: deque[_Call] = deque()
        self._ready: dict[str, _Call | None] = {}  # workers that may be used, with their call
        self._asked: set[str] = set()  # workers that are not, or not yet, to be used
        self._refused: list[FeatclsError] = []
        self._lost: BackendLost | None = None
        self._topic = f"featcls-{uuid.uuid4().hex}"
        self._closing = threading.Event()
        self._client = cluster.connect(address)
        self._client.subscribe_topic(self._topic, self._started)
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._watcher.start()
        try:
            self._wait_for_workers()
        except BaseException:
            self.close()
            raise

    @property
    def capacity(self) -> int:
        """Number of workers in use; 1 while there is none, so that the search waits for one."""
        return max(1, len(self._ready))

    def submit(self, task: Task, payload: dict[str, Any], timeout: float | None) -> Future[Any]:
        """Queue a task for the next worker that is free; `timeout` counts from its start there."""
        call = _Call(task, json.dumps(payload, allow_nan=False), timeout)
        with self._lock:
            self._queue.append(call)
            self._send_next()
        return call.future

    def is_lost(self, error: BaseException) -> bool:
        """Say whether an error means that the worker died."""
        from distributed import KilledWorker

        return isinstance(error, WorkerLost | KilledWorker)

    def close(self, kill: bool = False) -> None:
        """Leave the cluster; `kill` restarts the workers that are still busy with our tasks."""
        self._closing.set()
        self._watcher.join()
        with self._lock:
            busy = [worker for worker, call in self._ready.items() if call is not None]
            self._give_up(self._calls(), CancelledError())
        if kill and busy and self._client.status == "running":
            self._restart(busy)
        self._client.close()

    # sending

    def _send_next(self) -> None:
        """Give queued calls to free workers; the lock is held."""
        if self._client.status != "running" and not self._closing.is_set():
            self._lost = BackendLost(
                f"lost the dask scheduler at {self.address}",
                "start it again, then go on with --resume",
            )
            self._give_up(self._calls(), self._lost)
        for worker in [w for w, call in self._ready.items() if call is None]:
            while self._queue and not self._queue[0].future.set_running_or_notify_cancel():
                self._queue.popleft()
            if not self._queue:
                return
            self._send(worker, self._queue.popleft())

    def _send(self, worker: str, call: _Call) -> None:
        self._ready[worker] = call
        call.sent = self._client.submit(
            cluster.run_here,
            call.task,
            call.payload,
            self._topic,
            call.name,
            **cluster.only(worker),
        )
        call.sent.add_done_callback(lambda sent: self._done(worker, call))

    def _started(self, event: tuple[float, str]) -> None:
        """Note that a call has begun: workers may have been busy with those of others."""
        with self._lock:
            for call in self._ready.values():
                if call is not None and call.name == event[1] and call.timeout is not None:
                    call.deadline = time.monotonic() + call.timeout

    def _done(self, worker: str, call: _Call) -> None:
        """Take over what dask has to say, unless the call was given up already."""
        if self._ready.get(worker) is not call or call.sent.cancelled():
            return  # cancelled: the worker or the scheduler is gone, which the watch will see
        error: BaseException | None = None
        result: Any = None
        try:
            result = call.sent.result()
        except CancelledError:
            return  # as above, but since
        except Exception as raised:
            if self._client.status != "running":
                return
            error = raised
        with self._lock:
            if self._ready.get(worker) is not call:
                return
            self._ready[worker] = None
            self._send_next()
        if error is None:
            call.future.set_result(result)
        else:
            call.future.set_exception(error)

    # watching

    def _watch(self) -> None:
        while not self._closing.wait(POLL):
            try:
                about = self._client.sync(self._client.scheduler.identity)
            except (OSError, RuntimeError, CancelledError):
                about = None  # the connection was lost
            if self._client.status != "running":
                with self._lock:
                    self._send_next()
                return
            if about is not None:
                self._look(about["workers"])

    def _look(self, workers: dict[str, Any]) -> None:
        with self._lock:
            for worker in [w for w in self._ready if w not in workers]:
                call = self._ready.pop(worker)
                if call is not None:
                    self._give_up([call], WorkerLost(f"worker {worker} is gone"))
                if not self._ready:
                    log.warning("no worker is left at %s; waiting for one", self.address)
            self._asked &= set(workers)
            for worker in set(workers) - set(self._ready) - self._asked:
                self._asked.add(worker)
                threading.Thread(
                    target=self._ask, args=(worker, workers[worker]), daemon=True
                ).start()
            late = [w for w, c in self._ready.items() if c and c.deadline < time.monotonic()]
            for worker in late:
                call = self._ready.pop(worker)
                assert call is not None
                self._asked.add(worker)  # until it is gone
                self._give_up([call], TimeoutError())
        if late:
            threading.Thread(target=self._restart, args=(late,), daemon=True).start()

    def _restart(self, workers: list[str]) -> None:
        """Restart worker processes by their nannies: cancelling does not end a hung task."""
        try:
            self._client.restart_workers(workers, RESTART_SECONDS, raise_for_error=False)
        except Exception as error:
            log.warning("cannot restart %s: %s", ", ".join(workers), error)

    def _calls(self) -> list[_Call]:
        """Take all calls out of queue and workers."""
        calls = [call for call in self._ready.values() if call is not None]
        calls += [call for call in self._queue if call.future.set_running_or_notify_cancel()]
        self._queue.clear()
        self._ready.clear()
        return calls

    def _give_up(self, calls: Iterable[_Call], error: BaseException) -> None:
        for call in calls:
            if call.sent is not None:
                call.sent.release()  # `cancel` would wait for the thread that may wait for us
            call.future.set_exception(error)

    # asking

    def _ask(self, worker: str, about: dict[str, Any]) -> None:
        """Ask one worker; it is used from then on, or refused."""
        try:
            refusal = cluster.refusal(self._client, worker, about, self.greeting, self.kills)
        except Exception as error:  # it left, or cannot even run the question
            if self._closing.is_set():
                return
            refusal = RunError(f"worker {worker} cannot be used: {error}")
        with self._lock:
            if refusal is not None:
                self._refused.append(refusal)
                log.warning("%s", refusal)
            elif worker in self._asked:
                self._asked.discard(worker)
                self._ready[worker] = None
                log.info("worker %d: %s", len(self._ready), worker)
                self._send_next()

    def _wait_for_workers(self) -> None:
        """Wait until all workers of the start have answered; raise why one does not fit."""
        started = time.monotonic()
        while True:
            time.sleep(POLL / 4)
            with self._lock:
                if self._refused:
                    raise self._refused[0]
                if self._lost is not None:
                    raise self._lost
                if self._ready and not self._asked:
                    return
                waited = time.monotonic() - started
                if not self._ready and not self._asked and waited > CONNECT_SECONDS:
                    raise RunError(
                        f"the dask scheduler at {self.address} has no workers",
                        f"start some: dask worker {self.address} --nthreads 1",
                    )
                if waited > ANSWER_SECONDS:
                    self._go_without()
                    return

    def _go_without(self) -> None:
        late = ", ".join(sorted(self._asked))
        if not self._ready:
            raise RunError(
                f"no worker answered within {ANSWER_SECONDS:.0f} s: {late}",
                "they may be busy with other work: wait for it, or restart them",
            )
        log.warning("not used before they answer: %s", late)
