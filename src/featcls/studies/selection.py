"""How good a selection of frames is: F1 and intersection over union lead, where few are wanted."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featcls.studies.tables import Figure, Outcome, beside, paper, share

F1 = (("single hits",), "macro_f1")  # classes and metric of `outcomes`
Selected = tuple[NDArray[np.bool_], NDArray[np.bool_]]  # what was selected, and what was to be


def figures(
    label: str, found: Sequence[Selected], printed: tuple[int, int] | None = None, **told: Any
) -> list[list[Any]]:
    """Return a row a figure: label, its name, ours, the paper's, where ours stands.

    Parameters
    ----------
    label : str
    found : sequence of Selected
        One a seed.
    printed : (int, int), optional
        How many the paper selected, and how many of these rightly.
    **told
        `wanted` and `others`: how many the paper was to select, and to leave; `where` and `why`
        as `tables.paper` takes them.
    """
    counts = [_counts(*one) for one in found]
    theirs = {} if printed is None else _printed(*printed, **told)
    ours = {name: share([_share(name, *c) for c in counts]) for name in SHARES}
    ours = {"F1": f1_of(ours["IoU"]), **ours}
    return [[label, name, *beside(figure, theirs.get(name))] for name, figure in ours.items()]


def f1_of(overlap: Figure | None) -> Figure | None:
    """Return F1 of an intersection over union J: 2 J / (1 + J), its limits with it.

    Examples
    --------
    >>> f1_of(share([(1, 3)]))["value"]
    0.5
    """
    if overlap is None:
        return None

    def f1(value: float) -> float:
        return round(2 * value / (1 + value), 5)

    spans = {k: [f1(x) for x in overlap[k]] for k in ("interval", "spread") if k in overlap}
    return overlap | spans | {"value": f1(overlap["value"])}


def best_threshold(scores: NDArray[np.float64], wanted: NDArray[np.bool_]) -> float:
    """Return the least score of a selected frame that gives the greatest F1.

    Examples
    --------
    >>> best_threshold(np.array([0.9, 0.2, 0.6, 0.1]), np.array([True, False, True, False]))
    0.6
    """
    tried = np.unique(scores)[::-1]
    right = np.array([(wanted & (scores >= least)).sum() for least in tried])
    selected = np.array([(scores >= least).sum() for least in tried])
    return float(tried[int(np.argmax(right / (selected + wanted.sum())))])


def outcomes(found: Sequence[Selected]) -> list[Outcome]:
    """Return selections as scores and indicators of one label, as `ablation` compares them."""
    return [(own[:, None].astype(float), wanted[:, None]) for own, wanted in found]


SHARES = ("IoU", "precision", "recall", "accuracy")


def _counts(selected: NDArray[np.bool_], wanted: NDArray[np.bool_]) -> tuple[int, int, int, int]:
    """Return how many there are, to be selected, selected, and selected rightly."""
    both = int((selected & wanted).sum())
    return len(wanted), int(wanted.sum()), int(selected.sum()), both


def _share(name: str, n: int, wanted: int, selected: int, right: int) -> tuple[int, int]:
    union = selected + wanted - right
    of = {"IoU": (right, union), "precision": (right, selected), "recall": (right, wanted)}
    return of.get(name, (n - union + right, n))


def _printed(
    selected: int, right: int, *, wanted: int, others: int, where: str, why: str = ""
) -> dict[str, Figure | None]:
    shares = {name: _share(name, wanted + others, wanted, selected, right) for name in SHARES}
    found: dict[str, Figure | None] = {
        name: paper(round(part / n, 5), where, n, why=why if name == "IoU" else "")
        for name, (part, n) in shares.items()
    }
    return {"F1": f1_of(found["IoU"]), **found}
