"""Which backend a search asked for, and how wide it is."""

import os
from collections.abc import Callable
from dataclasses import dataclass

from featcls.errors import UsageError, unknown
from featcls.search.backends.base import Backend
from featcls.search.backends.greeting import Greeting
from featcls.search.backends.local import Local
from featcls.search.backends.serial import Serial

BACKENDS = ("local", "serial", "dask")
MEMORY_SHARE = 0.9


@dataclass(frozen=True)
class Plan:
    """What was asked for; UsageError where it cannot be meant."""

    backend: str = "local"
    scheduler: str | None = None
    n_jobs: int | None = None
    trial_timeout: float | None = None
    memory_limit: int | None = None

    def __post_init__(self) -> None:
        if self.backend not in BACKENDS:
            raise UsageError(unknown("backend", self.backend, BACKENDS))
        if self.n_jobs is not None and self.n_jobs < 1:
            raise UsageError(f"n_jobs is {self.n_jobs}; wanted 1 or more")
        if self.scheduler is not None and self.backend != "dask":
            raise UsageError(
                f"backend {self.backend} has no scheduler", "choose backend dask (--backend dask)"
            )
        if self.backend == "serial":
            self._check_serial()
        if self.backend == "dask":
            self._check_dask()

    def _check_serial(self) -> None:
        if (self.n_jobs or 1) != 1:
            raise UsageError(
                f"backend serial runs 1 job, not {self.n_jobs}", "choose backend local"
            )
        if self.trial_timeout is not None:
            raise UsageError("backend serial cannot stop a trial", "choose backend local")

    def _check_dask(self) -> None:
        if self.scheduler is None:
            raise UsageError(
                "backend dask needs the address of a scheduler",
                "give it with --scheduler tcp://HOST:PORT; `dask scheduler` prints it",
            )
        for name, value in (("--jobs", self.n_jobs), ("--memory-limit", self.memory_limit)):
            if value is not None:
                raise UsageError(
                    f"backend dask takes no {name}: it has the workers of its scheduler",
                    "give it to `dask worker`",
                )

    @property
    def jobs(self) -> int:
        """Worker processes on this machine; 1 where there are none."""
        return (self.n_jobs or os.cpu_count() or 1) if self.backend == "local" else 1

    @property
    def n_threads(self) -> int:
        """Threads of each of them."""
        return max(1, (os.cpu_count() or 1) // self.jobs)

    def prepare(self, greeting: Greeting) -> tuple[Callable[[], Backend], int]:
        """Return what starts the backend, and its number of workers.

        A cluster is asked at once, so that one that cannot be used is refused before anything
        is written; local workers start when they are needed.
        """
        if self.backend == "dask":
            from featcls.search.backends.dask import Dask

            assert self.scheduler is not None
            cluster = Dask(self.scheduler, greeting, self.trial_timeout is not None)
            return lambda: cluster, cluster.capacity
        if self.backend == "serial":
            return lambda: Serial(self.n_threads), 1
        return lambda: Local(self.jobs, self.n_threads, self._memory()), self.jobs

    def _memory(self) -> int | None:
        """Bytes that each worker may take."""
        if self.memory_limit is not None or not hasattr(os, "sysconf"):
            return self.memory_limit
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        return int(MEMORY_SHARE * total / self.jobs)
