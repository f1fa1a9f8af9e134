"""The Hyperopt expression of a space, with labels `kind.plugin.parameter`."""

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np

from featcls.search.space import Alternative, SearchSpace, Step
from featcls.spaces import Choice, Integer, LogUniform, Param, Subset, Uniform

Union = tuple[int, ...]  # of alternatives, by index


def unions(space: SearchSpace) -> list[Union]:
    """Return every set of alternatives that a config may join."""
    all_ = space.alternatives
    return [
        union
        for size in range(1, min(space.union, len(all_)) + 1)
        for union in combinations(range(len(all_)), size)
        if all(all_[i].may_join(all_[k]) for i, k in combinations(union, 2))
    ]


def expression(space: SearchSpace, joined: Sequence[Union]) -> Any:
    """Return the expression; a node stands once, however many unions it is in."""
    from hyperopt.pyll import as_apply

    parts = [_alternative(a) for a in space.alternatives]
    nodes = [[node for i in union for node in parts[i]] for union in joined]
    return as_apply(
        {
            "preprocess": [_step(f"preprocess.{s.name}", s) for s in space.preprocess],
            "extractors": _choose("extractors", nodes) if nodes else [],
            "scale": _choose("scale", list(space.scale)),
            "classifier": _choose(
                "classifier",
                [_step(f"classifier.{c.name}", c) for c in space.classifiers],
            ),
        }
    )


def labels_only(space: SearchSpace, joined: Sequence[Union]) -> Any:
    """Return the same labels under the same conditions, without anything that is fixed.

    TPE rebuilds the whole expression at every ask, so what it is asked is kept small.
    """
    from hyperopt.pyll import as_apply

    parts = [
        [node for prefix, step in labelled(a) for node in _labels(prefix, step)]
        for a in space.alternatives
    ]
    nodes = [[node for i in union for node in parts[i]] for union in joined]
    steps = [_labels(f"classifier.{c.name}", c) for c in space.classifiers]
    return as_apply(
        [
            [node for s in space.preprocess for node in _labels(f"preprocess.{s.name}", s)],
            _choose("extractors", nodes) if nodes else [],
            _choose("scale", list(space.scale)),
            _choose("classifier", steps),
        ]
    )


def member_prefix(alternative: Alternative, i: int) -> str:
    """Return how the labels of an alternative's i-th member start."""
    several = len(alternative.members) > 1
    return f"extractor.{alternative.label}" + (f".{i}" if several else "")


def labelled(alternative: Alternative) -> list[tuple[str, Step]]:
    """Return every step of an alternative with how its labels start."""
    steps: list[tuple[str, Step]] = []
    for i, member in enumerate(alternative.members):
        prefix = member_prefix(alternative, i)
        steps.append((prefix, member.step))
        steps += [(f"{prefix}.{step.name}", step) for step in member.chain]
    return steps


def _alternative(alternative: Alternative) -> list[Any]:
    nodes = {prefix: _step(prefix, step) for prefix, step in labelled(alternative)}
    made = []
    for i, member in enumerate(alternative.members):
        prefix = member_prefix(alternative, i)
        chain = [nodes[f"{prefix}.{step.name}"] for step in member.chain]
        made.append({**nodes[prefix], "preprocess": chain})
    return made


def _step(prefix: str, step: Step) -> Any:
    params = {key: _draw(f"{prefix}.{key}", param) for key, param in step.params.items()}
    made = {"name": step.name, "params": params}
    return _choose(f"{prefix}?", [None, made]) if step.optional else made


def _labels(prefix: str, step: Step) -> list[Any]:
    drawn = []
    for key, param in step.params.items():
        options = param.options()
        if options is None:
            drawn.append(_draw(f"{prefix}.{key}", param))
        elif len(options) > 1:
            drawn.append(_choose(f"{prefix}.{key}", list(range(len(options)))))
    return [_choose(f"{prefix}?", [None, drawn])] if step.optional else drawn


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
