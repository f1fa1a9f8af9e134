"""Ask Hyperopt for the next config.

Each ask is seeded by (seed, trial) and sees the trials it is given, nothing else: the same
history gives the same proposal in any process.
"""

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np

from featcls.config import Config
from featcls.search.space import Alternative, SearchSpace, Step
from featcls.search.store import Trial
from featcls.spaces import Choice, Integer, LogUniform, Param, Subset, Uniform

Point = dict[str, Any]  # label -> drawn value; an index where the label is a choice

STARTUP = 12  # trials drawn at random before TPE has enough to go by
GAMMA = 1.0  # TPE takes the best gamma * sqrt(n) of n trials for good; Hyperopt's own is 0.25


class Sampler:
    """Proposes points of a space and turns them into configs."""

    def __init__(self, space: SearchSpace, seed: int) -> None:
        from hyperopt.base import Domain

        self.space, self.seed = space, seed
        self.unions = _unions(space)
        self.expression = _Expression(space, self.unions).config()
        self.domain = Domain(lambda config: 0.0, self.expression, pass_expr_memo_ctrl=False)
        self.labels = sorted(self.domain.params)

    def ask(self, tid: int, history: Sequence[Trial]) -> Point:
        """Return the point of trial `tid`, given the trials told so far in the order told."""
        if tid < len(self.space.first):
            return self._default_point(*self.space.first[tid])
        from hyperopt import rand, tpe

        seed = int(np.random.SeedSequence([self.seed, tid]).generate_state(1)[0] >> 1)
        trials = self._trials(history)
        if len(history) < STARTUP:
            (doc,) = rand.suggest([tid], self.domain, trials, seed)
        else:
            (doc,) = tpe.suggest([tid], self.domain, trials, seed, n_startup_jobs=0, gamma=GAMMA)
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

    def _trials(self, history: Sequence[Trial]) -> Any:
        """Rebuild Hyperopt's trials: a failed trial is told as failed, so TPE avoids it."""
        from hyperopt import STATUS_FAIL, STATUS_OK, Trials
        from hyperopt.base import JOB_STATE_DONE, JOB_STATE_NEW

        docs = []
        for trial in history:
            point = trial.indices
            misc = {
                "tid": trial.tid,
                "cmd": None,
                "workdir": None,
                "idxs": {k: [trial.tid] if k in point else [] for k in self.labels},
                "vals": {k: [point[k]] if k in point else [] for k in self.labels},
            }
            result: dict[str, Any] = {"status": STATUS_OK, "loss": trial.loss}
            if trial.loss is None:
                result = {"status": STATUS_FAIL}
            state = JOB_STATE_NEW if trial.state == "running" else JOB_STATE_DONE
            docs.append(
                {
                    "tid": trial.tid,
                    "spec": None,
                    "result": result,
                    "misc": misc,
                    "state": state,
                    "owner": None,
                    "book_time": None,
                    "refresh_time": None,
                    "exp_key": None,
                    "version": 0,
                }
            )
        trials = Trials()
        trials.insert_trial_docs(docs)
        trials.refresh()
        return trials

    def _default_point(self, labels: Sequence[str], classifier: str) -> Point:
        """Return the point in which everything that is active has its default."""
        space = self.space
        union = tuple(i for i, a in enumerate(space.alternatives) if a.label in labels)
        which = next(i for i, c in enumerate(space.classifiers) if c.name == classifier)
        point: Point = {}
        if len(self.unions) > 1:
            point["extractors"] = self.unions.index(union)
        if len(space.classifiers) > 1:
            point["classifier"] = which
        if len(space.scale) > 1:
            point["scale"] = 0
        steps = [labelled for i in union for labelled in _labelled(space.alternatives[i])]
        steps += [(f"preprocess.{step.name}", step) for step in space.preprocess]
        steps.append((f"classifier.{classifier}", space.classifiers[which]))
        for prefix, step in steps:
            point.update(_default_values(prefix, step))
        return point


class _Expression:
    """Builds the Hyperopt expression; a node stands once, however many unions it is in."""

    def __init__(self, space: SearchSpace, unions: Sequence[tuple[int, ...]]) -> None:
        self.space, self.unions = space, unions

    def config(self) -> Any:
        from hyperopt.pyll import as_apply

        space = self.space
        parts = [self._alternative(a) for a in space.alternatives]
        unions = [[node for i in union for node in parts[i]] for union in self.unions]
        return as_apply(
            {
                "preprocess": [self._step(f"preprocess.{s.name}", s) for s in space.preprocess],
                "extractors": _choose("extractors", unions) if unions else [],
                "scale": _choose("scale", list(space.scale)),
                "classifier": _choose(
                    "classifier",
                    [self._step(f"classifier.{c.name}", c) for c in space.classifiers],
                ),
            }
        )

    def _alternative(self, alternative: Alternative) -> list[Any]:
        nodes = {prefix: self._step(prefix, step) for prefix, step in _labelled(alternative)}
        made = []
        for i, member in enumerate(alternative.members):
            prefix = _prefix(alternative, i)
            chain = [nodes[f"{prefix}.{step.name}"] for step in member.chain]
            made.append({**nodes[prefix], "preprocess": chain})
        return made

    def _step(self, prefix: str, step: Step) -> Any:
        params = {key: _draw(f"{prefix}.{key}", param) for key, param in step.params.items()}
        made = {"name": step.name, "params": params}
        return _choose(f"{prefix}?", [None, made]) if step.optional else made


def _unions(space: SearchSpace) -> list[tuple[int, ...]]:
    all_ = space.alternatives
    return [
        union
        for size in range(1, min(space.union, len(all_)) + 1)
        for union in combinations(range(len(all_)), size)
        if all(all_[i].may_join(all_[k]) for i, k in combinations(union, 2))
    ]


def _prefix(alternative: Alternative, i: int) -> str:
    several = len(alternative.members) > 1
    return f"extractor.{alternative.label}" + (f".{i}" if several else "")


def _labelled(alternative: Alternative) -> list[tuple[str, Step]]:
    steps: list[tuple[str, Step]] = []
    for i, member in enumerate(alternative.members):
        prefix = _prefix(alternative, i)
        steps.append((prefix, member.step))
        steps += [(f"{prefix}.{step.name}", step) for step in member.chain]
    return steps


def _choose(label: str, options: list[Any]) -> Any:
    from hyperopt import hp

    return options[0] if len(options) == 1 else hp.choice(label, options)


def _draw(label: str, param: Param) -> Any:
    from hyperopt import hp

    if isinstance(param, Choice | Subset):
        return _choose(label, param.options() or [])
    if isinstance(param, Uniform):
        return hp.uniform(label, param.low, param.high)
    if isinstance(param, LogUniform):
        return hp.loguniform(label, np.log(param.low), np.log(param.high))
    assert isinstance(param, Integer)
    if param.log:
        return hp.qloguniform(label, np.log(param.low), np.log(param.high), 1)
    return hp.uniformint(label, param.low, param.high)


def _default_values(prefix: str, step: Step) -> Point:
    """Return the drawn values that stand for a step at its defaults; optional steps are off."""
    if step.optional:
        return {f"{prefix}?": 0}
    point: Point = {}
    for key, param in step.params.items():
        options = param.options()
        if options is None:
            point[f"{prefix}.{key}"] = param.default
        elif len(options) > 1:
            found = [i for i, option in enumerate(options) if option == param.default]
            point[f"{prefix}.{key}"] = found[0] if found else 0
    return point


def _chosen(steps: Sequence[Any]) -> list[Any]:
    return [step for step in steps if step is not None]


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


__all__ = ["STARTUP", "Point", "Sampler"]
