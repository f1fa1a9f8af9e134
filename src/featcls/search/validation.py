"""What the validation scores of the best trials say of a model made of them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featcls.dataset import kept_together
from featcls.errors import UsageError
from featcls.evaluate import interval, loss_of, measure
from featcls.evaluate.intervals import bootstrap
from featcls.evaluate.metrics import indicator
from featcls.model import calibrator
from featcls.model.calibrator import Calibrator
from featcls.model.whole import Whole
from featcls.search.problem import Indices, Problem
from featcls.search.store import Trial
from featcls.splits import folds

Scores = NDArray[np.float64]

PROPER = ("log_loss", "brier")  # what calibration is to make smaller
PARTS = 5  # of the validation frames, each calibrated by the rest


def parts_to_calibrate(problem: Problem) -> list[tuple[Indices, Indices]]:
    """Divide the validation frames into those that fit a calibration and those that judge it.

    Raises
    ------
    DataError
        A class with too few of them.
    """
    group = kept_together(problem.dataset, problem.scored)
    return folds(problem.y[problem.scored], group, PARTS, classes=problem.dataset.classes)


class Validation:
    """The frames that chose, and what the best trials scored them.

    Parameters
    ----------
    problem : Problem
    metric : str
    parts : sequence of (n, k) arrays
        Scores of the trials, the best first.
    """

    def __init__(self, problem: Problem, metric: str, parts: Sequence[Scores]) -> None:
        self.problem, self.metric, self.parts = problem, metric, parts
        self.classes = problem.dataset.classes
        self.y = problem.y[problem.scored]

    def together(self, whole: Whole) -> Scores:
        """Return the scores that all trials come to."""
        return np.asarray(whole.scores(self.parts))

    def interval(self) -> list[float]:
        """Return the 95 % interval of the best trial's value."""
        return list(interval(self.metric, self.parts[0], self.y, self.classes))

    def compared(self, whole: Whole, chosen: Sequence[Trial]) -> dict[str, Any]:
        """Return the ensemble's value beside that of the best single trial, on the same frames.

        The difference is in the sense of a loss: negative where the ensemble is better. Both
        were chosen by these frames.
        """
        found = self.together(Whole(whole.models, whole.vote, whole.hit_classes))

        def worse(rows: NDArray[np.int64]) -> float:
            values = [
                measure(self.metric, scores[rows], self.y[rows], self.classes)
                for scores in (found, self.parts[0])
            ]
            return loss_of(self.metric, values[0]) - loss_of(self.metric, values[1])

        everything = np.arange(len(self.y))
        return {
            "tids": [trial.tid for trial in chosen],
            "vote": whole.vote,
            "hit_classes": list(whole.hit_classes),
            "value": measure(self.metric, found, self.y, self.classes),
            "interval": list(interval(self.metric, found, self.y, self.classes)),
            "single": measure(self.metric, self.parts[0], self.y, self.classes),
            "loss_difference": worse(everything),
            "difference_interval": list(bootstrap(worse, self.y)),
        }

    def calibrator(self, method: str, scores: Scores) -> Calibrator:
        """Return the calibrator of all validation frames: none of them fitted their scores."""
        return calibrator.fit(method, scores, indicator(scores, self.y))

    def calibrated(self, method: str, scores: Scores) -> tuple[dict[str, Any], Scores]:
        """Return what calibration gains, and scores each calibrated by other frames."""
        truth = indicator(scores, self.y)
        after = np.empty_like(scores)
        for fit, rest in parts_to_calibrate(self.problem):
            own = calibrator.fit(method, scores[fit], truth[fit])
            after[rest] = own(scores[rest], self.y.ndim == 2)
        told: dict[str, Any] = {"method": method}
        for name in PROPER:
            try:
                told[name] = [measure(name, s, self.y, self.classes) for s in (scores, after)]
            except UsageError:  # not a metric of several labels
                continue
        return told, after
