"""Estimators of one config, made by its factory and fitted."""

import inspect
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featcls.classifiers.threads import one_thread
from featcls.errors import UsageError
from featcls.plugins import Entry

Codes = NDArray[Any]

# Of parameters, by scikit-learn, where it is not public, and by XGBoost, which may be absent.
REFUSALS = ("InvalidParameterError", "XGBoostError")


class Maker:
    """Makes and fits estimators of one config."""

    def __init__(
        self,
        entry: Entry,
        params: dict[str, Any],
        random_state: int,
        n_threads: int,
        checkpoint: Path | None,
    ) -> None:
        execution = {"random_state": random_state, "n_jobs": n_threads}
        taken = inspect.signature(entry.factory).parameters
        self.entry = entry
        self.params = params
        self.checkpoint = checkpoint if entry.options["fit_more"] else None
        self.execution = {name: execution[name] for name in execution if name in taken}

    def fitted(
        self,
        X: Any,
        y: Codes,
        class_weight: Any,
        sample_weight: NDArray[np.float64] | None,
        part: int,
    ) -> Any:
        """Return an estimator fitted to columns 0..m-1, or to an indicator matrix."""
        params = {**self.params, **self.execution}
        road = self.entry.options["class_weight"]
        if road == "param":
            params["class_weight"] = class_weight
        elif road == "sample" and class_weight is not None:
            sample_weight = _weighed(class_weight, y, sample_weight)
        elif class_weight is not None:
            raise UsageError(f"classifier {self.entry.name!r} takes no class weights")
        estimator = self.entry.factory(**params)
        self._check_neighbors(estimator, len(X))
        given = {} if sample_weight is None else {"sample_weight": sample_weight}
        if given and "sample_weight" not in inspect.signature(estimator.fit).parameters:
            raise UsageError(
                f"classifier {self.entry.name!r} cannot weigh frames",
                "leave the weights out or choose another classifier",
            )
        with one_thread(type(estimator)), self._naming_parameters():
            if self.checkpoint is None:
                estimator.fit(X, y, **given)
            else:
                estimator = self._fit_more(estimator, X, y, given, part)
        if "n_jobs" in self.execution:
            estimator.n_jobs = 1  # threads add up a forest's votes in any order
        return estimator

    def _check_neighbors(self, estimator: Any, n_rows: int) -> None:
        """Refuse at once what scikit-learn's neighbours refuse when they are first asked."""
        n = getattr(estimator, "n_neighbors", 0)
        if n > n_rows:
            raise UsageError(
                f"classifier {self.entry.name!r}: n_neighbors is {n}, there are {n_rows} frames "
                "to fit it to",
                f"set n_neighbors to {n_rows} or less, or give more frames",
            )

    @contextmanager
    def _naming_parameters(self) -> Iterator[None]:
        """Say whose parameter it is that a library refuses."""
        try:
            yield
        except ValueError as error:
            if type(error).__name__ not in REFUSALS:
                raise
            what = str(error).partition("\n")[0]
            raise UsageError(
                f"classifier {self.entry.name!r}: {what}", "correct the params of the config"
            ) from error

    def _fit_more(
        self, estimator: Any, X: Any, y: Codes, given: Mapping[str, Any], part: int
    ) -> Any:
        assert self.checkpoint is not None
        options = self.entry.options
        self.checkpoint.parent.mkdir(parents=True, exist_ok=True)
        path = self.checkpoint.with_name(f"{self.checkpoint.name}-{part}")
        return options["fit_more"](estimator, X, y, self.params[options["budget"]], path, **given)


def _weighed(
    class_weight: Any, y: Codes, sample_weight: NDArray[np.float64] | None
) -> NDArray[np.float64]:
    """Return the weight of each row's class, times its own."""
    from sklearn.utils.class_weight import compute_sample_weight

    weight = compute_sample_weight(class_weight, y)
    return np.asarray(weight if sample_weight is None else weight * sample_weight)
