"""Forking worker processes: a server that does it, and what each of them does."""

import multiprocessing
import os
import pickle
import signal
import sys
from multiprocessing import forkserver, resource_tracker
from multiprocessing.connection import Connection
from typing import Any

from featcls.errors import RunError

NO_GUARD = 78  # exit status of a worker that was told to search again
PRELOAD = ["featcls.search.trial", "sklearn.ensemble", "sklearn.svm"]


def context() -> Any:
    """Return a context whose processes are forked from a server that has imported much.

    Raises
    ------
    RunError
        Workers cannot start here.
    """
    made = multiprocessing.get_context("forkserver")
    made.set_forkserver_preload(PRELOAD)
    _start_server()
    _check_main_guard(made)
    return made


def refuse_in_worker() -> None:
    """Leave at once if this is a worker that is importing an unguarded script."""
    if getattr(multiprocessing.current_process(), "_inheriting", False):
        os._exit(NO_GUARD)


def work(pipe: Connection, n_threads: int, memory_limit: int | None) -> None:
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


def _start_server() -> None:
    """Start the fork server deaf to Ctrl-C, as then all that it forks is from its first moment."""
    resource_tracker.ensure_running()  # it would open what is blocked here
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


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

    from threadpoolctl import threadpool_limits

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # where the fork server was somebody else's
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

        PR_SET_PDEATHSIG = 1
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
