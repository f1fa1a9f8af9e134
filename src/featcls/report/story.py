"""What a run came to: read once, asked by every section and by the command line."""

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from featcls.errors import FeatclsError
from featcls.evaluate.metrics import RECALL_AT
from featcls.evaluate.report import QUICK
from featcls.report.words import RAW_METRICS, between, describe, figure, metric_name, plural

if TYPE_CHECKING:
    from featcls.dataset import Dataset
    from featcls.report.weights import Weights
    from featcls.search import Run
    from featcls.search.judged import Judged
    from featcls.search.store import Trial


class Story:
    """The facts of a run.

    Parameters
    ----------
    run : Run
        Finished or not.

    Attributes
    ----------
    trials : list of Trial
        In order, without baselines.
    finalists : list of Trial
        Those that succeeded and may win: on rungs, those on the highest.
    ranked : list of Trial
        The finalists, best first, each config once.
    best : dict or None
        `tid`, `config_id`, `config`, `value`, `metrics`: the chosen one, or the best so far.
    baselines : list of dict
        Those with a value.
    """

    def __init__(self, run: "Run") -> None:
        from featcls.search.rungs import finalists

        self.run, self.path, self.info = run, run.path, run.info
        self.metric = str(run.info.get("metric"))
        self.rows = run.trials  # baselines too
        self.trials = [trial for trial in self.rows if trial.kind == "trial"]
        self.finalists = finalists(self.trials)
        first: dict[str, Trial] = {}
        for trial in sorted(self.finalists, key=lambda trial: (trial.loss, trial.tid)):
            first.setdefault(trial.config_id, trial)
        self.ranked = list(first.values())
        self.best: dict[str, Any] | None = run.info.get("best") or self._best_so_far()
        self.test: dict[str, Any] | None = run.info.get("test")
        given = run.info.get("baselines") or []
        self.baselines = [row for row in given if row["value"] is not None]

    @cached_property
    def n_failed(self) -> int:
        """Number of trials that failed."""
        return sum(trial.state == "failed" for trial in self.trials)

    @cached_property
    def judged(self) -> "Judged | None":
        """The test frames with the model's scores; without them those of validation."""
        from featcls.search.judged import held_out, of_model, scored_by

        seen = held_out(self.run) or of_model(self.run)
        return seen or (scored_by(self.run, self.best["tid"]) if self.best else None)

    @cached_property
    def dataset(self) -> "Dataset | None":
        """The data, for pictures; None where it cannot be opened any more."""
        from featcls.dataset import open_dataset

        try:
            return open_dataset(self.info["dataset"]["spec"], plugins=self.info["task"]["plugins"])
        except FeatclsError:
            return None

    @cached_property
    def places(self) -> dict[str, int]:
        """Index of each frame of the data set by its name."""
        return {name: i for i, name in enumerate(self.dataset.frame_ids)} if self.dataset else {}

    @property
    def classes(self) -> list[str]:
        """Names of the classes, in the order of their codes."""
        return [str(name) for name in self.info["dataset"]["classes"]]

    @cached_property
    def weights(self) -> "Weights | None":
        """How much each choice weighed, or None where there are too few trials."""
        from featcls.report.weights import weights

        return weights([trial for trial in self.trials if succeeded(trial)])

    def interval(self, trial: "Trial") -> tuple[float, float] | None:
        """Return the 95 % interval of a trial's value, where it is quickly had."""
        from featcls.evaluate import interval
        from featcls.search.judged import scored_by

        quick = self.metric in QUICK or self.metric.startswith(RECALL_AT)
        seen = scored_by(self.run, trial.tid) if quick else None
        if seen is None:
            return None
        return interval(self.metric, seen.scores, seen.y, self.classes)

    @property
    def sign(self) -> int:
        """1 where greater is better, else -1."""
        return -1 if self.metric in RAW_METRICS else 1

    def value(self, trial: "Trial") -> float:
        """Return the value a trial was judged by."""
        return float(trial.metrics[self.metric])

    def figure(self, value: float | None) -> str:
        """Write a value of the run's metric."""
        return figure(self.metric, value)

    @property
    def metric_name(self) -> str:
        """The metric in words."""
        return metric_name(self.metric)

    @property
    def finished(self) -> bool:
        """True where a model was chosen."""
        return bool(self.info.get("best"))

    @property
    def test_value(self) -> str:
        """The figure on test, or a dash."""
        return self.figure(self.test["metrics"].get(self.metric)) if self.test else "-"

    def baseline_value(self, row: dict[str, Any]) -> float | None:
        """The value of a baseline on the frames that the headline is about: test if any."""
        value: float | None = row["test_value"] if self.test else row["value"]
        return value

    def baseline_figure(self, row: dict[str, Any]) -> str:
        """The same, written."""
        return self.figure(self.baseline_value(row))

    @property
    def rivals(self) -> list[str]:
        """Names of the baselines that do as well as the best pipeline."""
        if self.best is None:
            return []
        best = self.test["metrics"].get(self.metric) if self.test else self.best["value"]
        values = [(row["name"], self.baseline_value(row)) for row in self.baselines]
        pairs = [(name, value) for name, value in values if value is not None and best is not None]
        return [str(name) for name, value in pairs if self.sign * (value - best) >= 0]

    @property
    def test_interval(self) -> str:
        """`95 % interval a to b` on test, or nothing where there is none."""
        intervals = (self.test or {}).get("intervals", {})
        words = between(self.metric, intervals.get(self.metric))
        return f"95 % interval {words}" if words else ""

    @property
    def test_size(self) -> str:
        """Say how many test frames there are."""
        return plural(int(self.info["dataset"]["roles"]["test"]), "test frame")

    @property
    def objective(self) -> str:
        """Say what a trial was judged on."""
        given = self.info.get("objective") or {}
        if given.get("kind") == "folds":
            return f"{given['n_splits']} folds"
        return plural(int(self.info["dataset"]["roles"]["validation"]), "validation frame")

    @property
    def spread(self) -> str:
        """Say from where to where the best pipeline's folds lie, where there are several."""
        folds = defined((self.best or {}).get("metrics", {}).get("folds") or [])
        return between(self.metric, (min(folds), max(folds))) if len(folds) > 1 else ""

    @property
    def pipeline(self) -> list[tuple[str, str]]:
        """The best config in words; parameters at their defaults are left out."""
        return describe(self.best["config"], _defaults_of) if self.best else []

    def _best_so_far(self) -> dict[str, Any] | None:
        if not self.ranked:
            return None
        top = self.ranked[0]
        told = {key: getattr(top, key) for key in ("tid", "config_id", "config", "metrics")}
        return {**told, "value": self.value(top)}


def defined(values: Sequence[float | None]) -> list[float]:
    """Return the values of folds without those where the metric has none."""
    return [value for value in values if value is not None]


def succeeded(trial: "Trial") -> bool:
    """Say whether a trial came to a value."""
    return trial.state == "ok" and trial.loss is not None


def _defaults_of(kind: str, name: str) -> dict[str, Any]:
    """Return the defaults of an installed plugin as JSON values; nothing for one that is not."""
    import json

    from featcls.config import dumps
    from featcls.plugins import registry
    from featcls.spaces import defaults

    entry = registry().entries.get((kind, name))
    return dict(json.loads(dumps(defaults(entry.params)))) if entry else {}
