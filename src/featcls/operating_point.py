"""The threshold that loses at most so many hits, with a stated confidence.

A frame is kept where its hit score reaches the threshold. The threshold is set on frames that
neither fitted nor chose the model. Among n such hits the threshold may lie above the scores of
j, where a loss of the stated share would leave as few as j below it with a probability of at
most 1 - confidence: the exact binomial (Clopper & Pearson 1934, doi:10.1093/biomet/26.4.404)
bound of the loss is then no more than stated. As the loss only grows with the threshold, the
highest such threshold needs no correction for looking at many (Angelopoulos et al. 2021,
"Learn then Test", arXiv:2110.01052). Hits count as independent.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featcls.errors import DataError, UsageError, unknown

Scores = NDArray[np.float64]
Flags = NDArray[np.bool_]

# A model may score a frame otherwise by this, computing in other batches; a lower threshold
# loses no more hits.
SLACK = 1e-6


@dataclass(frozen=True)
class OperatingPoint:
    """A threshold and what it was set on.

    Attributes
    ----------
    hit_classes : tuple of str
    max_lost_hits, confidence : float
        What was asked for.
    threshold : float
        Frames with this hit score or more are kept.
    n_hits, n_lost : int
        Hits it was set on, and those of them below it.
    bound : float
        Upper bound of the share of lost hits at that confidence.
    n_misses, n_kept_misses : int
        Other frames it was set on, and those of them that are kept.
    """

    hit_classes: tuple[str, ...]
    max_lost_hits: float
    confidence: float
    threshold: float
    n_hits: int
    n_lost: int
    bound: float
    n_misses: int
    n_kept_misses: int

    @property
    def reduction(self) -> float:
        """Share of the frames it was set on that are not kept."""
        kept = self.n_hits - self.n_lost + self.n_kept_misses
        return 1.0 - kept / (self.n_hits + self.n_misses)

    def words(self) -> str:
        """Say it in a sentence."""
        return (
            f"hits ({', '.join(self.hit_classes)}) from score {self.threshold:.4g} on: at most "
            f"{self.bound:.2%} lost with confidence {self.confidence:.0%}, {self.reduction:.1%} "
            "of such frames not kept"
        )

    def document(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return asdict(self) | {"hit_classes": list(self.hit_classes)}

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> "OperatingPoint":
        """Return what `document` gave; ValueError for numbers that cannot be."""
        point = cls(**{**document, "hit_classes": tuple(document["hit_classes"])})
        shares = (point.max_lost_hits, point.confidence, point.bound)
        counts = (point.n_hits - point.n_lost, point.n_misses - point.n_kept_misses)
        if not (
            math.isfinite(point.threshold)
            and all(0 <= share <= 1 for share in shares)
            and min(*counts, point.n_lost, point.n_kept_misses, point.n_hits - 1) >= 0
        ):
            raise ValueError(f"operating point is {dict(document)!r}")
        return point


def hit_scores(
    scores: Scores, classes: Sequence[str], hit_classes: Sequence[str], multilabel: bool = False
) -> Scores:
    """Return the score of a frame as a hit, (n,).

    The sum over the hit classes; where a frame can have several labels, the highest.

    Examples
    --------
    >>> hit_scores(np.array([[0.5, 0.3, 0.2]]), ("miss", "weak", "good"), ("weak", "good"))
    array([0.5])
    """
    columns = scores[:, codes_of(hit_classes, classes)]
    return np.asarray(columns.max(axis=1) if multilabel else columns.sum(axis=1))


def are_hits(y: NDArray[Any], classes: Sequence[str], hit_classes: Sequence[str]) -> Flags:
    """Say which frames are hits, (n,), by their codes (n,) or labels (n, k)."""
    codes = codes_of(hit_classes, classes)
    found = np.isin(y, codes) if y.ndim == 1 else y[:, codes].any(axis=1)
    return np.asarray(found, bool)


def codes_of(hit_classes: Sequence[str], classes: Sequence[str]) -> list[int]:
    """Return the codes of the hit classes; UsageError for one that is not there."""
    for name in hit_classes:
        if name not in classes:
            raise UsageError(unknown("class", name, classes), "give hit classes by name")
    codes = sorted({list(classes).index(name) for name in hit_classes})
    if not codes or len(codes) == len(classes):
        raise UsageError(
            f"{len(codes)} of {len(classes)} classes are hits", "name some of them, not all"
        )
    return codes


def choose(
    score: Scores,
    hit: Flags,
    hit_classes: Sequence[str],
    max_lost_hits: float,
    confidence: float = 0.95,
) -> OperatingPoint:
    """Return the highest threshold that loses at most this share of hits.

    Parameters
    ----------
    score : (n,) array
        Hit scores of frames that neither fitted nor chose the model.
    hit : (n,) bool array
    hit_classes : sequence of str
    max_lost_hits : float
        Share of the hits, above 0 and below 1.
    confidence : float
        Probability, over such sets of frames, that the share is kept to.

    Raises
    ------
    DataError
        Too few hits to show it; says how many are needed.

    Examples
    --------
    >>> score, hit = np.arange(400.0), np.arange(400) >= 100
    >>> point = choose(score, hit, ["hit"], max_lost_hits=0.01)
    >>> point.n_hits, point.n_lost, round(point.threshold), round(point.bound, 4)
    (300, 0, 100, 0.0099)
    """
    _check(max_lost_hits, confidence)
    own = np.sort(score[hit])
    needed = hits_needed(max_lost_hits, confidence)
    if len(own) < needed:
        raise DataError(
            f"{len(own)} hits cannot show that at most {max_lost_hits:g} of them are lost with "
            f"confidence {confidence:g}; {needed} are needed",
            "keep more frames for calibration, or ask for a larger share or a lower confidence",
        )
    threshold = float(own[_may_lose(len(own), max_lost_hits, confidence)]) - SLACK
    n_lost = int((own < threshold).sum())
    return OperatingPoint(
        tuple(hit_classes),
        max_lost_hits,
        confidence,
        threshold,
        n_hits=len(own),
        n_lost=n_lost,
        bound=lost_bound(n_lost, len(own), confidence),
        n_misses=int((~hit).sum()),
        n_kept_misses=int((score[~hit] >= threshold).sum()),
    )


def realised(
    point: OperatingPoint, scores: Scores, y: NDArray[Any], classes: Sequence[str]
) -> dict[str, Any]:
    """Return what became of labelled frames at an operating point.

    Returns
    -------
    dict
        `hits`, `lost`, `lost_share` (None without hits), `lost_bound` (its upper bound at the
        point's confidence), `misses`, `kept_misses`, and `reduction`, the share not kept.
    """
    kept = hit_scores(scores, classes, point.hit_classes, y.ndim == 2) >= point.threshold
    hit = are_hits(y, classes, point.hit_classes)
    hits, lost = int(hit.sum()), int((hit & ~kept).sum())
    return {
        "hits": hits,
        "lost": lost,
        "lost_share": lost / hits if hits else None,
        "lost_bound": lost_bound(lost, hits, point.confidence),
        "misses": int((~hit).sum()),
        "kept_misses": int((kept & ~hit).sum()),
        "reduction": float(1.0 - kept.mean()),
    }


def hits_needed(max_lost_hits: float, confidence: float = 0.95) -> int:
    """Return the number of hits of which none may be lost to show the bound.

    Examples
    --------
    >>> hits_needed(0.01, 0.95), hits_needed(0.05, 0.95)
    (299, 59)
    """
    _check(max_lost_hits, confidence)
    return math.ceil(math.log(1.0 - confidence) / math.log1p(-max_lost_hits))


def lost_bound(n_lost: int, n_hits: int, confidence: float = 0.95) -> float:
    """Return the upper bound of the share lost, exact (Clopper & Pearson).

    Examples
    --------
    >>> round(lost_bound(0, 299), 5), round(lost_bound(1, 10), 3)
    (0.00997, 0.394)
    """
    from scipy.stats import beta

    return 1.0 if n_lost >= n_hits else float(beta.ppf(confidence, n_lost + 1, n_hits - n_lost))


def _may_lose(n_hits: int, max_lost_hits: float, confidence: float) -> int:
    """Return the largest number lost of which the bound is no more than asked for."""
    from scipy.stats import binom

    lost = int(binom.ppf(1.0 - confidence, n_hits, max_lost_hits))
    return lost if binom.cdf(lost, n_hits, max_lost_hits) <= 1.0 - confidence else lost - 1


def _check(max_lost_hits: float, confidence: float) -> None:
    for name, value in (("max_lost_hits", max_lost_hits), ("confidence", confidence)):
        if not 0 < value < 1:
            raise UsageError(f"{name} is {value:g}; wanted a share above 0 and below 1")
