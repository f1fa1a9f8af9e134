"""Worker processes on this machine that can be killed."""

import multiprocessing
import os
import sys
from concurrent.futures import Future
from typing import Any

from featcls.errors import RunError
from featcls.search.backends.base import Task

NO_GUARD = 78  # exit status of a worker that was told to search again


class Local:
    """Worker processes on this machine, each with its thread budget and memory limit."""

    def __init__(self, n_jobs: int, n_threads: int, memory_limit: int | None) -> None:
        from pebble import ProcessPool

        self.capacity = n_jobs
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["featcls.search.trial", "sklearn.ensemble", "sklearn.svm"])
        _check_main_guard(context)
        self._pool: Any = ProcessPool(
            max_workers=n_jobs,
            context=context,
            initializer=_start_worker,
            initargs=(n_threads, memory_limit),
        )

    def submit(self, task: Task, payload: dict[str, Any], timeout: float | None) -> Future[Any]:
        """Run the task in the next free worker; a worker that overruns is killed."""
        future: Future[Any] = self._pool.schedule(task, args=[payload], timeout=timeout)
        return future

    def is_lost(self, error: BaseException) -> bool:
        """Say whether an error means that the worker died."""
        from pebble import ProcessExpired

        return isinstance(error, ProcessExpired)

    def close(self, kill: bool = False) -> None:
        """Stop; `kill` ends what is running."""
        if kill:
            self._pool.stop()
        else:
            self._pool.close()
        self._pool.join()


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
