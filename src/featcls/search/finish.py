"""The end of a search: the chosen config refitted, saved, and shown the test split once."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featcls.cache import Cache
from featcls.errors import RunError
from featcls.evaluate import measure, report
from featcls.model import Model
from featcls.plugins import Registry
from featcls.search import baselines
from featcls.search.problem import Problem, Task
from featcls.search.run import Run
from featcls.search.store import Trial, now
from featcls.search.trial import Worker, fold_seed

AGREE = 1e-9  # between scores from cached rows and those of the saved model
AGREE_FRAMES = 4


class Finish:
    """Refits configs of one problem on all its training frames."""

    def __init__(
        self, task: Task, problem: Problem, cache: Cache, registry: Registry, n_threads: int
    ) -> None:
        self.task, self.problem, self.cache = task, problem, cache
        self.registry, self.n_threads = registry, n_threads

    def best(self, run: Run, trial: Trial, rows: list[Trial]) -> None:
        """Write the model and the results of the chosen trial and of the baselines."""
        problem, metric = self.problem, run.info["metric"]
        worker, parts = self._refit(trial)
        model = Model(worker.fitted(parts), _about(run, trial), self.registry)
        model.save(run.path / "model.featcls")
        self._check_saved(run.path / "model.featcls", worker, parts)
        scores = run.scores(trial.tid)
        assert scores is not None
        test, looks = None, list(run.info.get("test_looks", []))
        if len(problem.test):
            looks.append(now())
            test_scores = worker.scores(parts, problem.test)
            run.write_scores("test", test_scores)
            test = self._test(metric, test_scores)
        run.save(
            best={
                "tid": trial.tid,
                "config_id": trial.config_id,
                "config": model.config,
                "value": trial.metrics[metric],
                "metrics": trial.metrics,
            },
            validation=report(scores, problem.y[problem.scored], problem.dataset.classes),
            test=test,
            test_looks=looks,
            baselines=[self._baseline(metric, row) for row in rows],
        )

    def model(self, trial: Trial, about: Mapping[str, Any]) -> Model:
        """Return the model of a config, fitted on all training frames."""
        worker, parts = self._refit(trial)
        return Model(worker.fitted(parts), about, self.registry)

    def _refit(self, trial: Trial) -> tuple[Worker, dict[str, Any]]:
        worker = Worker(trial.config, self.problem, self.registry, self.cache)
        worker.prepare()
        payload = {"task": self.task.document(), "config_id": trial.config_id}
        seed = fold_seed(payload, len(self.problem.folds))
        return worker, worker.fit(self.problem.train, seed, self.n_threads)

    def _check_saved(self, path: Path, worker: Worker, parts: Mapping[str, Any]) -> None:
        """Open the model as a user will and compare it, frame by frame, with the search."""
        few = self.problem.train[:AGREE_FRAMES]
        frames = [self.problem.dataset.frame(int(i)) for i in few]
        saved = Model.load(path, self.registry).predict_scores(frames)
        gap = float(np.abs(saved - worker.scores(parts, few)).max())
        if gap > AGREE:
            raise RunError(
                f"the saved model's scores differ from the search's by {gap:.2g}",
                "an extractor's `extract` and `assemble` disagree: `featcls plugins check` it",
            )

    def _test(self, metric: str, scores: NDArray[np.float64]) -> dict[str, Any]:
        problem = self.problem
        y = problem.y[problem.test]
        value = measure(metric, scores, y, problem.dataset.classes)
        return {**report(scores, y, problem.dataset.classes), "value": value}

    def _baseline(self, metric: str, trial: Trial) -> dict[str, Any]:
        """Return a baseline's validation value and, at the same look, its test value."""
        problem = self.problem
        row = {"name": baselines.NAMES[trial.tid], "tid": trial.tid}
        row |= {"value": trial.metrics.get(metric), "metrics": trial.metrics}
        if not len(problem.test) or trial.state != "ok":
            return {**row, "test_value": None}
        if trial.tid <= baselines.MAJORITY:
            scores = baselines.constant_scores(trial.tid, problem, problem.train, problem.test)
        else:
            worker, parts = self._refit(trial)
            scores = worker.scores(parts, problem.test)
        y = problem.y[problem.test]
        return {**row, "test_value": measure(metric, scores, y, problem.dataset.classes)}


def _about(run: Run, trial: Trial) -> dict[str, Any]:
    """Return what a model says of its origin."""
    keys = ("name", "created_utc", "space", "space_id", "seed", "metric")
    about = {key: run.info[key] for key in keys}
    data = run.info["dataset"]
    return about | {
        "tid": trial.tid,
        "config_id": trial.config_id,
        "dataset_id": data["dataset_id"],
        "test_size": run.info["identity"]["test_size"],
        "validation": trial.metrics,
    }
