"""Trivial baselines: what any pipeline has to beat to be worth its cost."""

import numpy as np
from numpy.typing import NDArray

from featcls.config import Config, canonical, config_id
from featcls.evaluate import loss_of, measure
from featcls.plugins import Registry
from featcls.search.problem import Indices, Problem
from featcls.search.store import Trial, now

NO_LABEL, MAJORITY, INTENSITY = -3, -2, -1  # trial numbers
NAMES = {
    NO_LABEL: "no label at all",
    MAJORITY: "majority class",
    INTENSITY: "four intensity statistics + rf",
}


def intensity_config(registry: Registry) -> Config | None:
    """Return mean, deviation, minimum and maximum into a random forest, where installed."""
    if not {("extractor", "intensity"), ("classifier", "rf")} <= set(registry.entries):
        return None
    config = {
        "extractors": [{"name": "intensity", "params": {"statistics": "four"}}],
        "classifier": {"name": "rf", "params": {"n_estimators": 100}},
    }
    return canonical(config, registry.space_of)


def constant_scores(
    tid: int, problem: Problem, train: Indices, indices: Indices
) -> NDArray[np.float64]:
    """Return the same scores for every frame, (n, k): no label, or the training shares."""
    y = problem.y[train]
    if tid == NO_LABEL:
        share = np.zeros(len(problem.dataset.classes))
    elif problem.dataset.multilabel:
        share = y.mean(axis=0)
    else:
        share = np.bincount(y, minlength=len(problem.dataset.classes)) / len(y)
    return np.tile(np.asarray(share, np.float64), (len(indices), 1))


def trials(problem: Problem, metric: str, registry: Registry) -> list[Trial]:
    """Return the baseline rows: finished ones that look at no frame, and a config to run."""
    rows = constant_trials(problem, metric)
    config = intensity_config(registry)
    if config is not None:
        own = config_id(config)
        rows.append(Trial(INTENSITY, kind="baseline", config=config, config_id=own))
    return rows


def constant_trials(problem: Problem, metric: str) -> list[Trial]:
    """Return the finished rows of the baselines that look at no frame.

    Where frames have several labels, giving none at all is one: with few labels a frame it is
    right nearly everywhere.

    Raises
    ------
    UsageError
        The metric cannot be had of these labels.
    """
    tids = [NO_LABEL, MAJORITY] if problem.dataset.multilabel else [MAJORITY]
    return [_constant_trial(tid, problem, metric) for tid in tids]


def _constant_trial(tid: int, problem: Problem, metric: str) -> Trial:
    scores = np.concatenate([constant_scores(tid, problem, a, b) for a, b in problem.folds])
    value = measure(metric, scores, problem.y[problem.scored], problem.dataset.classes)
    return Trial(
        tid,
        kind="baseline",
        state="ok",
        loss=loss_of(metric, value),
        metrics={metric: value},
        started_utc=now(),
        seconds=0.0,
    )
