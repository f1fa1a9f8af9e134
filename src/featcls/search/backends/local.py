"""Worker processes on this machine, each behind a pipe of its own, that can be killed.

Nothing is shared between workers: whenever one dies, even in the middle of a message, it takes
its own task with it and no other.
"""

import threading
from concurrent.futures import Future
from contextlib import suppress
from multiprocessing.connection import wait
from queue import Empty, SimpleQueue
from typing import Any, NamedTuple

from featcls.search.backends import forking
from featcls.search.backends.base import Task, WorkerLost

END_SECONDS = 5.0  # for a worker to end by itself


class _Call(NamedTuple):
    task: Task
    payload: dict[str, Any]
    timeout: float | None
    future: Future[Any]


class Local:
    """Worker processes on this machine, each with its thread budget and memory limit."""

    def __init__(self, n_jobs: int, n_threads: int, memory_limit: int | None) -> None:
        self.capacity = n_jobs
        context = forking.context()
        self._queue: SimpleQueue[_Call | None] = SimpleQueue()
        self._workers = [_Worker(context, n_threads, memory_limit) for _ in range(n_jobs)]
        self._threads = [
            threading.Thread(target=self._serve, args=(worker,), daemon=True)
            for worker in self._workers
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, task: Task, payload: dict[str, Any], timeout: float | None) -> Future[Any]:
        """Run the task in the next free worker; a worker that overruns is killed."""
        future: Future[Any] = Future()
        self._queue.put(_Call(task, payload, timeout, future))
        return future

    def is_lost(self, error: BaseException) -> bool:
        """Say whether an error means that the worker died."""
        return isinstance(error, WorkerLost)

    def close(self, kill: bool = False) -> None:
        """Stop; `kill` ends what is running."""
        while kill:
            try:
                call = self._queue.get_nowait()
            except Empty:
                break
            if call is not None:
                call.future.cancel()
        for _ in self._threads:
            self._queue.put(None)
        if kill:
            for worker in self._workers:
                worker.stop()
        for thread in self._threads:
            thread.join()

    def _serve(self, worker: "_Worker") -> None:
        """Give one worker a task after the other."""
        while (call := self._queue.get()) is not None:
            if not call.future.set_running_or_notify_cancel():
                continue
            try:
                result = worker.run(call)
            except BaseException as error:
                call.future.set_exception(error)
            else:
                call.future.set_result(result)
        worker.end()


class _Worker:
    """A process and the pipe to it; it is started when there is work, and again after it died."""

    def __init__(self, context: Any, n_threads: int, memory_limit: int | None) -> None:
        self._context, self._limits = context, (n_threads, memory_limit)
        self._process: Any = None
        self._stopped = False
        self._pipe: Any = None

    def run(self, call: _Call) -> Any:
        """Return what the task returns, or raise what it raises."""
        if self._process is None or not self._process.is_alive():
            self._start()
        ended, answer = True, None
        with suppress(EOFError, OSError):  # it died, or dies while it speaks
            self._pipe.send((call.task, call.payload))
            ended = bool(wait([self._pipe, self._process.sentinel], call.timeout))
            answer = self._pipe.recv() if self._pipe.poll() else None
        if answer is None:
            self._process.kill()
            self._process.join()
            if not ended:
                raise TimeoutError
            raise WorkerLost(f"exit status {self._process.exitcode}")
        succeeded, value = answer
        if not succeeded:
            raise value
        return value

    def stop(self) -> None:
        """End the process at once, even one that is only starting; from another thread."""
        self._stopped = True
        if self._process is not None:
            self._process.kill()

    def end(self) -> None:
        """Let the process end, which it does when its pipe is closed."""
        if self._process is not None:
            self._pipe.close()
            self._process.join(END_SECONDS)
            self._process.kill()
            self._process.join()

    def _start(self) -> None:
        self._pipe, theirs = self._context.Pipe()
        process = self._context.Process(
            target=forking.work, args=(theirs, *self._limits), daemon=True
        )
        process.start()
        theirs.close()
        self._process = process
        if self._stopped:
            process.kill()
        with suppress(EOFError, OSError):  # it may die before it is ready
            self._pipe.recv()
