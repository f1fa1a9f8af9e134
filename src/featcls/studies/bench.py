"""Labelled frames with their features, computed once for all fits of a study."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featcls.cache import Cache, blocks, cache_root
from featcls.classifiers import base as classifiers
from featcls.config import Config, canonical, params_from_json
from featcls.dataset import open_dataset
from featcls.errors import DataError
from featcls.pipeline import assemble, branches
from featcls.plugins import registry
from featcls.search import baselines, features
from featcls.search.problem import FrameMemory, Indices, Problem
from featcls.studies.base import Setting
from featcls.studies.tables import Outcome

NONE = np.empty(0, np.int64)
Matrix = NDArray[np.float64]
Chosen = tuple[Matrix, NDArray[Any], Indices]  # vectors and labels of a bench, and which of them


class Bench:
    """Labelled frames, and the feature vectors of any config over them.

    Parameters
    ----------
    data : path or dataset spec
    setting : Setting
    plugins : sequence of str
        Modules with steps of the study's own.
    """

    def __init__(self, data: Any, setting: Setting, plugins: Sequence[str] = ()) -> None:
        modules = (*setting.plugins, *plugins)
        self.setting, self.registry = setting, registry(modules)
        self.cache = Cache(cache_root())
        dataset = open_dataset(data, plugins=modules)
        bad = dataset.bad_frames()
        if dataset.y is None:
            raise DataError(f"{data} has no labels", "a study needs labelled frames")
        self.classes, self.y, self.split = tuple(dataset.classes), dataset.y, dataset.split
        self.good = np.array([i for i in range(len(dataset)) if i not in bad], np.int64)
        self.problem = Problem(
            dataset, self.good, NONE, NONE, NONE, False, (), frozenset(bad), FrameMemory(dataset)
        )

    @cached_property
    def statistics(self) -> Config:
        """The trivial baseline of four intensity statistics."""
        config = baselines.intensity_config(self.registry)
        assert config is not None  # built in
        return config

    def vectors(self, *configs: Config) -> list[Matrix]:
        """Return the unscaled vectors (n, width) of configs, each frame read once for all.

        Steps that learn from frames are refused: they would see those of the test. The statistics
        of `trivial` are made in the same reading.
        """
        known = [canonical(config, self.registry.space_of) for config in configs]
        wanted = [
            features.requests(c, self.problem, self.registry) for c in (*known, self.statistics)
        ]
        self._compute([request for requests in wanted for request in requests])
        made = []
        for config, requests in zip(known, wanted, strict=False):  # the last is of `trivial`
            extractors = [branch.extractor for branch in branches(config, self.registry)]
            if any(extractor.fitted for extractor in extractors):
                raise ValueError("a bench takes extractors that learn nothing")
            made.append(assemble(extractors, features.load(requests, self.cache)))
        return made

    def splits(self, *shares: float) -> list[list[Indices]]:
        """Return the frames in random parts of these shares, once a seed."""
        ends = np.round(np.cumsum(shares)[:-1] * len(self.good)).astype(int)
        return [
            np.split(np.random.default_rng(seed).permutation(self.good), ends)
            for seed in range(self.setting.seeds)
        ]

    def fixed_split(self) -> list[list[Indices]]:
        """Return the frames to learn from and those of the test split, once a seed."""
        test = self.split[self.good] == "test"
        return [[self.good[~test], self.good[test]]] * self.setting.seeds

    def relabel(self, y: NDArray[Any], classes: Sequence[str]) -> None:
        """Give the frames other labels: codes of other classes."""
        self.y, self.classes = y, tuple(classes)

    def outcomes(self, config: Config, splits: Sequence[Sequence[Indices]]) -> list[Outcome]:
        """Return what a config scores on the last part of each split, fitted on the first."""
        (X,) = self.vectors(config)
        return [
            self.outcome(config, [(X, self.y, parts[0])], [(X, self.y, parts[-1])], seed)
            for seed, parts in enumerate(splits)
        ]

    def outcome(
        self, config: Config, learn: Sequence[Chosen], held: Sequence[Chosen], seed: int
    ) -> Outcome:
        """Return what a config scores on some frames, fitted on others, of any benches."""
        (X, y), (X_held, y_held) = _joined(learn), _joined(held)
        return self.scores(config["classifier"], X, y, X_held, seed), y_held

    def scores(
        self, classifier: Mapping[str, Any], X: Matrix, y: NDArray[Any], held: Matrix, seed: int
    ) -> Matrix:
        """Return the scores of frames by a classifier behind a standard scaler."""
        from sklearn.preprocessing import StandardScaler

        entry = self.registry.get("classifier", classifier["name"])
        scaler = StandardScaler().fit(X)
        trained = classifiers.fit(
            entry,
            params_from_json(dict(classifier.get("params", {}))),
            scaler.transform(X),
            y,
            classes=self.classes,
            random_state=seed,
            n_threads=self.setting.n_jobs,
        )
        multilabel = y.ndim == 2
        return classifiers.scores(trained, scaler.transform(held), len(self.classes), multilabel)

    def trivial(self, splits: Sequence[Sequence[Indices]]) -> list[tuple[str, list[Outcome]]]:
        """Return what the trivial baselines score: constants, and four intensity statistics."""
        y, found = self.y, []
        if y.ndim == 2:
            nothing = [(np.zeros((len(p[-1]), y.shape[1])), y[p[-1]]) for p in splits]
            found.append((baselines.NAMES[baselines.NO_LABEL], nothing))
        share = [_shares(y[parts[0]], len(self.classes)) for parts in splits]
        constant = [
            (np.tile(row, (len(p[-1]), 1)), y[p[-1]]) for row, p in zip(share, splits, strict=True)
        ]
        found.append((baselines.NAMES[baselines.MAJORITY], constant))
        found.append(
            (baselines.NAMES[baselines.INTENSITY], self.outcomes(self.statistics, splits))
        )
        return found

    def _compute(self, requests: Sequence[features.Request]) -> None:
        """Fill the cache block by block on threads: the kernels and the simulator let go."""
        from joblib import Parallel, delayed

        missing = [own for own in (r.missing(self.cache) for r in requests) if own.atoms]
        if not missing:
            return
        n_blocks = len(blocks(len(self.problem.dataset)))
        self.setting.observer(f"features of {len(self.problem.dataset)} frames")
        Parallel(n_jobs=self.setting.n_jobs, prefer="threads")(
            delayed(features.compute_block)(
                missing, block, self.problem, self.cache, self.registry
            )
            for block in range(n_blocks)
        )
        for request in missing:
            for key in request.atoms:
                self.cache.merge(key, n_blocks)


def _joined(parts: Sequence[Chosen]) -> tuple[Matrix, NDArray[Any]]:
    X = np.concatenate([vectors[rows] for vectors, _, rows in parts])
    return X, np.concatenate([y[rows] for _, y, rows in parts])


def _shares(y: NDArray[Any], k: int) -> NDArray[np.float64]:
    found = y.mean(axis=0) if y.ndim == 2 else np.bincount(y, minlength=k) / len(y)
    return np.asarray(found, np.float64)
