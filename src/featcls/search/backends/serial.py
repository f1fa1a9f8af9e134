"""Tasks one after the other, in this process."""

from concurrent.futures import Future
from typing import Any

from featcls.search.backends.base import Task


class Serial:
    """Runs each task in this process, at once. It cannot stop a trial that hangs."""

    capacity = 1

    def __init__(self, n_threads: int) -> None:
        self.n_threads = n_threads

    def submit(self, task: Task, payload: dict[str, Any], timeout: float | None) -> Future[Any]:
        """Run the task before returning; `timeout` is the caller's not to give."""
        from threadpoolctl import threadpool_limits

        future: Future[Any] = Future()
        try:
            with threadpool_limits(self.n_threads):
                future.set_result(task(payload))
        except Exception as error:
            future.set_exception(error)
        return future

    def is_lost(self, error: BaseException) -> bool:
        """There is no worker that could die."""
        return False

    def close(self, kill: bool = False) -> None:
        """Nothing is open."""
