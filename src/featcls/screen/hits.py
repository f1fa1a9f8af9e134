"""Which frames are hits, by their scores."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from featcls.errors import UsageError
from featcls.operating_point import Flags, OperatingPoint, codes_of, hit_scores

NAMES = ("hit", "hits")  # a class of this name needs no telling


@dataclass(frozen=True)
class Hits:
    """Says which frames are hits.

    Parameters
    ----------
    classes : sequence of str
        All classes, in the order of the scores.
    hit_classes : sequence of str
        Those that are hits.
    threshold : float, optional
        Least hit score, see `featcls.operating_point.hit_scores`. Without one a frame is a hit
        where its best class is.
    multilabel : bool

    Examples
    --------
    >>> scores = np.array([[0.45, 0.3, 0.25]])
    >>> Hits(["miss", "weak", "good"], ["weak", "good"], 0.5).of(scores).tolist()
    [True]
    >>> Hits(["miss", "weak", "good"], ["weak", "good"]).of(scores).tolist()
    [False]
    """

    classes: Sequence[str]
    hit_classes: Sequence[str]
    threshold: float | None = None
    multilabel: bool = False

    @property
    def misses(self) -> list[int]:
        """Codes of the classes that are no hits."""
        return [i for i, name in enumerate(self.classes) if name not in self.hit_classes]

    def of(self, scores: NDArray[np.float64]) -> Flags:
        """Say which rows of scores (n, k) are hits, (n,)."""
        if self.threshold is not None or self.multilabel:
            least = 0.5 if self.threshold is None else self.threshold
            return hit_scores(scores, self.classes, self.hit_classes, self.multilabel) >= least
        return np.isin(scores.argmax(axis=1), codes_of(self.hit_classes, self.classes))


def hits_of(
    classes: Sequence[str],
    point: OperatingPoint | None,
    named: Sequence[str] = (),
    multilabel: bool = False,
) -> Hits:
    """Return who is a hit: the named classes, else by the operating point, else class `hit`.

    Raises
    ------
    UsageError
        Nothing says which classes are hits.
    """
    if point and not named:
        return Hits(classes, point.hit_classes, point.threshold, multilabel)
    own = list(named) or [name for name in classes if name.lower() in NAMES]
    if not own:
        raise UsageError(
            f"nothing says which of {', '.join(classes)} are hits",
            f"name them, such as --hit-class {classes[-1]}",
        )
    codes_of(own, classes)
    return Hits(classes, own, None, multilabel)
