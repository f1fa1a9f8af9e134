"""Trivial baselines: what any pipeline has to beat to be worth its cost."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from featcls.config import Config, canonical
from featcls.evaluate import METRICS
from featcls.plugins import Registry
from featcls.search.problem import Problem
from featcls.search.store import Trial, now
from featcls.search.trial import evaluate

MAJORITY, INTENSITY = -2, -1  # trial numbers
NAMES = {MAJORITY: "majority class", INTENSITY: "four intensity statistics + rf"}


def intensity_config(registry: Registry) -> Config | None:
    """Return mean, deviation, minimum and maximum into a random forest, where installed."""
    if not {("extractor", "intensity"), ("classifier", "rf")} <= set(registry.entries):
        return None
    config = {
        "extractors": [{"name": "intensity", "params": {"statistics": "four"}}],
        "classifier": {"name": "rf", "params": {"n_estimators": 100}},
    }
    return canonical(config, registry.space_of)


def majority_scores(problem: Problem, train: Any, indices: Any) -> NDArray[np.float64]:
    """Return the share of each class among training frames as everybody's scores, (n, k)."""
    y = problem.y[train]
    if problem.dataset.multilabel:
        share = y.mean(axis=0)
    else:
        share = np.bincount(y, minlength=len(problem.dataset.classes)) / len(y)
    return np.tile(np.asarray(share, np.float64), (len(indices), 1))


def majority_trial(problem: Problem, metric: str) -> Trial:
    """Return the finished row of the majority baseline."""
    scores = np.concatenate([majority_scores(problem, a, b) for a, b in problem.folds])
    value = evaluate(metric, scores, problem.y[problem.scored])
    loss = 1.0 - value if METRICS[metric][1] else value
    return Trial(
        MAJORITY,
        kind="baseline",
        state="ok",
        loss=loss,
        metrics={metric: value},
        started_utc=now(),
        seconds=0.0,
    )
