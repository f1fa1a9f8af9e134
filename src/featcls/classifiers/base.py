"""Fitting a registered classifier to class codes, and its scores for every class.

The classifiers are the libraries' own. What they disagree on is settled here: codes that do
not occur in the training part, class weights by name, labels that are not exclusive, and
scores where there are no probabilities.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featcls.classifiers.maker import Codes, Maker
from featcls.classifiers.scoring import Scores, Trained, outputs, scores
from featcls.errors import UsageError, unknown
from featcls.plugins import Entry

__all__ = ["Codes", "Scores", "Trained", "fit", "outputs", "scores"]

KEPT_ROWS = 8


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
    make = Maker(entry, params, random_state, n_threads, checkpoint)
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
