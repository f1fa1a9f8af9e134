"""What to try next, and when to stop: decided by the rows of the history alone.

The same rows give the same answer in any process, so a resumed search goes on as it would have.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from featcls.config import Config, canonical, config_id
from featcls.errors import UsageError
from featcls.evaluate import loss_of
from featcls.plugins import Registry
from featcls.search.rungs import Rungs, finalists
from featcls.search.sampler import GAMMA, Sampler
from featcls.search.store import Trial

LAG = 9  # with `reproducible`, an ask sees the trials up to this many before it


@dataclass(frozen=True)
class Strategy:
    """How to choose what is tried, and when it is enough."""

    max_evals: int
    metric: str
    algorithm: str = "tpe"
    gamma: float = GAMMA
    patience: int | None = None
    target: float | None = None
    reproducible: bool = False

    def __post_init__(self) -> None:
        if self.max_evals < 1:
            raise UsageError(f"max_evals is {self.max_evals}; wanted 1 or more")
        if self.patience is not None and self.patience < 1:
            raise UsageError(f"patience is {self.patience}; wanted 1 or more")
        if self.target is not None and not math.isfinite(self.target):
            raise UsageError(f"target is {self.target}; wanted a value of {self.metric}")


class Asking:
    """Names the next trial of a history.

    Parameters
    ----------
    sampler : Sampler
    registry : Registry
    strategy : Strategy
    start : sequence of Config
        Canonical configs to try before anything else.
    rungs : Rungs, optional
    """

    def __init__(
        self,
        sampler: Sampler,
        registry: Registry,
        strategy: Strategy,
        start: Sequence[Config] = (),
        rungs: Rungs | None = None,
    ) -> None:
        self.sampler, self.registry, self.strategy = sampler, registry, strategy
        self.start, self.rungs = list(start), rungs

    def next(self, trials: Mapping[int, Trial]) -> Trial | None:
        """Return the next trial, or None where there is none to ask for as things stand."""
        asked = asked_of(trials)
        seen = self._seen(asked)
        if seen is None or self.stop(asked, seen):
            return None
        found = self.rungs.promotion(seen, asked) if self.rungs else None
        n_new = sum(trial.parent is None for trial in asked)
        if found is None and n_new < self.strategy.max_evals:
            found = self._new(len(asked), n_new, seen, asked)
        return found and replace(found, tid=len(asked), config_id=config_id(found.config))

    def stop(self, asked: Sequence[Trial], seen: Sequence[Trial]) -> str:
        """Return `target` or `patience` where one of them says that it is enough, else nothing."""
        strategy = self.strategy
        if strategy.target is not None:
            wanted = loss_of(strategy.metric, strategy.target)
            if any(t.loss is not None and t.loss <= wanted for t in finalists(seen)):
                return "target"
        if strategy.patience is not None and _since_best(seen) >= strategy.patience:
            return "patience"
        return ""

    def why(self, trials: Mapping[int, Trial]) -> str:
        """Return why there is nothing more to ask: `target`, `patience` or `max_evals`."""
        asked = asked_of(trials)
        return self.stop(asked, self._seen(asked) or []) or "max_evals"

    def _seen(self, asked: Sequence[Trial]) -> list[Trial] | None:
        """Return the finished rows that the next ask may know, or None where it has to wait."""
        told = sorted((t for t in asked if t.told is not None), key=lambda t: t.told or 0)
        if not self.strategy.reproducible:
            return told
        n_new = sum(trial.parent is None for trial in asked)
        spent = n_new >= self.strategy.max_evals  # promotions that are left know all
        first = list(asked) if spent else list(asked[: max(0, len(asked) - LAG + 1)])
        return None if any(trial.told is None for trial in first) else first

    def _new(self, tid: int, n_new: int, seen: Sequence[Trial], asked: Sequence[Trial]) -> Trial:
        sampler, rungs = self.sampler, self.rungs
        n_start = len(self.start)
        if n_new < n_start:
            config = self.start[n_new] if rungs is None else rungs.full(self.start[n_new])
            return self._placed(Trial(0, config=config, indices=sampler.point_of(config) or {}))
        if n_new < n_start + len(sampler.first):
            point = sampler.first[n_new - n_start]
        else:
            rows = list(seen) if rungs is None else rungs.model_rows(seen)
            at_random = None if rungs is None else not rows or rungs.at_random(sampler.seed, tid)
            if not self.strategy.reproducible:
                rows += [t for t in asked if t.told is None and t.parent is None]
            point = sampler.ask(tid, rows, at_random)
        config = sampler.config(point)
        entry = self.registry.get("classifier", config["classifier"]["name"])
        if entry.options["takes"] == "frame":
            config["extractors"] = []
        config = canonical(config, self.registry.space_of)
        return self._placed(Trial(0, config=config, indices=point))

    def _placed(self, trial: Trial) -> Trial:
        return trial if self.rungs is None else self.rungs.start(trial)


def asked_of(trials: Mapping[int, Trial]) -> list[Trial]:
    """Return the trials that are no baselines, in order of tid."""
    return [t for _, t in sorted(trials.items()) if t.kind == "trial"]


def best_of(trials: Sequence[Trial]) -> Trial | None:
    """Return the best of those that may win."""
    return min(finalists(trials), key=lambda t: (t.loss, t.tid), default=None)


def _since_best(seen: Sequence[Trial]) -> int:
    """Return how many new configs were told since there was another best one.

    A higher rung than any before counts too: the winner is then chosen there.
    """
    since, top, best = 0, -1, {None: math.inf, -1: math.inf}  # of full cost, of the top rung
    for trial in seen:
        since += trial.parent is None
        if trial.state != "ok" or trial.loss is None:
            continue
        if trial.rung is not None and trial.rung > top:
            top, since = trial.rung, 0
            best[top] = trial.loss
        elif trial.rung in (None, top):
            if trial.loss < min(best[None], best[top]):
                since = 0
            best[trial.rung] = min(best[trial.rung], trial.loss)
    return since
