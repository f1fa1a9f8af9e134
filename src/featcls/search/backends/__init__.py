"""Where trials run: here, in worker processes that can be killed, or on a dask cluster."""

from featcls.search.backends.base import ATTEMPTS, Backend, BackendLost, WorkerLost
from featcls.search.backends.forking import refuse_in_worker
from featcls.search.backends.local import Local
from featcls.search.backends.plan import Plan
from featcls.search.backends.serial import Serial

__all__ = [
    "ATTEMPTS",
    "Backend",
    "BackendLost",
    "Local",
    "Plan",
    "Serial",
    "WorkerLost",
    "refuse_in_worker",
]
