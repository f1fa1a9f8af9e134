"""Searches of a study, and what their trials score on the test split."""

from collections.abc import Sequence
from typing import Any

from featcls.cache import Cache, cache_root
from featcls.config import Config
from featcls.plugins import registry
from featcls.search import Run, Trial
from featcls.search.problem import Indices, open_problem
from featcls.search.worker import Worker
from featcls.studies import ablation
from featcls.studies.base import Setting
from featcls.studies.tables import Outcome


def searched(setting: Setting, name: str, data: Any, **options: Any) -> Run:
    """Return the finished search of this name in the work folder, gone on with if need be.

    Raises
    ------
    KeyboardInterrupt
        It was interrupted; the next call goes on.
    """
    from featcls.search import search

    folder = setting.work / name
    setting.observer(f"search {folder}")
    run: Run = search(
        data,
        out=folder,
        resume=(folder / "run.json").exists(),
        n_jobs=setting.n_jobs,
        plugins=setting.plugins,
        backend="serial" if setting.scale == "toy" else "local",
        **options,
    )
    if run.info["status"] != "finished":  # half a search is no result
        raise KeyboardInterrupt
    return run


def best_of_each(run: Run) -> dict[tuple[str, str], Trial]:
    """Return the best trial of each extractor (a union's joined by +) and classifier."""
    found: dict[tuple[str, str], Trial] = {}
    for trial in run.leaderboard():
        if trial.tid >= 0:
            extractors = "+".join(item["name"] for item in trial.config["extractors"])
            found.setdefault((extractors, trial.config["classifier"]["name"]), trial)
    return found


class Refit:
    """Fits configs on the training split of a run, once a seed, and scores its test split."""

    def __init__(self, run: Run, setting: Setting) -> None:
        self.task: dict[str, Any] = run.info["task"]
        self.problem, self.setting = open_problem(self.task), setting
        self.classes: Sequence[str] = self.problem.dataset.classes
        self.registry = registry(tuple(self.task["plugins"]))

    def outcomes(self, config: Config, part: float = 1.0) -> list[Outcome]:
        """Return the test scores of a canonical config, once a seed.

        A part of the training frames is drawn at random, the same one for every config.
        """
        learn = ablation.drawn(self.problem.train, part, 0)
        return self._outcomes(config, self.problem.test, learn)

    def validated(self, config: Config) -> list[Outcome]:
        """Return the validation scores of a canonical config, once a seed."""
        return self._outcomes(config, self.problem.validation, self.problem.train)

    def rests(self, config: Config) -> list[list[Any]]:
        """Return what the test accuracy of a config rests on, as rows of `ablation.rests`."""
        groups, whole = ablation.by_name(config), self.outcomes(config)
        rows = ablation.without(config, groups, whole, self.outcomes, self.classes)
        for part in ablation.PARTS:
            less = self.outcomes(config, part)
            rows.append(ablation.compared(ablation.left_out(part), whole, less, self.classes))
        return rows

    def _outcomes(self, config: Config, frames: Indices, learn: Indices) -> list[Outcome]:
        cache = Cache(cache_root())
        worker = Worker(config, self.problem, self.registry, cache, self.setting.n_jobs)
        found = []
        for repeat in range(self.setting.seeds):
            seed = worker.seed(self.task, len(self.problem.folds), repeat)
            parts = worker.fit(learn, seed)
            found.append((worker.scores(parts, frames), self.problem.y[frames]))
        return found

    def constant(self) -> list[Outcome]:
        """Return what calling every test frame the commonest class scores."""
        from featcls.search import baselines

        train, test = self.problem.train, self.problem.test
        scores = baselines.constant_scores(baselines.MAJORITY, self.problem, train, test)
        return [(scores, self.problem.y[test])]
