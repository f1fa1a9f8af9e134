"""95 % intervals of metrics: how far a figure on so many frames may lie from the truth."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from featcls.errors import UsageError
from featcls.evaluate.metrics import RECALL_AT, Labels, Scores, indicator, measure, predicted

Z_95 = 1.959963984540054  # the standard normal's 97.5 % quantile
RESAMPLES = 200

Interval = tuple[float, float]


def interval(name: str, scores: Scores, y: Labels, classes: Sequence[str]) -> Interval:
    """Return the 95 % interval of a metric.

    Wilson's for shares of frames (accuracy, recall of a class) and what follows from it for
    balanced accuracy; else of 200 resamples of the frames, within each class where frames have
    one label. Frames count as independent: where they come in runs, it is too narrow.

    Parameters
    ----------
    name, scores, y, classes
        As `measure` takes them.

    Returns
    -------
    (low, high)
    """
    if name == "balanced_accuracy" or name == "accuracy" or name.startswith(RECALL_AT):
        truth = indicator(scores, y).astype(bool)
        right = truth & indicator(scores, predicted(scores, y)).astype(bool)
        if name == "balanced_accuracy":
            return _mean_recall(right.sum(axis=0), truth.sum(axis=0))
        if name == "accuracy":
            return wilson(int(right.sum()), len(truth)) or (0.0, 1.0)
        code = list(classes).index(name.removeprefix(RECALL_AT))
        return wilson(int(right[:, code].sum()), int(truth[:, code].sum())) or (0.0, 1.0)
    return bootstrap(lambda rows: measure(name, scores[rows], y[rows], classes), y)


def bootstrap(value: Callable[[NDArray[np.int64]], float], y: Labels) -> Interval:
    """Return the middle 95 % of a value over resamples of the frames; the same ones each time.

    Parameters
    ----------
    value : callable
        From indices of frames, some several times, to the value. One that is not defined for
        them (UsageError) is left out.
    y : (n,) int array of codes or (n, k) array of 0 and 1
        Codes are resampled within each class.
    """
    rng = np.random.default_rng(0)
    parts = [np.flatnonzero(y == code) for code in np.unique(y)]
    if y.ndim == 2:
        parts = [np.arange(len(y))]
    values = []
    for _ in range(RESAMPLES):
        try:
            values.append(value(np.concatenate([rng.choice(part, len(part)) for part in parts])))
        except UsageError:
            continue
    low, high = np.quantile(values, [0.025, 0.975]) if values else (np.nan, np.nan)
    return float(low), float(high)


def wilson(successes: int, n: int) -> Interval | None:
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


def _mean_recall(right: NDArray[np.int64], n: NDArray[np.int64]) -> Interval:
    """Interval of the mean of independent shares: the distances of their Wilson limits are
    squared and added (Zou & Donner 2008, doi:10.1002/sim.3095)."""
    present = np.flatnonzero(n)
    limits = np.array([wilson(int(right[k]), int(n[k])) for k in present])
    recalls = right[present] / n[present]
    low, high = np.sqrt(((limits - recalls[:, None]) ** 2).sum(axis=0)) / len(present)
    mean = recalls.mean()
    return float(max(mean - low, 0.0)), float(min(mean + high, 1.0))
