"""Fitting a registered classifier to class codes, and its scores for every class.

The classifiers are the libraries' own. What they disagree on is settled here: codes that do
not occur in the training part, class weights by name, labels that are not exclusive, and
scores where there are no probabilities.
"""

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featcls.errors import PluginError, UsageError, unknown
from featcls.plugins import Entry

Codes = NDArray[Any]
Scores = NDArray[np.float64]

KEPT_ROWS = 8


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


def fit(
    entry: Entry,
    params: Mapping[str, Any],
    X: Any,
    y: Codes,
    *,
    classes: Sequence[str],
    sample_weight: NDArray[np.float64] | None = None,
    random_state: int = 0,
    n_threads: int = 1,
    checkpoint: Path | None = None,
) -> Trained:
    """Fit a registered classifier.

    Parameters
    ----------
    entry : Entry
        As `Registry.get("classifier", name)` gives it.
    params : mapping
        Its parameters as in a canonical config. A factory that names `random_state` or
        `n_jobs` among its arguments is given these too.
    X : (n, width) array, or a sequence of n frames where the classifier takes frames
    y : (n,) int array of codes, or (n, k) array of 0 and 1
        Codes index `classes`; not all need occur.
    classes : sequence of str
        All class names; a map as `class_weight` names them, others weigh 1.
    sample_weight : (n,) array, optional
        Multiplied with the class weights.
    random_state : int
    n_threads : int
        For classifiers whose result does not depend on it (forests); the others run on one,
        so a config fits the same anywhere.
    checkpoint : Path, optional
        A classifier with a budget goes on from files of this name and the part's number, and
        leaves its state there.

    Raises
    ------
    UsageError
        A weight for an unknown class, or weights for a classifier that cannot weigh.
    ValueError
        No rows, values that are not finite, or `X` and `y` of different lengths.
    """
    y = np.asarray(y)
    _check_rows(entry, X, y)
    params = dict(params)
    weights = _by_code(params.pop("class_weight", None), classes)
    make = _Maker(entry, params, random_state, n_threads, checkpoint)
    if y.ndim == 2 and y.shape[1] > 1 and entry.options["multilabel"]:
        table = [{0: 1.0, 1: w} for w in weights] if isinstance(weights, list) else weights
        return Trained([make.fitted(X, y, table, sample_weight, 0)], [[]], _few(entry, X))
    parts, codes = [], []
    for label, target in enumerate([y] if y.ndim == 1 else y.T):
        known, columns = np.unique(target, return_inverse=True)
        by_column = weights
        if isinstance(weights, list):
            by_target = weights if y.ndim == 1 else [1.0, weights[label]]
            by_column = {column: by_target[code] for column, code in enumerate(known)}
        several = len(known) > 1
        parts.append(make.fitted(X, columns, by_column, sample_weight, label) if several else None)
        codes.append(known.tolist())
    return Trained(parts, codes, _few(entry, X))


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


class _Maker:
    """Makes and fits estimators of one config."""

    def __init__(
        self,
        entry: Entry,
        params: dict[str, Any],
        random_state: int,
        n_threads: int,
        checkpoint: Path | None,
    ) -> None:
        execution = {"random_state": random_state, "n_jobs": n_threads}
        taken = inspect.signature(entry.factory).parameters
        self.entry = entry
        self.params = params
        self.checkpoint = checkpoint if entry.options["fit_more"] else None
        self.execution = {name: execution[name] for name in execution if name in taken}

    def fitted(
        self,
        X: Any,
        y: Codes,
        class_weight: Any,
        sample_weight: NDArray[np.float64] | None,
        part: int,
    ) -> Any:
        """Return an estimator fitted to columns 0..m-1, or to an indicator matrix."""
        params = {**self.params, **self.execution}
        road = self.entry.options["class_weight"]
        if road == "param":
            params["class_weight"] = class_weight
        elif road == "sample" and class_weight is not None:
            sample_weight = _weighed(class_weight, y, sample_weight)
        elif class_weight is not None:
            raise UsageError(f"classifier {self.entry.name!r} takes no class weights")
        estimator = self.entry.factory(**params)
        given = {} if sample_weight is None else {"sample_weight": sample_weight}
        if given and "sample_weight" not in inspect.signature(estimator.fit).parameters:
            raise UsageError(
                f"classifier {self.entry.name!r} cannot weigh frames",
                "leave the weights out or choose another classifier",
            )
        with _one_thread(type(estimator)):
            if self.checkpoint is None:
                estimator.fit(X, y, **given)
            else:
                estimator = self._fit_more(estimator, X, y, given, part)
        if "n_jobs" in self.execution:
            estimator.n_jobs = 1  # threads add up a forest's votes in any order
        return estimator

    def _fit_more(
        self, estimator: Any, X: Any, y: Codes, given: Mapping[str, Any], part: int
    ) -> Any:
        assert self.checkpoint is not None
        options = self.entry.options
        self.checkpoint.parent.mkdir(parents=True, exist_ok=True)
        path = self.checkpoint.with_name(f"{self.checkpoint.name}-{part}")
        return options["fit_more"](estimator, X, y, self.params[options["budget"]], path, **given)


