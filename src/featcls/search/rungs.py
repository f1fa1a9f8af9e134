"""Rungs: many configs at a small budget, the best third of them at three times that, and so on.

Asynchronous successive halving (Li et al. 2020, arXiv:1810.05934): a row is promoted as soon as
it is among the best 1/eta of those that have finished on its rung. New configs come from a model
of the highest rung that says enough, one third of them at random (BOHB, arXiv:1807.01774).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from featcls.config import Config
from featcls.errors import UsageError
from featcls.plugins import Registry
from featcls.search.space import SearchSpace, Step
from featcls.search.store import Trial
from featcls.spaces import Choice, Param

ENOUGH = 8  # results on a rung before a model of it is worth asking
RANDOM = 1 / 3  # of the configs are drawn without asking a model


def budgets(high: int, eta: int, n: int) -> tuple[int, ...]:
    """Return the budgets of `n` rungs, smallest first.

    Examples
    --------
    >>> budgets(50, 3, 4)
    (2, 6, 17, 50)
    >>> budgets(4, 3, 4)
    (1, 1, 1, 4)
    """
    return tuple(max(1, round(high / eta**k)) for k in reversed(range(n)))


@dataclass(frozen=True)
class Rungs:
    """The rungs of a search: `counted` names the parameter that a classifier's budget sets."""

    eta: int
    n: int
    counted: Mapping[str, str]
    budgets: Mapping[str, tuple[int, ...]]

    @classmethod
    def of(cls, space: SearchSpace, registry: Registry, eta: int, n: int) -> "Rungs":
        """Return the rungs of a space: the top one is the largest budget that it allows.

        Raises
        ------
        UsageError
            `eta` or `n` below 2, or a space without a classifier that can go on.
        """
        if eta < 2 or n < 2:
            raise UsageError(f"eta is {eta} and rungs is {n}; wanted 2 or more of each")
        counted, found = {}, {}
        for step in space.classifiers:
            options = registry.get("classifier", step.name).options
            if options["fit_more"] and options["budget"] in step.params:
                counted[step.name] = options["budget"]
                found[step.name] = budgets(_largest(step.params[options["budget"]]), eta, n)
        if not counted:
            raise UsageError(
                f"space {space.name} has no classifier that can go on from a smaller budget",
                "search without --asha",
            )
        return cls(eta, n, counted, found)

    def narrowed(self, space: SearchSpace) -> SearchSpace:
        """Return the space with the counted parameters fixed: the rungs set them."""
        classifiers = tuple(self._fixed(step) for step in space.classifiers)
        return replace(space, classifiers=classifiers)

    def start(self, trial: Trial) -> Trial:
        """Return a new trial on the lowest rung, or as it is where its classifier has none."""
        if trial.config["classifier"]["name"] not in self.counted:
            return trial
        return self._at(trial, 0)

    def full(self, config: Config) -> Config:
        """Return a config at its largest budget, as the narrowed space has it."""
        name = config["classifier"]["name"]
        if name not in self.counted:
            return config
        return with_param(config, self.counted[name], self.budgets[name][-1])

    def promotion(self, seen: Sequence[Trial], asked: Sequence[Trial]) -> Trial | None:
        """Return the trial that goes on, one rung up, or None.

        `seen` are the finished rows that decide; `asked` are all rows, finished or not.
        """
        promoted = {trial.parent for trial in asked}
        for rung in reversed(range(self.n - 1)):
            ranked = _ranked(seen, rung)
            for row in ranked[: len(ranked) // self.eta]:
                if row.tid not in promoted:
                    return replace(self._at(row, rung + 1), parent=row.tid)
        return None

    def model_rows(self, seen: Sequence[Trial]) -> list[Trial]:
        """Return what a model learns from; nothing while no rung has enough results.

        The highest rung with enough, trials at full cost, and what failed anywhere.
        """
        filled = [rung for rung in range(self.n) if len(_ranked(seen, rung)) >= ENOUGH]
        if not filled:
            return []
        return [t for t in seen if t.rung in (None, max(filled)) or t.state == "failed"]

    def at_random(self, seed: int, tid: int) -> bool:
        """Say whether a new config is to be drawn without a model."""
        return bool(np.random.default_rng([seed, tid]).random() < RANDOM)

    def may_go_on(self, asked: Sequence[Trial], max_evals: int) -> set[int]:
        """Return the rows whose state may yet be asked for."""
        promoted = {trial.parent for trial in asked}
        kept = {trial.tid for trial in asked if trial.state == "running"}
        most = max_evals  # that may ever come to this rung
        for rung in range(self.n - 1):
            most //= self.eta
            kept |= {t.tid for t in _ranked(asked, rung)[:most] if t.tid not in promoted}
        return kept

    def _at(self, trial: Trial, rung: int) -> Trial:
        name = trial.config["classifier"]["name"]
        budget = self.budgets[name][rung]
        config = with_param(trial.config, self.counted[name], budget)
        return Trial(0, config=config, indices=trial.indices, rung=rung, budget=budget)

    def _fixed(self, step: Step) -> Step:
        if step.name not in self.counted:
            return step
        top = Choice(self.budgets[step.name][-1])
        return replace(step, params={**step.params, self.counted[step.name]: top})


def with_param(config: Config, key: str, value: int) -> Config:
    """Return a config with another value of one parameter of its classifier."""
    classifier = config["classifier"]
    params = {**classifier["params"], key: value}
    return {**config, "classifier": {**classifier, "params": params}}


def finalists(trials: Sequence[Trial]) -> list[Trial]:
    """Return the finished trials that may win: the highest rung reached, and full-cost ones.

    Examples
    --------
    >>> rows = [Trial(0, state="ok", loss=0.1, rung=0), Trial(1, state="ok", loss=0.2, rung=1)]
    >>> [trial.tid for trial in finalists([*rows, Trial(2, state="ok", loss=0.3)])]
    [1, 2]
    """
    done = [t for t in trials if t.state == "ok" and t.loss is not None]
    top = max((t.rung for t in done if t.rung is not None), default=None)
    return [t for t in done if t.rung in (None, top)]


def root(trial: Trial, trials: Mapping[int, Trial]) -> int:
    """Return the row on the lowest rung that a row descends from."""
    while trial.parent is not None:
        trial = trials[trial.parent]
    return trial.tid


def _ranked(trials: Sequence[Trial], rung: int) -> list[Trial]:
    """Return the finished rows of a rung, best first, each config once."""
    done = [t for t in trials if t.rung == rung and t.state == "ok" and t.loss is not None]
    once = {t.config_id: t for t in sorted(done, key=lambda t: -t.tid)}
    return sorted(once.values(), key=lambda t: (t.loss, t.tid))


def _largest(param: Param) -> int:
    options = param.options()
    return int(max(options) if options is not None else param.high)  # type: ignore[attr-defined]
