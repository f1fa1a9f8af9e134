"""One config over one problem: rows from the cache, fitted parts, scores."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featcls.cache import Cache
from featcls.classifiers import base as classifiers
from featcls.config import Config, config_id, params_from_json
from featcls.errors import UsageError
from featcls.extractors.base import Extractor, Rows
from featcls.frame import Frame
from featcls.pipeline import Fitted, assemble, branches, feature_names
from featcls.plugins import Entry, Registry
from featcls.search import features, latency
from featcls.search.problem import Problem


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
            raise UsageError(
                f"classifier {self.entry.name!r} takes {wanted}",
                'leave "extractors" out' if takes_frames else 'add "extractors": ["lbp"]',
            )

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
        scaler = None
        if self.takes_rows:
            rows = self.rows(train)
            for extractor, own in zip(extractors, rows, strict=True):
                if extractor.fitted:
                    extractor.fit_rows(own, random_state=seed)
            X: Any = assemble(extractors, rows)
            if self.config["scale"] == "standard":
                from sklearn.preprocessing import StandardScaler

                scaler = StandardScaler().fit(X)
                X = scaler.transform(X)
        else:
            X = self._frames(train)
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
            return self._frames(indices)
        X = assemble(extractors, self.rows(indices))
        return X if scaler is None else scaler.transform(X)

    def _frames(self, indices: NDArray[np.int64]) -> Sequence[Frame]:
        """Return frames behind the chain, for a classifier that takes them."""
        chain = features.fitted_chain(
            self.config["preprocess"], self.problem, self.cache, self.registry
        )
        return features.ChainedFrames(self.problem, indices, chain, self.registry)


def _weights(weight: NDArray[np.float64]) -> NDArray[np.float64] | None:
    return None if np.all(weight == 1.0) else weight
