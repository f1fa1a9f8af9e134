"""What is left to say where a model may also say nothing."""

from collections.abc import Sequence
from typing import Any

from featcls.errors import UsageError
from featcls.evaluate.intervals import wilson
from featcls.evaluate.metrics import Labels, Scores


def coverage(scores: Scores, y: Labels, classes: Sequence[str], least: float) -> dict[str, Any]:
    """Return what share of frames has a best score of `least` or more, and is right then.

    Parameters
    ----------
    scores : (n, k) array
    y : (n,) int array of codes
    classes : sequence of k str
    least : float

    Returns
    -------
    dict
        `least`, and of all frames (`covered`, `accuracy` with its 95 % `interval`) and of each
        class (`per_class`: `class`, `n`, `covered`, `right`) the shares as JSON values. A share
        of nothing is None.

    Examples
    --------
    >>> import numpy as np
    >>> found = coverage(np.array([[0.9, 0.1], [0.6, 0.4], [0.2, 0.8]]), np.array([0, 1, 1]),
    ...                  ["miss", "hit"], 0.7)
    >>> round(found["covered"], 3), found["accuracy"], found["per_class"][1]["covered"]
    (0.667, 1.0, 0.5)
    """
    if y.ndim != 1:
        raise UsageError("a model of several labels a frame cannot abstain", "leave --abstain out")
    kept = scores.max(axis=1) >= least
    right = kept & (scores.argmax(axis=1) == y)
    per_class = []
    for code, name in enumerate(classes):
        own = y == code
        n, said = int(own.sum()), int((own & kept).sum())
        row = {"class": name, "n": n, "covered": _share(said, n)}
        per_class.append(row | {"right": _share(int((own & right).sum()), said)})
    n = int(kept.sum())
    return {
        "least": least,
        "covered": _share(n, len(y)),
        "accuracy": _share(int(right.sum()), n),
        "interval": wilson(int(right.sum()), n),
        "per_class": per_class,
    }


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
