"""Two models on the same frames: the difference, and how far it may be chance."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from featcls.search.judged import Judged

RESAMPLES = 4000


@dataclass(frozen=True)
class Paired:
    """What two models did with the frames that both were judged on.

    Attributes
    ----------
    role : {"validation", "test"}
    n : int
        Frames that both have, with the same label.
    both, only_a, only_b, neither : int
        Frames that both, one or neither got right.
    a, b : float
        Balanced accuracies on these frames.
    difference : float
        `b` less `a`.
    interval : (low, high)
        95 % of the difference, from resampling the frames within each class.
    p_value : float
        Of McNemar's exact test: how often chance alone parts `only_a` and `only_b` so far.
    """

    role: str
    n: int
    both: int
    only_a: int
    only_b: int
    neither: int
    a: float
    b: float
    difference: float
    interval: tuple[float, float]
    p_value: float

    @property
    def clear(self) -> bool:
        """True where the interval leaves out 0."""
        return self.interval[0] > 0 or self.interval[1] < 0


def paired(
    a: Judged, b: Judged, classes_a: Sequence[str], classes_b: Sequence[str]
) -> Paired | None:
    """Compare two models frame by frame; None where they share no frame, or several labels.

    References
    ----------
    McNemar (1947), doi:10.1007/BF02295996.

    Examples
    --------
    >>> y, half = np.array([0, 0, 1, 1]), np.array([[0.9, 0.1]] * 4)
    >>> one = Judged("test", ["p", "q", "r", "s"], y, half)
    >>> two = Judged("test", ["s", "r", "q", "p"], y[::-1], np.eye(2)[y[::-1]])
    >>> made = paired(one, two, ["hit", "miss"], ["hit", "miss"])
    >>> made.both, made.only_a, made.only_b, made.difference, made.p_value
    (2, 0, 2, 0.5, 0.5)
    """
    if a.y.ndim == 2 or b.y.ndim == 2:
        return None
    found = {name: i for i, name in enumerate(b.frame_ids)}
    pairs = [
        (i, found[name])
        for i, name in enumerate(a.frame_ids)
        if name in found and classes_a[a.y[i]] == classes_b[b.y[found[name]]]
    ]
    if not pairs:
        return None
    from scipy.stats import binomtest

    rows = np.array(pairs)
    y = a.y[rows[:, 0]]
    right_a = a.scores[rows[:, 0]].argmax(axis=1) == y
    right_b = b.scores[rows[:, 1]].argmax(axis=1) == b.y[rows[:, 1]]
    only_a, only_b = int((right_a & ~right_b).sum()), int((~right_a & right_b).sum())
    parts = [y == code for code in np.unique(y)]
    low, high = _interval([(right_b[part].astype(int) - right_a[part]) for part in parts])
    mean_a, mean_b = (
        float(np.mean([right[part].mean() for part in parts])) for right in (right_a, right_b)
    )
    differ = only_a + only_b
    return Paired(
        a.role,
        len(y),
        int((right_a & right_b).sum()),
        only_a,
        only_b,
        int((~right_a & ~right_b).sum()),
        mean_a,
        mean_b,
        mean_b - mean_a,
        (low, high),
        float(binomtest(only_a, differ).pvalue) if differ else 1.0,
    )


def _interval(parts: Sequence[NDArray[np.int64]]) -> tuple[float, float]:
    """Return 95 % of the mean over classes of the mean of -1, 0 and 1, frames resampled."""
    rng = np.random.default_rng(0)
    means = [
        rng.multinomial(len(part), np.bincount(part + 1, minlength=3) / len(part), RESAMPLES)
        @ np.array([-1, 0, 1])
        / len(part)
        for part in parts
    ]
    low, high = np.quantile(np.mean(means, axis=0), [0.025, 0.975])
    return float(low), float(high)