def _weighed(
    class_weight: Any, y: Codes, sample_weight: NDArray[np.float64] | None
) -> NDArray[np.float64]:
    """Return the weight of each row's class, times its own."""
    from sklearn.utils.class_weight import compute_sample_weight

    weight = compute_sample_weight(class_weight, y)
    return np.asarray(weight if sample_weight is None else weight * sample_weight)


def _check_rows(entry: Entry, X: Any, y: Codes) -> None:
    if len(X) != len(y) or len(y) == 0:
        raise ValueError(f"X has {len(X)} rows, y {len(y)}; give one label a row, and a row")
    if entry.options["takes"] == "vector" and not np.isfinite(X).all():
        raise ValueError("X holds values that are not finite; features must be numbers")


def _few(entry: Entry, X: Any) -> NDArray[np.float64] | None:
    if entry.options["takes"] != "vector":
        return None
    return np.array(X[np.linspace(0, len(X) - 1, min(len(X), KEPT_ROWS)).astype(int)])


def _by_code(class_weight: Any, classes: Sequence[str]) -> Any:
    """Return None, "balanced", or the weight of every class code as a list."""
    if not isinstance(class_weight, Mapping):
        return class_weight
    for name in class_weight:
        if name not in classes:
            raise UsageError(unknown("class", str(name), classes), "class_weight names classes")
    return [float(class_weight.get(name, 1.0)) for name in classes] if class_weight else None


def _columns(estimator: Any, X: Any) -> NDArray[Any]:
    """Return a column of scores for each code that the estimator was fitted to."""
    if estimator is None:
        return np.ones((len(X), 1), np.float32)  # widens to whatever stands beside it
    with _one_thread(type(estimator)):
        if hasattr(estimator, "predict_proba"):
            return np.asarray(estimator.predict_proba(X))
        decision = np.asarray(estimator.decision_function(X))
    if decision.ndim == 1:
        decision = np.stack([-decision / 2, decision / 2], axis=1)
    weight = np.exp(decision - decision.max(axis=1, keepdims=True))
    return np.asarray(weight / weight.sum(axis=1, keepdims=True))


def _native(estimator: Any, X: Any) -> NDArray[Any]:
    """Return the probability of each label from an estimator that knows several."""
    with _one_thread(type(estimator)):
        result = estimator.predict_proba(X)
    if not isinstance(result, list):
        return np.asarray(result)
    pairs = zip(result, estimator.classes_, strict=True)
    return np.stack([_of_code_1(p, list(codes)) for p, codes in pairs], axis=1)


def _of_code_1(columns: NDArray[Any], codes: list[int]) -> NDArray[Any]:
    return columns[:, codes.index(1)] if 1 in codes else np.zeros(len(columns), columns.dtype)


def _one_thread(kind: type) -> Any:
    """Return a context in which the libraries behind a type of estimator use one thread.

    BLAS adds in another order on other numbers of threads, and other sums are other numbers.
    """
    return _controller(kind).limit(limits=1)


@cache
def _controller(kind: type) -> Any:
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()  # sees what is loaded now, so one for each type
