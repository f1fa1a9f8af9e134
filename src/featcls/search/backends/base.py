"""The seam between the search loop and what runs its tasks.

A backend submits a function of one JSON payload and gives a future. A task whose worker died
has not failed: `is_lost` tells the two apart.
"""

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Protocol

from featcls.errors import RunError

Task = Callable[[dict[str, Any]], Any]
ATTEMPTS = 2  # of a task whose worker died


class BackendLost(RunError):
    """The backend itself is gone: no task can go on, and the run is interrupted."""


class WorkerLost(Exception):
    """A worker died, or left, while it had a task."""


class Backend(Protocol):
    """The seam: another executor needs no more than this."""

    @property
    def capacity(self) -> int:
        """Number of trials that it makes sense to have in flight, 1 or more."""
        ...

    def submit(self, task: Task, payload: dict[str, Any], timeout: float | None) -> Future[Any]:
        """Start a task; its future fails with TimeoutError when it overran.

        It fails with BackendLost when there is nothing left that could run it.
        """
        ...

    def is_lost(self, error: BaseException) -> bool:
        """Say whether an error means that the worker died."""
        ...

    def close(self, kill: bool = False) -> None:
        """Stop; `kill` does not wait for what is running."""
        ...
