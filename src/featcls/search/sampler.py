"""Ask Hyperopt for the next config.

Each ask is seeded by (seed, trial) and sees the trials it is given, nothing else: the same
history gives the same proposal in any process.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from featcls.config import Config
from featcls.errors import UsageError, unknown
from featcls.search import points
from featcls.search.expression import expression, labels_only, unions
from featcls.search.points import Point
from featcls.search.space import SearchSpace
from featcls.search.store import Trial

ALGORITHMS = ("tpe", "random", "anneal")
STARTUP = 12  # trials drawn at random before there is enough to go by
GAMMA = 1.0  # TPE takes the best gamma * sqrt(n) of n trials for good; Hyperopt's own is 0.25


class Sampler:
    """Proposes points of a space and turns them into configs.

    Parameters
    ----------
    space : SearchSpace
    seed : int
    algorithm : {"tpe", "random", "anneal"}
    gamma : float
        For TPE: larger takes more trials for good ones, and explores more.

    Attributes
    ----------
    first : list of Point
        What the space wants tried before anything is drawn.
    """

    def __init__(
        self, space: SearchSpace, seed: int, algorithm: str = "tpe", gamma: float = GAMMA
    ) -> None:
        from hyperopt.base import Domain

        if algorithm not in ALGORITHMS:
            raise UsageError(unknown("algorithm", algorithm, ALGORITHMS))
        if not 0 < gamma < float("inf"):
            raise UsageError(f"gamma is {gamma}; wanted a number above 0")
        self.space, self.seed, self.algorithm, self.gamma = space, seed, algorithm, gamma
        self.unions = unions(space)
        self.expression = expression(space, self.unions)
        drawn = labels_only(space, self.unions)
        self.domain = Domain(lambda config: 0.0, drawn, pass_expr_memo_ctrl=False)
        self.labels = sorted(self.domain.params)
        self._documents: dict[int, tuple[Trial, dict[str, Any]]] = {}  # of finished rows
        self.first = [points.default_point(space, self.unions, *pair) for pair in space.first]

    def ask(self, tid: int, history: Sequence[Trial], at_random: bool | None = None) -> Point:
        """Return the point of trial `tid`, given the trials told so far in the order told.

        At random where the history is short, unless `at_random` says one or the other.
        """
        from hyperopt import anneal, rand, tpe

        seed = int(np.random.SeedSequence([self.seed, tid]).generate_state(1)[0] >> 1)
        if at_random is None:
            at_random = len(history) < STARTUP
        if at_random or self.algorithm == "random":
            (doc,) = rand.suggest([tid], self.domain, self._trials(()), seed)
        elif self.algorithm == "anneal":
            (doc,) = anneal.suggest([tid], self.domain, self._trials(history), seed)
        else:
            trials, options = self._trials(history), {"n_startup_jobs": 0, "gamma": self.gamma}
            (doc,) = tpe.suggest([tid], self.domain, trials, seed, **options)
        vals = doc["misc"]["vals"]
        return {label: _plain(vals[label][0]) for label in self.labels if vals[label]}

    def config(self, point: Point) -> Config:
        """Return the config that a point stands for, not yet canonical."""
        from hyperopt import space_eval

        config = dict(space_eval(self.expression, dict(point)))
        config["preprocess"] = _chosen(config["preprocess"])
        config["extractors"] = [
            {**item, "preprocess": _chosen(item["preprocess"])} for item in config["extractors"]
        ]
        return config

    def point_of(self, config: Config) -> Point | None:
        """Return the point of a canonical config, or None where it lies outside of the space."""
        return points.point_of(self.space, self.unions, config)

    def _trials(self, history: Sequence[Trial]) -> Any:
        """Return the history as Hyperopt's trials."""
        from hyperopt import Trials

        trials = Trials()
        trials.insert_trial_docs([self._document(trial) for trial in history])
        trials.refresh()
        return trials

    def _document(self, trial: Trial) -> dict[str, Any]:
        """Return a row as Hyperopt has it: a failed trial as failed, so that TPE avoids it."""
        from hyperopt import STATUS_FAIL, STATUS_OK
        from hyperopt.base import JOB_STATE_DONE, JOB_STATE_NEW

        running = trial.state == "running"
        same, known = self._documents.get(trial.tid, (None, {}))
        if same is trial:
            return known
        point = trial.indices
        result: dict[str, Any] = {"status": STATUS_OK, "loss": trial.loss}
        if trial.loss is None:
            result = {"status": STATUS_FAIL}
        document = {
            "tid": trial.tid,
            "spec": None,
            "result": result,
            "misc": {
                "tid": trial.tid,
                "cmd": None,
                "workdir": None,
                "idxs": {k: [trial.tid] if k in point else [] for k in self.labels},
                "vals": {k: [point[k]] if k in point else [] for k in self.labels},
            },
            "state": JOB_STATE_NEW if running else JOB_STATE_DONE,
            "owner": None,
            "book_time": None,
            "refresh_time": None,
            "exp_key": None,
            "version": 0,
        }
        self._documents[trial.tid] = (trial, document)
        return document


def _chosen(steps: Sequence[Any]) -> list[Any]:
    return [step for step in steps if step is not None]


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value
