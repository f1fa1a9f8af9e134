"""What a worker of a cluster is asked before it gets work, and what its answer must be."""

import json
import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from featcls._version import __version__
from featcls.cache import Cache
from featcls.errors import FeatclsError, PluginError, RunError
from featcls.plugins import registry
from featcls.search.problem import open_problem

# Their versions may change what is proposed, or the last digits of a score.
LIBRARIES = ("numpy", "scipy", "scikit-learn", "hyperopt", "xgboost-cpu", "xgboost")


@dataclass(frozen=True)
class Greeting:
    """What a search asks of each worker."""

    task: Mapping[str, Any]
    dataset_id: str
    plugins: Mapping[str, str]  # `kind.name` -> `distribution version`, as the driver has them
    cache: Path
    token: str  # what the cache folder is known by

    def text(self) -> str:
        """Return what is sent to `answer`, as JSON."""
        asked = {"task": self.task, "plugins": list(self.plugins), "cache": str(self.cache)}
        return json.dumps(asked)

    def refusal(self, worker: str, said: Mapping[str, Any]) -> FeatclsError | None:
        """Return why a worker that answered cannot take part, or None."""
        python = ".".join(platform.python_version_tuple()[:2])
        if said["python"] != python:
            return RunError(
                f"worker {worker} runs Python {said['python']}, this search {python}",
                "start it with the same Python",
            )
        for name, wanted in self.plugins.items():
            if said["plugins"][name] != wanted:
                return PluginError(
                    f"worker {worker} has {said['plugins'][name]} for {name}, this search "
                    f"{wanted}",
                    "install the same plugins where the worker runs, and restart it",
                )
        if said["cache"] != self.token:
            return RunError(
                f"worker {worker} cannot read and write the feature cache {self.cache}",
                "name a folder that all machines share with FEATCLS_CACHE_DIR",
            )
        if said["dataset_id"] != self.dataset_id:
            return RunError(
                f"worker {worker} does not see the data of this search: {said['data']}",
                "put the files where all machines see them under the same path",
            )
        return None


def version_refusal(worker: str, found: str | None) -> FeatclsError | None:
    """Return why a worker with this version of featcls, None for none, cannot take part."""
    if found == __version__:
        return None
    return RunError(
        f"worker {worker} has {f'featcls {found}' if found else 'no featcls'}, "
        f"this is featcls {__version__}",
        "install the same version where the worker runs, and restart it",
    )


def answer(text: str) -> dict[str, Any]:
    """Say, on a worker, what is installed there and what it sees of cache and data.

    Opening the data takes its time; the first trial would do it, and it stays open.
    """
    asked = json.loads(text)
    said: dict[str, Any] = {
        "python": ".".join(platform.python_version_tuple()[:2]),
        "plugins": _plugins(asked),
        "libraries": libraries(),
        "cache": _token(Path(asked["cache"])),
        "dataset_id": "",
        "data": "",
    }
    try:
        said["dataset_id"] = open_problem(asked["task"]).dataset.dataset_id
        said["data"] = f"there it is {said['dataset_id']}"
    except (FeatclsError, OSError) as error:
        said["data"] = str(error)
    return said


def libraries() -> dict[str, str]:
    """Return the versions of the libraries that scores come from."""
    found = {}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _plugins(asked: Mapping[str, Any]) -> dict[str, str]:
    """Return the version of each plugin asked for, or why it is absent."""
    installed = registry(tuple(asked["task"]["plugins"]))
    found: dict[str, str] = {}
    for full in asked["plugins"]:
        kind, _, name = full.partition(".")
        if (kind, name) in installed.entries:
            found |= installed.versions([(kind, name)])
        else:
            off = "; ".join(f"{row.plugin}: {row.reason}" for row in installed.rows if row.reason)
            found[full] = f"nothing{f' ({off})' if off else ''}"
    return found


def _token(cache: Path) -> str:
    """Return the token of a cache folder that can be written to, or an empty text."""
    try:
        return Cache(cache).token() if os.access(cache, os.W_OK) else ""
    except (OSError, RunError):
        return ""
