"""What `run.json` says of a run from its start."""

import os
import platform
import shlex
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from featcls._version import __version__
from featcls.classifiers.boosting import device
from featcls.dataset import Dataset
from featcls.search.backends.greeting import libraries
from featcls.search.problem import Problem
from featcls.search.run import SCHEMA_VERSION, Run
from featcls.search.space import SearchSpace
from featcls.search.store import now


def default_name(dataset: Dataset, space: SearchSpace) -> str:
    """Return the name of a run: data, space, time."""
    source = Path(dataset.spec["source"] or "simulated").name
    stamp = datetime.now().strftime("%Y%m%d-%H%M%S")
    return f"{source}-{space.name.partition('@')[0]}-{stamp}"


def about(
    run: Run,
    space: SearchSpace,
    dataset: Dataset,
    problem: Problem,
    bad: Mapping[int, Exception],
    identity: Mapping[str, Any],
    jobs: int,
) -> dict[str, Any]:
    """Return what `run.json` says from the start; what a resumed run said already stays."""
    known = {
        "schema_version": SCHEMA_VERSION,
        "name": run.path.name,
        "created_utc": now(),
        "test_looks": [],
        "test": None,
        "best": None,
        "baselines": [],
        "times": {"extract": {}, "finish": 0.0},
    } | run.info
    return known | {
        "command": shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]]),
        "status": "running",
        "identity": dict(identity),
        "seed": identity["seed"],
        "space": space.name,
        "space_id": space.space_id,
        "metric": identity["metric"],
        "objective": {"kind": problem.kind, "n_splits": len(problem.folds)},
        "dataset": {
            "spec": dataset.spec,
            "dataset_id": dataset.dataset_id,
            "pixels_id": dataset.pixels_id,
            "n": len(dataset),
            "classes": list(dataset.classes),
            "counts": dataset.class_counts(),
            "multilabel": dataset.multilabel,
            "roles": problem.roles(),
            "drawn": problem.drawn,
        },
        "bad_frames": [
            {"frame_id": dataset.frame_ids[i], "reason": str(error)} for i, error in bad.items()
        ],
        "left_out": list(space.left_out),
        "versions": _versions(identity["plugins"]),
        "machine": _machine(space, jobs),
    }


def _machine(space: SearchSpace, jobs: int) -> dict[str, Any]:
    found = {"cpus": os.cpu_count(), "platform": platform.platform(), "n_jobs": jobs}
    if ("classifier", "xgboost") in space.plugins():
        found["xgboost"] = device()
    return found


def _versions(plugins: Mapping[str, str]) -> dict[str, Any]:
    own = {"featcls": __version__, "python": platform.python_version()}
    return {**own, **libraries(), "plugins": dict(plugins)}


def start_event(run: Run, jobs: int, max_evals: int) -> dict[str, Any]:
    """Return the first event of a search."""
    data = run.info["dataset"]
    return {
        "event": "start",
        "run": str(run.path),
        "n_frames": data["n"],
        "classes": data["classes"],
        "roles": data["roles"],
        "bad_frames": run.info["bad_frames"],
        "space": run.info["space"],
        "space_id": run.info["space_id"],
        "left_out": run.info["left_out"],
        "max_evals": max_evals,
        "n_jobs": jobs,
    }
