"""Configs as rows of a table: one column a choice, for plots over many trials."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from featcls.report.words import classifier_of, extractors_of, value_text

if TYPE_CHECKING:
    from featcls.search.store import Trial

Row = dict[str, float | str]
FEATURES, CLASSIFIER = "features", "classifier"


def flat(config: Mapping[str, Any]) -> Row:
    """Return the choices of a config by name; numbers stay numbers, all else is text.

    Examples
    --------
    >>> row = flat({"preprocess": [], "extractors": [{"name": "lbp", "params": {"R": 2.0},
    ...             "preprocess": [{"name": "bin", "params": {"k": 2}}]}], "scale": "standard",
    ...             "classifier": {"name": "svm", "params": {"C": 1.0}}})
    >>> row["features"], row["lbp R"], row["lbp: bin k"], row["svm C"]
    ('lbp', 2.0, 2.0, 1.0)
    """
    row: Row = {FEATURES: extractors_of(config), CLASSIFIER: classifier_of(config)}
    if config.get("extractors"):
        row["scale"] = str(config.get("scale", "none"))
    row |= _steps(config.get("preprocess", []), "shared: ")
    for item in config.get("extractors", []):
        row |= _steps(item.get("preprocess", []), f"{item['name']}: ")
        row |= _steps([item], "")
    return row | _steps([config["classifier"]], "")


def _steps(steps: Sequence[Mapping[str, Any]], before: str) -> Row:
    return {
        f"{before}{step['name']} {key.replace('_', ' ')}": _plain(value)
        for step in steps
        for key, value in step.get("params", {}).items()
    }


def _plain(value: Any) -> float | str:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if number else value_text(value)


class Column:
    """One choice over many trials.

    Attributes
    ----------
    name : str
    values : list of n float, str or None
        None where a trial did not have that choice.
    levels : list of str
        What it was, for text; empty for numbers.
    codes : (n,) float64 array
        The numbers, or places in `levels`; NaN for None.
    """

    def __init__(self, name: str, values: Sequence[float | str | None]) -> None:
        self.name, self.values = name, list(values)
        there = [value for value in values if value is not None]
        self.levels: list[str] = []
        if any(isinstance(value, str) for value in there):
            self.levels = sorted({str(_name(value)) for value in there})
        place = {level: float(k) for k, level in enumerate(self.levels)}
        self.codes: NDArray[np.float64] = np.array(
            [np.nan if value is None else place.get(_name(value), value) for value in values],
            np.float64,
        )

    @property
    def varies(self) -> bool:
        """True where trials that had the choice chose differently."""
        return len(np.unique(self.codes[~np.isnan(self.codes)])) > 1


def _name(value: float | str) -> str:
    return value if isinstance(value, str) else value_text(value)


def columns(trials: Sequence["Trial"]) -> list[Column]:
    """Return the choices in which the trials differ, in the order of their first use."""
    rows = [flat(trial.config) for trial in trials]
    names = dict.fromkeys(name for row in rows for name in row)
    made = [Column(name, [row.get(name) for row in rows]) for name in names]
    return [column for column in made if column.varies]
