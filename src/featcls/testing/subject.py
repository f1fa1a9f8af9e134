"""A classifier under test, with data that suits it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featcls.classifiers.base import Trained, fit
from featcls.frame import Frame
from featcls.plugins import Entry
from featcls.spaces import defaults

NAMES = ("low", "middle", "high")
ROWS = 20  # of each class
UNITS = 3  # of a budget (trees, rounds, epochs), where nothing has to be learned


@dataclass(frozen=True)
class Subject:
    """A classifier with data that suits it: vectors, or frames of different brightness."""

    entry: Entry
    samples: int
    seed: int

    @property
    def module(self) -> str:
        """The plugin that registered it, or an empty text."""
        return self.entry.module

    @property
    def params(self) -> dict[str, Any]:
        """Default parameters."""
        return defaults(self.entry.params)

    @property
    def quick(self) -> dict[str, Any]:
        """Default parameters, with a small budget where there is one."""
        return self.brief(self.params)

    def brief(self, params: Mapping[str, Any], units: int = UNITS) -> dict[str, Any]:
        """Parameters with a budget of a few units, where there is one."""
        budget = self.entry.options["budget"]
        return {**params, budget: units} if budget in params else dict(params)

    def data(self, n_classes: int, apart: float = 10.0) -> tuple[Any, NDArray[np.int64]]:
        """Rows of each class, and codes."""
        rng = np.random.default_rng(self.seed)
        y = np.repeat(np.arange(n_classes), ROWS)
        X = rng.normal(size=(len(y), 6)) + apart * np.eye(6)[y]
        if self.entry.options["takes"] == "vector":
            return X, y
        level = 100 + 4 * rng.normal(size=(len(y), 32, 32)) + apart * 4 * y[:, None, None]
        return [Frame(image) for image in level], y

    def fit(self, X: Any, y: Any, params: Mapping[str, Any] | None = None, **more: Any) -> Trained:
        """Fit with default parameters, or others."""
        params = self.params if params is None else params
        classes = NAMES[: max(int(np.max(y)) + 1, 2)] if np.ndim(y) == 1 else NAMES
        more = {"classes": classes, "random_state": self.seed, **more}
        return fit(self.entry, params, X, y, **more)
