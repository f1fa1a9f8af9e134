"""Worker processes on this machine, each behind a pipe of its own, that can be killed.

Nothing is shared between workers: whenever one dies, even in the middle of a message, it takes
its own task with it and no other.
"""

import multiprocessing
import os
import pickle
import sys
import threading
from concurrent.futures import Future
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from queue import Empty, SimpleQueue
from typing import Any, NamedTuple

from featcls.errors import RunError
from featcls.search.backends.base import Task, WorkerLost

NO_GUARD = 78  # exit status of a worker that was told to search again
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
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["featcls.search.trial", "sklearn.ensemble", "sklearn.svm"])
        _check_main_guard(context)
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
        process = self._context.Process(target=_work, args=(theirs, *self._limits), daemon=True)
        process.start()
        theirs.close()
        self._process = process
        if self._stopped:
            process.kill()
        with suppress(EOFError, OSError):  # it may die before it is ready
            self._pipe.recv()


def _work(pipe: Connection, n_threads: int, memory_limit: int | None) -> None:
    """Do one task after the other until the pipe is closed."""
    _start_worker(n_threads, memory_limit)
    pipe.send("ready")
    while True:
        try:
            task, payload = pipe.recv()
        except EOFError:
            return
        try:
            answer = (True, task(payload))
        except BaseException as error:
            answer = (False, _portable(error))
        pipe.send(answer)


def _portable(error: BaseException) -> BaseException:
    """Return an error that the driver can read: itself, or its words."""
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301  # made a line above
    except Exception:
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error


def refuse_in_worker() -> None:
    """Leave at once if this is a worker that is importing an unguarded script."""
    if getattr(multiprocessing.current_process(), "_inheriting", False):
        os._exit(NO_GUARD)


def _check_main_guard(context: Any) -> None:
    """Start one process: it imports the script we are called from, as every worker will."""
    probe = context.Process(target=_nothing)
    probe.start()
    probe.join()
    if probe.exitcode == NO_GUARD:
        raise RunError(
            "search was called from a script without a main guard, and its workers import the "
            "script again",
            'put the call under `if __name__ == "__main__":`, or use backend="serial"',
        )
    if probe.exitcode != 0:
        raise RunError(
            f"a worker process could not start (exit status {probe.exitcode})",
            'see its message above, or use backend="serial"',
        )


def _nothing() -> None:
    pass


def _start_worker(n_threads: int, memory_limit: int | None) -> None:
    """Limit threads and memory, and leave interrupts to the driver."""
    import resource
    import signal

    from threadpoolctl import threadpool_limits

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _die_with_parent()
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = str(n_threads)  # for libraries that are loaded later
    threadpool_limits(n_threads)  # for those that are loaded already
    if memory_limit is not None:
        resource.setrlimit(resource.RLIMIT_DATA, (memory_limit, memory_limit))


def _die_with_parent() -> None:
    """Linux: end with the fork server, which ends with the driver, however that ends."""
    if sys.platform == "linux":
        import ctypes
        import signal

        PR_SET_PDEATHSIG = 1
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
