"""The end of a search: the chosen config refitted, saved, and shown the test split once."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from featcls.cache import Cache
from featcls.drift.health import health
from featcls.drift.reference import Reference, build
from featcls.errors import RunError
from featcls.evaluate import measure, report
from featcls.evaluate.exclusive import exclusive_groups
from featcls.model import Model
from featcls.model.whole import Whole
from featcls.operating_point import OperatingPoint, are_hits, choose, hit_scores, realised
from featcls.plugins import Registry
from featcls.search import baselines
from featcls.search.choice import ModelChoice, distinct
from featcls.search.problem import Indices, Problem, Task
from featcls.search.run import Run
from featcls.search.store import Trial, now
from featcls.search.validation import Scores, Validation
from featcls.search.worker import Worker

Member = tuple[Worker, dict[str, Any]]  # a config, and what it was fitted to

AGREE = 1e-9  # between scores from cached rows and those of the saved model
AGREE_FRAMES = 4
DRIFT_FRAMES = 2000  # that drift is measured against, at most: they are read once more


class Finish:
    """Refits configs of one problem on all the frames that a model may learn from."""

    def __init__(
        self,
        task: Task,
        problem: Problem,
        cache: Cache,
        registry: Registry,
        n_threads: int,
        choice: ModelChoice | None = None,
    ) -> None:
        self.task, self.problem, self.cache = task, problem, cache
        self.registry, self.n_threads = registry, n_threads
        self.choice = choice or ModelChoice()
        self.roles = ["train"]
        if self.choice.refit and len(problem.validation):
            self.roles.append("validation")
        self.exclusive = exclusive_groups(problem.dataset.spec["source"], problem.dataset.classes)

    def best(self, run: Run, finalists: Sequence[Trial], rows: list[Trial]) -> None:
        """Write the model of the best trials and the results of it and of the baselines."""
        chosen = distinct(finalists)[: self.choice.ensemble]
        metric = run.info["metric"]
        members = [self._refit(trial) for trial in chosen]
        judged = Validation(self.problem, metric, [_scores(run, trial) for trial in chosen])
        whole, calibration, found = self._made(members, judged)
        run.write_scores("validation", found)
        if len(self.problem.calibration):
            own = whole.scores(_each(members, self.problem.calibration))
            run.write_scores("calibration", own)
            whole = replace(whole, point=self._point(own))
        whole = replace(whole, drift=self._reference(members, self.problem.scored, found))
        model = Model(whole, self._about(run, chosen), self.registry)
        model.save(run.path / "model.featcls")
        self._check_saved(run.path / "model.featcls", whole, members)
        test = self._look(run, whole, members)
        best = chosen[0]
        run.save(
            best={
                "tid": best.tid,
                "config_id": best.config_id,
                "config": whole.models[0].config,
                "value": best.metrics[metric],
                "interval": judged.interval(),
                "metrics": best.metrics,
            },
            ensemble=judged.compared(whole, chosen) if len(chosen) > 1 else None,
            calibration=calibration,
            operating_point=whole.point.document() if whole.point else None,
            choice=self.choice.document(),
            fitted_on=self.roles,
            fingerprint=model.fingerprint,
            validation=self._report(metric, found, self.problem.scored),
            test=test,
            baselines=[self._baseline(metric, row) for row in rows],
        )

    def _made(
        self, members: Sequence[Member], judged: Validation
    ) -> tuple[Whole, dict[str, Any] | None, Scores]:
        """Return the model, what its calibration gains, and its scores of validation frames."""
        hits = self.choice.hit_classes if self.choice.vote == "intersection" else ()
        fitted = tuple(worker.fitted(parts) for worker, parts in members)
        whole = Whole(fitted, self.choice.vote, tuple(hits))
        found, gains = judged.together(whole), None
        if (method := self.choice.calibrate) is not None:
            whole = replace(whole, calibrator=judged.calibrator(method, found))
            gains, found = judged.calibrated(method, found)
        return whole, gains, found

    def _look(self, run: Run, whole: Whole, members: Sequence[Member]) -> dict[str, Any] | None:
        """Return the results on the test split; the look is written down before it is taken."""
        if not len(self.problem.test):
            return None
        run.save(test_looks=[*run.info.get("test_looks", []), now()])
        scores = whole.scores(_each(members, self.problem.test))
        run.write_scores("test", scores)
        return self._test(run.info["metric"], scores, whole)

    def model(self, trial: Trial, about: Mapping[str, Any]) -> Model:
        """Return the model of a config, fitted on all training frames.

        It is calibrated and gets its threshold as the model of a search.
        """
        worker, parts = member = self._refit(trial)
        calibrated, gains = self.choice.calibrate is not None, None
        if calibrated:
            judged = Validation(self.problem, "log_loss", [self._unseen(worker, parts)])
            whole, gains, found = self._made([member], judged)
            frames = self.problem.scored
        else:
            whole, frames = Whole((worker.fitted(parts),)), self.problem.train
            found = worker.scores(parts, frames)
        if self.choice.max_lost_hits is not None:
            own = whole.scores(_each([member], self.problem.calibration))
            whole = replace(whole, point=self._point(own))
        drift = self._reference([member], frames, found, honest=calibrated)
        told = {**about, "calibration": gains} if calibrated else about
        return Model(replace(whole, drift=drift), told, self.registry)

    def _unseen(self, worker: Worker, parts: dict[str, Any]) -> Scores:
        """Return scores of the validation frames, or of folds that each is fitted without."""
        if len(self.problem.validation):
            return worker.scores(parts, self.problem.validation)
        found = []
        for k, (train, scored) in enumerate(self.problem.folds):
            own = worker.fit(train, worker.seed(self.task.document(), k))
            found.append(worker.scores(own, scored))
        return np.concatenate(found)

    def _refit(self, trial: Trial) -> Member:
        worker = Worker(trial.config, self.problem, self.registry, self.cache, self.n_threads)
        seed = worker.seed(self.task.document(), len(self.problem.folds))
        frames = np.concatenate([getattr(self.problem, role) for role in self.roles])
        return worker, worker.fit(frames, seed)

    def _point(self, scores: Scores) -> OperatingPoint | None:
        """Set the threshold on frames that neither fitted nor chose the model."""
        choice, dataset = self.choice, self.problem.dataset
        if choice.max_lost_hits is None:
            return None
        own = hit_scores(scores, dataset.classes, choice.hit_classes, dataset.multilabel)
        hit = are_hits(
            self.problem.y[self.problem.calibration], dataset.classes, choice.hit_classes
        )
        return choose(own, hit, choice.hit_classes, choice.max_lost_hits, choice.confidence)

    def _reference(
        self, members: Sequence[Member], frames: Indices, scores: Scores, honest: bool = True
    ) -> Reference | None:
        """Return what frames with these scores are like."""
        rng = np.random.default_rng(self.task.seed)
        few = np.sort(rng.permutation(len(frames))[:DRIFT_FRAMES])
        measured = np.array([health(self.problem.frame(int(i))) for i in frames[few]])
        features = [worker.features(parts, frames[few]) for worker, parts in members]
        codes = scores[few].argmax(axis=1)
        return build(codes, measured, np.hstack(features), scores.shape[1], honest)

    def _check_saved(self, path: Path, whole: Whole, members: Sequence[Member]) -> None:
        """Open the model as a user will and compare it, frame by frame, with the search."""
        few = self.problem.train[:AGREE_FRAMES]
        frames = [self.problem.dataset.frame(int(i)) for i in few]
        saved = Model.load(path, self.registry).predict_scores(frames)
        gap = float(np.abs(saved - whole.scores(_each(members, few))).max())
        if gap > AGREE:
            raise RunError(
                f"the saved model's scores differ from the search's by {gap:.2g}",
                "an extractor's `extract` and `assemble` disagree: `featcls plugins check` it",
            )

    def _report(self, metric: str, scores: Scores, frames: Indices) -> dict[str, Any]:
        y, classes = self.problem.y[frames], self.problem.dataset.classes
        return report(scores, y, classes, metric=metric, exclusive=self.exclusive)

    def _test(self, metric: str, scores: Scores, whole: Whole) -> dict[str, Any]:
        dataset, y = self.problem.dataset, self.problem.y[self.problem.test]
        found = self._report(metric, scores, self.problem.test)
        found["value"] = measure(metric, scores, y, dataset.classes)
        if whole.point is not None:
            found["operating_point"] = realised(whole.point, scores, y, dataset.classes)
        return found

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

    def _about(self, run: Run, chosen: Sequence[Trial]) -> dict[str, Any]:
        """Return what a model says of its origin."""
        keys = ("name", "created_utc", "space", "space_id", "seed", "metric")
        best = chosen[0]
        return {key: run.info[key] for key in keys} | {
            "tid": best.tid,
            "config_id": best.config_id,
            "dataset_id": self.problem.dataset.dataset_id,
            "test_size": self.task.test_size,
            "calibration_size": self.task.calibration_size,
            "fitted_on": self.roles,
            "validation": best.metrics,
        }


def _each(members: Sequence[Member], frames: Indices) -> list[Scores]:
    """Return the scores of each member."""
    return [worker.scores(parts, frames) for worker, parts in members]


def _scores(run: Run, trial: Trial) -> Scores:
    scores = run.scores(trial.tid)
    assert scores is not None
    return scores
