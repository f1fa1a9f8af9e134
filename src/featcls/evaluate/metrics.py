"""Metrics of scores: one number each.

Metrics take scores (n, k) and labels `y`, codes (n,) or an indicator matrix (n, k), never
class names. The predicted class is the one with the highest score; a label is predicted where
its score is 0.5 or more. Means over classes are over those that occur in `y`. Values are
scikit-learn's for classes that all occur.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featcls.errors import UsageError, unknown

Scores = NDArray[np.float64]
Labels = NDArray[Any]


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
    truth, guess = (indicator(scores, codes) > 0 for codes in (y, predicted(scores, y)))
    own = truth.any(axis=0)
    if not own.any():
        raise UsageError("macro_f1 needs a label that occurs", "choose micro_accuracy")
    both = (truth & guess).sum(axis=0)
    return float(np.mean((2 * both / np.maximum(truth.sum(axis=0) + guess.sum(axis=0), 1))[own]))


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
    return float(((scores - indicator(scores, y)) ** 2).sum(axis=1).mean())


def roc_auc(scores: Scores, y: Labels) -> float:
    """Mean over classes of the area under the ROC curve of each against the rest."""
    from sklearn.metrics import roc_auc_score

    truth = indicator(scores, y)
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


RECALL_AT = "recall@"  # and the name of a class


def measure(name: str, scores: Scores, y: Labels, classes: Sequence[str]) -> float:
    """Return a metric by its name.

    Parameters
    ----------
    name : str
        A name in `METRICS`, or `recall@` and the name of a class.
    scores : (n, k) array
    y : (n,) int array of codes or (n, k) array of 0 and 1
    classes : sequence of k str

    Raises
    ------
    UsageError
        No such metric, or one that these labels cannot have.

    Examples
    --------
    >>> scores = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]])
    >>> measure("recall@hit", scores, np.array([0, 1, 1]), ("miss", "hit"))
    0.5
    """
    check_metric(name, classes)
    if name.startswith(RECALL_AT):
        return _recall(scores, y, list(classes).index(name.removeprefix(RECALL_AT)), name)
    return METRICS[name][0](scores, y)


def check_metric(name: str, classes: Sequence[str]) -> None:
    """Raise UsageError where there is no metric of this name for these classes."""
    if name.startswith(RECALL_AT):
        if (wanted := name.removeprefix(RECALL_AT)) not in classes:
            raise UsageError(unknown("class", wanted, classes), f"{name} names a class")
    elif name not in METRICS:
        raise UsageError(unknown("metric", name, (*METRICS, f"{RECALL_AT}CLASS")))


def loss_of(name: str, value: float) -> float:
    """Return what a search minimises: a metric that is better small, or 1 less the value.

    Examples
    --------
    >>> loss_of("accuracy", 0.75), loss_of("brier", 0.75)
    (0.25, 0.75)
    """
    greater = name.startswith(RECALL_AT) or METRICS[name][1]
    return 1.0 - value if greater else value


def predicted(scores: Scores, y: Labels) -> Labels:
    """Return the predicted codes (n,), or the predicted labels (n, k) where `y` has several."""
    return scores.argmax(axis=1) if np.ndim(y) == 1 else (scores >= 0.5).astype(np.uint8)


def _recall(scores: Scores, y: Labels, code: int, name: str) -> float:
    truth = indicator(scores, y)[:, code].astype(bool)
    if not truth.any():
        raise UsageError(f"{name} needs frames of that class", "choose another metric")
    return float(indicator(scores, predicted(scores, y))[truth, code].mean())


def indicator(scores: Scores, y: Labels) -> Labels:
    """Return labels as an array (n, k) that is true, or 1, where a frame has the label."""
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
