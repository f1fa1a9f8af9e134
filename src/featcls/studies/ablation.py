"""What a figure rests on: the same run once more, with one thing taken away."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from featcls.config import Config
from featcls.evaluate import bootstrap, measure
from featcls.search.problem import Indices
from featcls.studies.base import Table
from featcls.studies.bench import Bench
from featcls.studies.tables import Figure, Outcome, measured, table

COLUMNS = ("taken away", "with it", "without it", "difference")
TITLE = "What the figures rest on"
PARTS = (0.5, 0.25)  # of the training frames
NOTE = (
    "Difference: with it minus without it, by the same seeds; its 95 % interval is of the "
    "frames. Where that holds 0, these frames do not show that it matters."
)

Fitted = Callable[[Config], list[Outcome]]


def rests(
    rows: Sequence[Sequence[Any]], *notes: str, front: Sequence[str] = (), title: str = TITLE
) -> Table:
    """Return the table of rows that end in the cells of `COLUMNS`, behind those of `front`."""
    return table(title, [*front, *COLUMNS], rows, [*notes, NOTE])


def compared(
    what: str,
    whole: Sequence[Outcome],
    less: Sequence[Outcome],
    classes: Sequence[str],
    metric: str = "accuracy",
) -> list[Any]:
    """Return the cells of `COLUMNS`: a metric with a thing, without it, and the difference.

    Parameters
    ----------
    what : str
        What was taken away.
    whole, less : sequence of (scores, y)
        One a seed, of the same frames in the same order.
    classes : sequence of str
    metric : str
        As in `featcls.evaluate.measure`.

    Raises
    ------
    ValueError
        The two are of other frames.

    Examples
    --------
    >>> import numpy as np
    >>> y = np.array([0, 1])
    >>> row = compared("shape", [(np.eye(2), y)], [(np.eye(2)[[0, 0]], y)], ("a", "b"))
    >>> row[0], row[1]["value"], row[2]["value"], row[3]["value"]
    ('shape', 1.0, 0.5, 0.5)
    """
    for (_, y), (_, same) in zip(whole, less, strict=True):
        if not np.array_equal(y, same):
            raise ValueError(f"{what}: the two outcomes are of other frames")
    changes, middle = _changes(whole, less, classes, metric)
    (scores, y), (other, _) = whole[middle], less[middle]

    def change(rows: Indices) -> float:
        own, less = (measure(metric, s[rows], y[rows], classes) for s in (scores, other))
        return own - less

    figures = [measured(metric, outcomes, classes) for outcomes in (whole, less)]
    return [what, *figures, _points(changes, middle, bootstrap(change, y))]


def apart(
    what: str,
    whole: Sequence[Outcome],
    less: Sequence[Outcome],
    classes: Sequence[str],
    metric: str = "accuracy",
) -> list[Any]:
    """Return the cells of `compared` where the two are of other frames, as many in all.

    The interval of the difference follows from those of the two (Zou & Donner 2008,
    doi:10.1002/sim.3095).
    """
    changes, middle = _changes(whole, less, classes, metric)
    one, other = (measured(metric, outcomes, classes) for outcomes in (whole, less))
    low, high = (
        np.hypot(one["value"] - one["interval"][k], other["interval"][1 - k] - other["value"])
        for k in (0, 1)
    )
    bounds = changes[middle] - low, changes[middle] + high
    return [what, one, other, _points(changes, middle, bounds)]


def _changes(
    whole: Sequence[Outcome], less: Sequence[Outcome], classes: Sequence[str], metric: str
) -> tuple[list[float], int]:
    """Return the difference of each seed, and which seed is in the middle."""
    values = [
        measure(metric, *own, classes) - measure(metric, *other, classes)
        for own, other in zip(whole, less, strict=True)
    ]
    return values, int(np.argsort(values, kind="stable")[(len(values) - 1) // 2])


def _points(changes: Sequence[float], middle: int, bounds: Sequence[float]) -> Figure:
    spread = [round(end, 5) for end in (min(changes), max(changes))]
    found = {"value": round(changes[middle], 5), "unit": "points", "seeds": len(changes)}
    return found | {"interval": [round(float(end), 5) for end in bounds], "spread": spread}


def features(
    config: Config,
    groups: Mapping[str, Sequence[Mapping[str, Any]]],
    bench: Bench,
    splits: Sequence[Sequence[Indices]],
    metric: str = "accuracy",
    parts: Sequence[float] = PARTS,
) -> list[list[Any]]:
    """Return the rows of `without` for features of a bench, then one for each part of its frames.

    Of the training frames of a split only that part is left.
    """

    def outcomes(own: Config) -> list[Outcome]:
        return bench.outcomes(own, splits)

    whole = outcomes(config)
    rows = without(config, groups, whole, outcomes, bench.classes, metric)
    for part in parts:
        fewer = [(drawn(own[0], part, k), own[-1]) for k, own in enumerate(splits)]
        less = bench.outcomes(config, fewer)
        rows.append(compared(left_out(part), whole, less, bench.classes, metric))
    return rows


def without(
    config: Config,
    groups: Mapping[str, Sequence[Mapping[str, Any]]],
    whole: Sequence[Outcome],
    outcomes: Fitted,
    classes: Sequence[str],
    metric: str = "accuracy",
) -> list[list[Any]]:
    """Return a row for each group of features of a union, which is then fitted without it.

    Parameters
    ----------
    config : Config
        With the extractors of all groups.
    groups : mapping of str to sequence of dict
        Name -> extractors, as they stand in the config. One group alone has no row.
    whole : sequence of (scores, y)
        The outcomes of `config`.
    outcomes : callable
        From another config to its outcomes.
    classes, metric
        As of `compared`.
    """
    rows = []
    for name, own in groups.items() if len(groups) > 1 else ():
        rest = [extractor for extractor in config["extractors"] if extractor not in own]
        less = outcomes({**config, "extractors": rest})
        rows.append(compared(name, whole, less, classes, metric))
    return rows


def by_name(config: Config) -> dict[str, list[Mapping[str, Any]]]:
    """Return the extractors of a config by their names, as `without` takes them."""
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for extractor in config["extractors"]:
        groups.setdefault(extractor["name"], []).append(extractor)
    return groups


def drawn(rows: Indices, part: float, seed: int) -> Indices:
    """Return a part of training frames, one at least; a smaller part lies within a larger one.

    Examples
    --------
    >>> rows = np.arange(40)
    >>> half, quarter = (drawn(rows, part, 0) for part in (0.5, 0.25))
    >>> len(half), set(quarter) < set(half) < set(rows)
    (20, True)
    """
    shuffled = np.random.default_rng(seed).permutation(rows)
    return np.sort(shuffled[: max(round(part * len(rows)), 1)])


def left_out(part: float) -> str:
    """Name the training frames that a part leaves out."""
    return f"{1 - part:.0%} of the training frames"
