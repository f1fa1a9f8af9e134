"""How the members of an ensemble come to one set of scores."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float64]

VOTES = ("soft", "majority", "intersection")


def combine(
    parts: Sequence[Scores], vote: str, hit_codes: Sequence[int] = (), multilabel: bool = False
) -> Scores:
    """Return the scores (n, k) of all members together.

    Parameters
    ----------
    parts : sequence of (n, k) arrays
        Scores of each member.
    vote : {"soft", "majority", "intersection"}
        `soft`: the mean of the scores. `majority`: the share of members that say so (its
        class has the highest score, its label 0.5 or more), the mean deciding where they are
        equally many. `intersection`: a frame is a hit only where every member says so
        (Ignatenko et al. 2020, arXiv:2008.07288); it gets the scores of the member least
        willing to call it a hit. Of several labels, a hit label gets its lowest score and
        the others their mean.
    hit_codes : sequence of int
        Classes that are hits, for `intersection`.
    multilabel : bool

    Examples
    --------
    >>> sure, unsure = np.array([[0.1, 0.9]]), np.array([[0.6, 0.4]])
    >>> combine([sure, sure, unsure], "intersection", [1]).tolist()
    [[0.6, 0.4]]
    """
    stack = np.stack(parts)
    mean: Scores = stack.mean(axis=0)
    if vote == "soft":
        return mean
    if vote == "majority":
        votes = stack >= 0.5 if multilabel else stack.argmax(axis=2)[..., None] == _codes(stack)
        total: Scores = (votes.sum(axis=0) + mean) / (len(parts) + 1)
        return total
    if vote != "intersection":
        raise ValueError(f"vote is {vote!r}; wanted one of {', '.join(VOTES)}")
    hits = list(hit_codes)
    if multilabel:
        mean[:, hits] = stack[:, :, hits].min(axis=0)
        return mean
    says_hit = np.isin(stack.argmax(axis=2), hits)
    # A share of the scores is at most 1: whoever says miss comes before all who say hit.
    willing = stack[:, :, hits].sum(axis=2) + 2.0 * says_hit
    least: Scores = stack[willing.argmin(axis=0), np.arange(stack.shape[1])]
    return least


def _codes(stack: Scores) -> NDArray[np.int64]:
    return np.arange(stack.shape[2])
