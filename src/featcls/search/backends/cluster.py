"""What is said to a dask cluster: to its scheduler at the start, and to one worker at a time."""

import json
import logging
from typing import Any

from featcls.errors import FeatclsError, PluginError, RunError
from featcls.search.backends.base import Task
from featcls.search.backends.greeting import Greeting, answer, libraries, version_refusal

CONNECT_SECONDS = 10.0

log = logging.getLogger(__name__)


def connect(address: str) -> Any:
    """Return a client of the scheduler at an address, as `tcp://host:port`.

    Raises
    ------
    PluginError
        dask is not installed.
    RunError
        There is no scheduler.
    """
    try:
        from distributed import Client
    except ImportError as error:
        raise PluginError(
            f"backend dask needs a package that is not installed: {error.name}",
            "pip install 'featcls[dask]'",
        ) from error
    try:
        return Client(address, timeout=CONNECT_SECONDS, set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as error:
        raise RunError(
            f"cannot reach a dask scheduler at {address}: {error}",
            "start one with `dask scheduler`, and give the address that it prints",
        ) from error


def only(worker: str) -> dict[str, Any]:
    """Return the options of dask by which a task goes to one worker, and is run each time."""
    return {"workers": [worker], "allow_other_workers": False, "pure": False}


def refusal(
    client: Any, worker: str, about: dict[str, Any], greeting: Greeting, kills: bool
) -> FeatclsError | None:
    """Greet a worker and return why it cannot take part, or None.

    Parameters
    ----------
    client : distributed.Client
    worker : str
        Its address.
    about : dict
        What the scheduler says of it.
    greeting : Greeting
        What it is asked.
    kills : bool
        Trials have a time limit: a worker that cannot be restarted is refused.
    """
    from pydoc import locate  # of the standard library: runs where featcls is absent

    if about["nanny"] is None:
        if kills:
            return RunError(
                f"worker {worker} has no nanny, so a trial that overruns cannot be ended",
                "start it with `dask worker --nanny`, or leave out --trial-timeout",
            )
        log.warning("worker %s has no nanny: a trial that kills it leaves one less", worker)
    version = client.submit(locate, "featcls.__version__", **only(worker)).result()
    found = version_refusal(worker, version)
    if found is None:
        said = client.submit(answer, greeting.text(), **only(worker)).result()
        found = greeting.refusal(worker, said)
        if found is None and said["libraries"] != libraries():
            log.warning(
                "worker %s has other libraries, its scores may differ in the last digits: %s",
                worker,
                said["libraries"],
            )
    return found


def run_here(task: Task, payload: str, topic: str, name: str) -> Any:
    """Run a task on a worker, with as many threads as the worker has."""
    from distributed import get_worker
    from threadpoolctl import threadpool_limits

    worker = get_worker()
    worker.log_event(topic, name)
    n_threads = worker.state.nthreads
    with threadpool_limits(n_threads):
        return task(json.loads(payload) | {"threads": n_threads})
