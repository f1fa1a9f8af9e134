"""All that there is to say of scores, as JSON values."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featcls.errors import UsageError
from featcls.evaluate.exclusive import Groups, violations
from featcls.evaluate.intervals import interval, wilson
from featcls.evaluate.metrics import METRICS, Labels, Scores, indicator, measure, predicted

QUICK = ("accuracy", "balanced_accuracy", "micro_accuracy", "micro_precision", "micro_recall")


def report(
    scores: Scores,
    y: Labels,
    classes: Sequence[str],
    *,
    metric: str | None = None,
    exclusive: Groups = (),
) -> dict[str, Any]:
    """Return all that there is to say of scores, as JSON values.

    Parameters
    ----------
    scores : (n, k) array
    y : (n,) int array of codes or (n, k) array of 0 and 1
    classes : sequence of k str
    metric : str, optional
        One that is wanted with its interval in any case, such as `recall@hit`.
    exclusive : sequence of sequences of str
        Labels of which a frame can have one at most.

    Returns
    -------
    dict
        `classes`, `n`, `metrics` (those that suit the labels), `intervals` (95 %, of some
        metrics), `per_class` (`class`, `n`, `precision`, `recall`, `f1`, `recall_interval`;
        None where undefined); for one label a frame `confusion`, counts of true (row) by
        predicted class; for several `exclusivity` where groups are given.
    """
    y = np.asarray(y)
    if scores.shape != (len(y), len(classes)) or not len(y):
        raise ValueError(
            f"scores have shape {scores.shape}; wanted ({len(y)}, {len(classes)}), a row or more"
        )
    truth = indicator(scores, y).astype(bool)
    guess = indicator(scores, predicted(scores, y)).astype(bool)
    metrics = _metrics(scores, y, classes, metric)
    result: dict[str, Any] = {
        "classes": list(classes),
        "n": len(y),
        "metrics": metrics,
        "intervals": {
            name: list(interval(name, scores, y, classes))
            for name in metrics
            if name in QUICK or name == metric
        },
        "per_class": [_of_class(name, truth[:, k], guess[:, k]) for k, name in enumerate(classes)],
    }
    if y.ndim == 1:
        result["confusion"] = (truth.T.astype(np.int64) @ guess.astype(np.int64)).tolist()
    elif exclusive:
        result["exclusivity"] = [
            {
                "labels": list(group),
                "predicted": violations(guess, group, classes),
                "labelled": violations(truth, group, classes),
            }
            for group in exclusive
        ]
    return result


def _metrics(
    scores: Scores, y: Labels, classes: Sequence[str], wanted: str | None
) -> dict[str, float]:
    values = {}
    for name in dict.fromkeys([*METRICS, *([wanted] if wanted else [])]):
        try:
            values[name] = measure(name, scores, y, classes)
        except UsageError:  # not a metric of these labels
            continue
    return values


def _of_class(name: str, truth: NDArray[np.bool_], guess: NDArray[np.bool_]) -> dict[str, Any]:
    right, n, named = (int(x.sum()) for x in (truth & guess, truth, guess))
    return {
        "class": name,
        "n": n,
        "precision": right / named if named else None,
        "recall": right / n if n else None,
        "f1": 2 * right / (n + named) if n + named else None,
        "recall_interval": wilson(right, n),
    }
