"""Scores of a fitted classifier for every class, whatever its library gives."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featcls.classifiers.threads import one_thread
from featcls.errors import PluginError

Scores = NDArray[np.float64]


@dataclass(frozen=True)
class Trained:
    """What `fit` returns and `scores` takes: library estimators and the codes they know.

    Attributes
    ----------
    parts : list
        One estimator; for multi-label data and a classifier without it, one a label. None
        stands where the training rows hold a single code: there is nothing to fit.
    codes : list of list of int
        The codes of each part's columns; empty for a part that is itself multi-label.
    rows : (m, width) array, optional
        A few training rows: with them a saved model can be tried when it is opened.
    """

    parts: list[Any]
    codes: list[list[int]]
    rows: NDArray[np.float64] | None = None


def scores(trained: Trained, X: Any, n_classes: int, multilabel: bool = False) -> Scores:
    """Return a score for every row and class.

    Probabilities where the classifier gives them. Else the softmax of its one-vs-rest
    decision function (for one label the logistic function of its decision): these rank the
    classes as the classifier does and are not calibrated. A class that the classifier never
    saw scores 0.

    Parameters
    ----------
    trained : Trained
    X : (n, width) array, or a sequence of n frames
    n_classes : int
    multilabel : bool
        Scores are then one probability a label and do not sum to 1.

    Returns
    -------
    (n, n_classes) float64 array
    """
    return outputs(trained, X, n_classes, multilabel).astype(np.float64)


def outputs(trained: Trained, X: Any, n_classes: int, multilabel: bool = False) -> NDArray[Any]:
    """Return `scores` in the precision of the classifier, float32 or float64."""
    if not multilabel:
        (part,), (known,) = trained.parts, trained.codes
        columns = _columns(part, X)
    elif trained.codes == [[]]:
        known, columns = list(range(n_classes)), _native(trained.parts[0], X)
    else:
        known = list(range(n_classes))
        pairs = zip(trained.parts, trained.codes, strict=True)
        columns = np.stack([_of_code_1(_columns(part, X), codes) for part, codes in pairs], axis=1)
    if columns.shape != (len(X), len(known)) or not np.isfinite(columns).all():
        raise PluginError(
            f"the classifier gave scores of shape {columns.shape} or not finite; wanted finite "
            f"{(len(X), len(known))}",
            "try other parameters",
        )
    result = np.zeros((len(X), n_classes), columns.dtype)
    result[:, known] = columns
    return result


def _columns(estimator: Any, X: Any) -> NDArray[Any]:
    """Return a column of scores for each code that the estimator was fitted to."""
    if estimator is None:
        return np.ones((len(X), 1), np.float32)  # widens to whatever stands beside it
    with one_thread(type(estimator)):
        if hasattr(estimator, "predict_proba"):
            return np.asarray(estimator.predict_proba(X))
        decision = np.asarray(estimator.decision_function(X))
    if decision.ndim == 1:
        decision = np.stack([-decision / 2, decision / 2], axis=1)
    weight = np.exp(decision - decision.max(axis=1, keepdims=True))
    return np.asarray(weight / weight.sum(axis=1, keepdims=True))


def _native(estimator: Any, X: Any) -> NDArray[Any]:
    """Return the probability of each label from an estimator that knows several."""
    with one_thread(type(estimator)):
        result = estimator.predict_proba(X)
    if not isinstance(result, list):
        return np.asarray(result)
    pairs = zip(result, estimator.classes_, strict=True)
    return np.stack([_of_code_1(p, list(codes)) for p, codes in pairs], axis=1)


def _of_code_1(columns: NDArray[Any], codes: list[int]) -> NDArray[Any]:
    return columns[:, codes.index(1)] if 1 in codes else np.zeros(len(columns), columns.dtype)
