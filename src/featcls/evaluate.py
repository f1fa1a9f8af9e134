"""Metrics of scores, and the figures that a report shows.

Metrics take scores (n, k) and labels `y`, codes (n,) or an indicator matrix (n, k), never
class names. The predicted class is the one with the highest score; a label is predicted where
its score is 0.5 or more. Means over classes are over those that occur in `y`. Values are
scikit-learn's for classes that all occur.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featcls.errors import UsageError

Scores = NDArray[np.float64]
Labels = NDArray[Any]

Z_95 = 1.959963984540054  # the standard normal's 97.5 % quantile


def balanced_accuracy(scores: Scores, y: Labels) -> float:
    """Mean recall of the classes.

    Examples
    --------
    >>> balanced_accuracy(np.array([[0.9, 0.1], [0.8, 0.2], [0.6, 0.4]]), np.array([0, 0, 1]))
    0.5
    """
    y = _codes(y, "balanced_accuracy")
    right = predicted(scores, y) == y
    return float(np.mean([right[y == code].mean() for code in np.unique(y)]))


def accuracy(scores: Scores, y: Labels) -> float:
    """Share of frames whose class has the highest score."""
    y = _codes(y, "accuracy")
    return float(np.mean(predicted(scores, y) == y))


def macro_f1(scores: Scores, y: Labels) -> float:
    """Mean F1 of the classes or labels."""
    from sklearn.metrics import f1_score

    labels = np.flatnonzero(_indicator(scores, y).any(axis=0))
    if not len(labels):
        raise UsageError("macro_f1 needs a label that occurs", "choose micro_accuracy")
    guess = predicted(scores, y)
    return float(f1_score(y, guess, labels=labels, average="macro", zero_division=0))


def log_loss(scores: Scores, y: Labels) -> float:
    """Mean negative logarithm of the score of the true class.

    Scores are scaled to sum to 1 and held at 2.2e-16 at least.
    """
    y = _codes(y, "log_loss")
    own = scores[np.arange(len(y)), y] / scores.sum(axis=1)
    return float(-np.log(np.maximum(own, np.finfo(np.float64).eps)).mean())


def brier(scores: Scores, y: Labels) -> float:
    """Mean over frames of the summed squared error of the scores, from 0 to 2 (one label).

    Examples
    --------
    >>> brier(np.array([[0.75, 0.25]]), np.array([1]))
    1.125
    """
    return float(((scores - _indicator(scores, y)) ** 2).sum(axis=1).mean())


def roc_auc(scores: Scores, y: Labels) -> float:
    """Mean over classes of the area under the ROC curve of each against the rest."""
    from sklearn.metrics import roc_auc_score

    truth = _indicator(scores, y)
    both = np.flatnonzero(truth.any(axis=0) & ~truth.all(axis=0))
    if not len(both):
        raise UsageError("roc_auc needs two classes in the labels", "choose another metric")
    return float(np.mean([roc_auc_score(truth[:, k], scores[:, k]) for k in both]))


def micro_accuracy(scores: Scores, y: Labels) -> float:
    """Share of right decisions among all frames and labels."""
    y = _labels(y, "micro_accuracy")
    return float(np.mean(predicted(scores, y) == y))


def micro_precision(scores: Scores, y: Labels) -> float:
    """Share of the predicted labels that are true, 0 where none is predicted."""
    y = _labels(y, "micro_precision")
    guess = predicted(scores, y)
    return float((guess & y).sum() / max(guess.sum(), 1))


def micro_recall(scores: Scores, y: Labels) -> float:
    """Share of the true labels that are predicted."""
    y = _labels(y, "micro_recall")
    if not y.any():
        raise UsageError("micro_recall needs a label that occurs", "choose micro_accuracy")
    return float((predicted(scores, y) & y).sum() / y.sum())


METRICS: dict[str, tuple[Callable[[Scores, Labels], float], bool]] = {
    "balanced_accuracy": (balanced_accuracy, True),
    "accuracy": (accuracy, True),
    "macro_f1": (macro_f1, True),
    "log_loss": (log_loss, False),
    "brier": (brier, False),
    "roc_auc": (roc_auc, True),
    "micro_accuracy": (micro_accuracy, True),
    "micro_precision": (micro_precision, True),
    "micro_recall": (micro_recall, True),
}
"""Metric name -> (function of scores and labels, whether greater is better)."""


def report(scores: Scores, y: Labels, classes: Sequence[str]) -> dict[str, Any]:
    """Return all that there is to say of scores, as JSON values.

    Parameters
    ----------
    scores : (n, k) array
    y : (n,) int array of codes or (n, k) array of 0 and 1
    classes : sequence of k str

    Returns
    -------
    dict
        `classes`, `n`, `metrics` (those that suit the labels), `intervals` (95 %), `per_class`
        (`class`, `n`, `precision`, `recall`, `f1`, `recall_interval`; None where undefined) and
        for one label a frame `confusion`, counts of true (row) by predicted class.
    """
    y = np.asarray(y)
    if scores.shape != (len(y), len(classes)) or not len(y):
        raise ValueError(
            f"scores have shape {scores.shape}; wanted ({len(y)}, {len(classes)}), a row or more"
        )
    single = y.ndim == 1
    truth = _indicator(scores, y).astype(bool)
    guess = predicted(scores, y)
    guess = guess[:, None] == np.arange(len(classes)) if single else guess.astype(bool)
    result: dict[str, Any] = {
        "classes": list(classes),
        "n": len(y),
        "metrics": _metrics(scores, y),
        "intervals": _intervals(truth, guess) if single else {},
        "per_class": [_of_class(name, truth[:, k], guess[:, k]) for k, name in enumerate(classes)],
    }
    if single:
        result["confusion"] = (truth.T.astype(np.int64) @ guess.astype(np.int64)).tolist()
    return result


def predicted(scores: Scores, y: Labels) -> Labels:
    """Return the predicted codes (n,), or the predicted labels (n, k) where `y` has several."""
    return scores.argmax(axis=1) if np.ndim(y) == 1 else (scores >= 0.5).astype(np.uint8)


def wilson(successes: int, n: int) -> tuple[float, float] | None:
    """Return the 95 % interval of a share (Wilson 1927, doi:10.1080/01621459.1927.10502953).

    Examples
    --------
    >>> low, high = wilson(9, 10)
    >>> round(low, 4), round(high, 4)
    (0.5958, 0.9821)
    """
    if n == 0:
        return None
    z2 = Z_95**2
    middle = (successes + z2 / 2) / (n + z2)
    half = Z_95 * np.sqrt(successes * (n - successes) / n + z2 / 4) / (n + z2)
    return float(max(middle - half, 0.0)), float(min(middle + half, 1.0))


def _metrics(scores: Scores, y: Labels) -> dict[str, float]:
    values = {}
    for name, (function, _) in METRICS.items():
        try:
            values[name] = function(scores, y)
        except UsageError:  # not a metric of these labels
            continue
    return values


def _intervals(truth: NDArray[np.bool_], guess: NDArray[np.bool_]) -> dict[str, list[float]]:
    """95 % intervals of accuracy (Wilson) and balanced accuracy.

    The recalls are independent shares, so the distances of their Wilson limits are squared
    and added (Zou & Donner 2008).
    """
    n, right = truth.sum(axis=0), (truth & guess).sum(axis=0)
    present = np.flatnonzero(n)
    limits = np.array([wilson(int(right[k]), int(n[k])) for k in present])
    recalls = right[present] / n[present]
    low, high = np.sqrt(((limits - recalls[:, None]) ** 2).sum(axis=0)) / len(present)
    mean = recalls.mean()
    return {
        "accuracy": list(wilson(int(right.sum()), len(truth)) or ()),
        "balanced_accuracy": [float(max(mean - low, 0.0)), float(min(mean + high, 1.0))],
    }


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


def _indicator(scores: Scores, y: Labels) -> Labels:
    return (
        np.asarray(y) if np.ndim(y) == 2 else np.asarray(y)[:, None] == np.arange(scores.shape[1])
    )


def _codes(y: Labels, metric: str) -> Labels:
    if np.ndim(y) != 1:
        raise UsageError(
            f"{metric} wants one label a frame, these have several",
            "choose micro_accuracy, macro_f1 or roc_auc",
        )
    return np.asarray(y)


def _labels(y: Labels, metric: str) -> Labels:
    if np.ndim(y) != 2:
        raise UsageError(
            f"{metric} wants several labels a frame, these have one",
            "choose balanced_accuracy or accuracy",
        )
    return np.asarray(y)
