"""Tables as JSON: figures with their intervals, the paper's beside ours."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from featcls.evaluate import interval, measure, wilson
from featcls.evaluate.metrics import RECALL_AT, Labels, Scores
from featcls.studies.base import Table

Figure = dict[str, Any]
Outcome = tuple[Scores, Labels]  # scores (n, k) of one seed and the labels they are of

STANDS = ("above", "not different", "below")
BESIDE = ("featcls", "paper", "featcls is")


def table(
    title: str, columns: Sequence[str], rows: Sequence[Sequence[Any]], notes: Sequence[str] = ()
) -> Table:
    """Return a table; its cells are words, numbers, figures and None.

    Raises
    ------
    ValueError
        A row with more or fewer cells than there are columns.
    """
    for row in rows:
        if len(row) != len(columns):
            raise ValueError(f"{title}: {len(row)} cells in {row[:1]}, {len(columns)} columns")
    return {
        "title": title,
        "columns": list(columns),
        "rows": [list(row) for row in rows],
        "notes": list(notes),
    }


def measured(metric: str, outcomes: Sequence[Outcome], classes: Sequence[str]) -> Figure:
    """Return a metric over the seeds: the middle seed's value with its interval.

    Parameters
    ----------
    metric : str
        As in `featcls.evaluate.measure`.
    outcomes : sequence of (scores, y)
        One a seed. Of an even number the lower of the two in the middle counts.
    classes : sequence of str

    Examples
    --------
    >>> import numpy as np
    >>> scores, y = np.array([[0.9, 0.1], [0.2, 0.8]]), np.array([0, 1])
    >>> figure = measured("accuracy", [(scores, y), (scores[::-1], y)], ("a", "b"))
    >>> figure["value"], figure["spread"], figure["n"]
    (0.0, [0.0, 1.0], 2)
    """
    values = [measure(metric, scores, y, classes) for scores, y in outcomes]
    middle = _middle(values)
    scores, y = outcomes[middle]
    bounds = interval(metric, scores, y, classes)
    return _figure(values, middle, list(bounds), _judged(metric, y, classes))


def together(outcomes: Sequence[Outcome]) -> Outcome:
    """Return the scores and labels of several outcomes as of one, such as those of some runs."""
    scores, y = zip(*outcomes, strict=True)
    return np.concatenate(scores), np.concatenate(y)


def share(counts: Sequence[tuple[int, int]]) -> Figure | None:
    """Return a share over the seeds from (right, of how many), as `measured` does.

    Seeds that drew none to judge by do not count; None where no seed did.

    Examples
    --------
    >>> share([(9, 10), (8, 10), (10, 10)])["value"]
    0.9
    """
    counts = [(right, n) for right, n in counts if n]
    if not counts:
        return None
    values = [right / n for right, n in counts]
    middle = _middle(values)
    bounds = wilson(*counts[middle])
    return _figure(values, middle, list(bounds or ()), counts[middle][1])


def paper(
    value: float, where: str, n: int | None = None, *, what: str = "share", why: str = ""
) -> Figure:
    """Return a printed figure with its table and, for a share of `n`, its interval (Wilson).

    Examples
    --------
    >>> figure = paper(0.9121, "table 7", 91)
    >>> [round(limit, 3) for limit in figure["interval"]], figure["table"]
    ([0.836, 0.955], 'table 7')
    """
    bounds = wilson(round(value * n), n) if n and what == "share" else None
    found = {"value": value, "interval": list(bounds) if bounds else None, "n": n, "table": where}
    return found | ({"note": why} if why else {})


def beside(ours: Figure | None, theirs: Figure | None) -> list[Any]:
    """Return the cells of `BESIDE`: the two, and where ours stands by their intervals."""
    return [ours, theirs, stands(ours, theirs)]


def rated(
    outcomes: Sequence[Outcome], classes: Sequence[str], theirs: Figure | None = None
) -> list[Any]:
    """Return the cells balanced accuracy and, as `beside`, accuracy and the paper's."""
    balanced = measured("balanced_accuracy", outcomes, classes)
    return [balanced, *beside(measured("accuracy", outcomes, classes), theirs)]


def stands(ours: Figure | None, theirs: Figure | None) -> str:
    """Say where a figure stands: intervals that overlap are no difference.

    Examples
    --------
    >>> stands(share([(98, 100)]), paper(0.5, "table 1", 100))
    'above'
    """
    if ours is None or theirs is None or ours["interval"] is None or theirs["interval"] is None:
        return ""
    above, same, below = STANDS
    if ours["interval"][0] > theirs["interval"][1]:
        return above
    return below if ours["interval"][1] < theirs["interval"][0] else same


def seconds(value: float, unit: str = "s") -> Figure:
    """Return a time."""
    return {"value": round(value, 4), "unit": unit, "interval": None}


def _judged(metric: str, y: Labels, classes: Sequence[str]) -> int:
    """Return the number of frames that a metric looks at: for a recall those of its class."""
    if not metric.startswith(RECALL_AT):
        return len(y)
    return int((y == list(classes).index(metric.removeprefix(RECALL_AT))).sum())


def _middle(values: Sequence[float]) -> int:
    return sorted(range(len(values)), key=values.__getitem__)[(len(values) - 1) // 2]


def _figure(values: Sequence[float], middle: int, bounds: list[float], n: int) -> Figure:
    return {
        "value": round(float(values[middle]), 5),
        "interval": [round(float(limit), 5) for limit in bounds],
        "spread": [round(float(min(values)), 5), round(float(max(values)), 5)],
        "seeds": len(values),
        "n": n,
    }
