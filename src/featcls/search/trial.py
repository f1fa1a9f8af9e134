"""The tasks of a search: fill a block of the cache, or score one config.

Payloads are JSON: any worker that can open the data set and has the same plugins can do it.
"""

import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featcls.cache import Cache
from featcls.config import params_from_json
from featcls.errors import UsageError
from featcls.evaluate import measure
from featcls.plugins import Registry, registry
from featcls.search import features
from featcls.search.problem import Problem, open_problem
from featcls.search.worker import Worker

Payload = dict[str, Any]

IGNORED = (DeprecationWarning, PendingDeprecationWarning, FutureWarning)


def _accounted(task: Callable[[Payload], Payload]) -> Callable[[Payload], Payload]:
    """Add to a task's result its seconds, and its warnings: a worker has nobody to show them."""

    @wraps(task)
    def run(payload: Payload) -> Payload:
        start = time.perf_counter()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("default")
            result = task(payload)
        texts = {str(w.message) for w in caught if not issubclass(w.category, IGNORED)}
        return result | {"warnings": sorted(texts), "seconds": time.perf_counter() - start}

    return run


@_accounted
def extract_block(payload: Payload) -> Payload:
    """Fill one block of the cache for the given branches."""
    installed = registry(tuple(payload["task"]["plugins"]))
    problem = open_problem(payload["task"])
    wanted = [_request(item, installed) for item in payload["requests"]]
    cache = Cache(Path(payload["cache"]))
    features.compute_block(wanted, payload["block"], problem, cache, installed)
    return {}


@_accounted
def run_trial(payload: Payload) -> Payload:
    """Score one config on every fold, with one seed or several.

    Returns
    -------
    dict
        `scores` (n, k) of the scored frames in the problem's order, with the first seed;
        `metrics` with the values over all of them (their mean where there are several seeds,
        and `repeats`, the value of each), `folds`, a value a fold with the first seed, and
        `ms` a frame; `timings` in seconds; `seconds` in all and `warnings` as texts.

    Raises
    ------
    TooSlow
        The pipeline takes longer for a frame than the task allows.
    """
    start = time.perf_counter()
    installed = registry(tuple(payload["task"]["plugins"]))
    problem = open_problem(payload["task"])
    cache = Cache(Path(payload["cache"]))
    worker = Worker(payload["config"], problem, installed, cache, payload["threads"])
    timings = {"open": time.perf_counter() - start, "extract": worker.prepare(), "fit": 0.0}
    runs: list[list[NDArray[np.float64]]] = []
    ms = None
    for repeat in range(payload["task"]["repeats"]):
        parts = []
        for k, (train, scored) in enumerate(problem.folds):
            began = time.perf_counter()
            seed, state = worker.seed(payload["task"], k, repeat), payload.get("checkpoint")
            checkpoint = state and Path(state) / f"{repeat}-{k}"
            fitted = worker.fit(train, seed, checkpoint)
            timings["fit"] += time.perf_counter() - began
            if ms is None:
                ms = worker.milliseconds(fitted, scored, payload["task"]["max_ms"])
            parts.append(worker.scores(fitted, scored))
        runs.append(parts)
        if repeat and all(map(np.array_equal, runs[0], parts)):
            break  # nothing about this config is random
    metrics = _metrics(payload["metrics"], runs, problem) | {"ms": ms}
    return {"scores": np.concatenate(runs[0]), "metrics": metrics, "timings": timings}


def _metrics(
    names: Sequence[str], runs: Sequence[Sequence[NDArray[np.float64]]], problem: Problem
) -> dict[str, Any]:
    y, classes = problem.y, problem.dataset.classes
    metrics: dict[str, Any] = {}
    for name in names:
        values = [
            measure(name, np.concatenate(parts), y[problem.scored], classes) for parts in runs
        ]
        metrics[name] = float(np.mean(values))
        if name == names[0] and len(values) > 1:
            metrics["repeats"] = values
    metrics["folds"] = [
        _where_defined(names[0], part, y[scored], classes)
        for part, (_, scored) in zip(runs[0], problem.folds, strict=True)
    ]
    return metrics


def _where_defined(
    name: str, scores: NDArray[np.float64], y: NDArray[Any], classes: Sequence[str]
) -> float | None:
    """A fold may lack what a metric over all frames has, such as a class."""
    try:
        return measure(name, scores, y, classes)
    except UsageError:
        return None


def _request(item: Mapping[str, Any], installed: Registry) -> features.Request:
    factory = installed.get("extractor", item["name"]).factory
    extractor = factory(**params_from_json(item["params"]))
    return features.Request(item["name"], item["chain"], extractor, item["atoms"])
