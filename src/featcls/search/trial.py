"""What a worker does: fill a block of the cache, or score one config.

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
from featcls.classifiers import base as classifiers
from featcls.config import Config, config_id, params_from_json
from featcls.errors import UsageError
from featcls.evaluate import measure
from featcls.extractors.base import Extractor, Rows
from featcls.pipeline import Fitted, assemble, branches, feature_names
from featcls.plugins import Entry, Registry, registry
from featcls.search import features, latency
from featcls.search.problem import Problem, open_problem

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


class Worker:
    """One config over one problem: rows, vectors, fitted parts."""

    def __init__(
        self,
        config: Config,
        problem: Problem,
        installed: Registry,
        cache: Cache,
        n_threads: int = 1,
    ) -> None:
        self.config, self.problem, self.registry, self.cache = config, problem, installed, cache
        self.n_threads = n_threads
        self._rows: dict[int, list[dict[str, Rows]]] = {}
        self.entry: Entry = installed.get("classifier", config["classifier"]["name"])
        takes_frames = self.entry.options["takes"] == "frame"
        self.takes_rows = bool(config["extractors"])
        if takes_frames == self.takes_rows:
            wanted = "no extractors" if takes_frames else "an extractor"
            raise UsageError(f"classifier {self.entry.name!r} takes {wanted}")

    def seed(self, task: Mapping[str, Any], fold: int, repeat: int = 0) -> int:
        """Return the seed of a fold's estimator: of (seed, config, fold, repeat) alone.

        The budget of a config does not count, so that a longer fit goes on from a shorter one.
        """
        classifier = self.config["classifier"]
        params = dict(classifier["params"])
        params.pop(self.entry.options["budget"], None)
        same = {**self.config, "classifier": {**classifier, "params": params}}
        entropy = [task["seed"], int(config_id(same), 16), fold]
        entropy += [repeat] if repeat else []
        return int(np.random.SeedSequence(entropy).generate_state(1)[0] >> 1)

    def prepare(self) -> float:
        """Compute what the cache lacks for the search; return the seconds it took."""
        start = time.perf_counter()
        self._part(0)
        return time.perf_counter() - start

    def _part(self, part: int) -> list[dict[str, Rows]]:
        """Return the rows of a part of the frames, computed where the cache lacks them."""
        if part not in self._rows:
            wanted = features.requests(self.config, self.problem, self.registry, part)
            how = {"part": part, "n_threads": self.n_threads}
            features.compute_missing(wanted, self.problem, self.cache, self.registry, **how)
            self._rows[part] = features.load(wanted, self.cache)
        return self._rows[part]

    def rows(self, indices: NDArray[np.int64]) -> list[dict[str, Rows]]:
        """Return the rows of frames, one mapping of atoms an extractor."""
        part, local = self.problem.located(indices)
        return features.take(self._part(part), local)

    def fit(
        self, train: NDArray[np.int64], seed: int, checkpoint: Path | None = None
    ) -> dict[str, Any]:
        """Fit extractors, scaler and classifier on training frames."""
        extractors = [branch.extractor for branch in branches(self.config, self.registry)]
        if any(extractor.fitted for extractor in extractors):
            for extractor, own in zip(extractors, self.rows(train), strict=True):
                if extractor.fitted:
                    extractor.fit_rows(own, random_state=seed)
        scaler = None
        X = self.inputs(extractors, None, train)
        if self.config["scale"] == "standard" and self.takes_rows:
            from sklearn.preprocessing import StandardScaler

            scaler = StandardScaler().fit(X)
            X = scaler.transform(X)
        dataset = self.problem.dataset
        estimator = classifiers.fit(
            self.entry,
            params_from_json(self.config["classifier"]["params"]),
            X,
            self.problem.y[train],
            classes=dataset.classes,
            sample_weight=_weights(dataset.weight[train]),
            random_state=seed,
            n_threads=self.n_threads,
            checkpoint=checkpoint,
        )
        return {"extractors": extractors, "scaler": scaler, "estimator": estimator}

    def scores(self, fitted: Mapping[str, Any], indices: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the scores (n, k) of frames."""
        X = self.inputs(fitted["extractors"], fitted["scaler"], indices)
        dataset = self.problem.dataset
        return classifiers.scores(
            fitted["estimator"], X, len(dataset.classes), multilabel=dataset.multilabel
        )

    def features(
        self, fitted: Mapping[str, Any], indices: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """Return the unscaled feature vectors (n, width) of frames."""
        if not self.takes_rows:
            return np.empty((len(indices), 0))
        return np.asarray(self.inputs(fitted["extractors"], None, indices))

    def fitted(self, parts: Mapping[str, Any]) -> Fitted:
        """Return fitted parts with the config as it was learned: all that prediction needs."""
        config = features.fitted_config(self.config, self.problem, self.cache, self.registry)
        dataset = self.problem.dataset
        names = feature_names(config, parts["extractors"])
        return Fitted(
            config,
            tuple(dataset.classes),
            **parts,
            multilabel=dataset.multilabel,
            feature_names=names,
        )

    def milliseconds(
        self, parts: Mapping[str, Any], indices: NDArray[np.int64], limit: float | None
    ) -> float:
        """Return the milliseconds that a frame takes; TooSlow where that is over the limit."""
        few = [self.problem.frame(int(i)) for i in indices[: latency.FRAMES]]
        ms = latency.milliseconds(self.fitted(parts), few, self.registry)
        if limit is not None and ms > limit:
            raise latency.TooSlow(f"takes {ms:.3g} ms a frame here, the limit is {limit:g} ms")
        return ms

    def inputs(
        self, extractors: Sequence[Extractor], scaler: Any, indices: NDArray[np.int64]
    ) -> Any:
        """Return what the classifier takes: scaled vectors (n, width), or frames."""
        if not self.takes_rows:
            chain = features.fitted_chain(
                self.config["preprocess"], self.problem, self.cache, self.registry
            )
            return features.ChainedFrames(self.problem, indices, chain, self.registry)
        X = assemble(extractors, self.rows(indices))
        return X if scaler is None else scaler.transform(X)


def _weights(weight: NDArray[np.float64]) -> NDArray[np.float64] | None:
    return None if np.all(weight == 1.0) else weight


def _request(item: Mapping[str, Any], installed: Registry) -> features.Request:
    factory = installed.get("extractor", item["name"]).factory
    extractor = factory(**params_from_json(item["params"]))
    return features.Request(item["name"], item["chain"], extractor, item["atoms"])
