"""Points of a space: the drawn values that stand for its defaults, or for a given config."""

from collections.abc import Mapping, Sequence
from itertools import permutations
from typing import Any

from featcls.config import Config, dumps
from featcls.search.expression import Union, labelled, member_prefix
from featcls.search.space import Member, SearchSpace, Step

Point = dict[str, Any]  # label -> drawn value; an index where the label is a choice


def default_point(
    space: SearchSpace, joined: Sequence[Union], labels: Sequence[str], classifier: str
) -> Point:
    """Return the point in which everything that is active has its default."""
    union = tuple(i for i, a in enumerate(space.alternatives) if a.label in labels)
    which = next(i for i, c in enumerate(space.classifiers) if c.name == classifier)
    point = _choice("extractors", joined.index(union), joined)
    point |= _choice("classifier", which, space.classifiers) | _choice("scale", 0, space.scale)
    steps = [pair for i in union for pair in labelled(space.alternatives[i])]
    steps += [(f"preprocess.{step.name}", step) for step in space.preprocess]
    steps.append((f"classifier.{classifier}", space.classifiers[which]))
    for prefix, step in steps:
        point.update(_default_values(prefix, step))
    return point


def point_of(space: SearchSpace, joined: Sequence[Union], config: Config) -> Point | None:
    """Return the point whose config is the given canonical one, or None where there is none.

    A union in which two members turn out the same is not found: the config has one of them.
    """
    name = config["classifier"]["name"]
    which = next((i for i, c in enumerate(space.classifiers) if c.name == name), None)
    if which is None or config["scale"] not in space.scale:
        return None
    parts = [
        _step(f"classifier.{name}", space.classifiers[which], config["classifier"]["params"]),
        _chain("preprocess", space.preprocess, config["preprocess"]),
        _union(space, joined, config["extractors"]) if config["extractors"] else {},
    ]
    point = _choice("classifier", which, space.classifiers)
    point |= _choice("scale", space.scale.index(config["scale"]), space.scale)
    for part in parts:
        if part is None:
            return None
        point.update(part)
    return point


def _union(
    space: SearchSpace, joined: Sequence[Union], extractors: Sequence[Config]
) -> Point | None:
    for number, union in enumerate(joined):
        places = [
            (member_prefix(space.alternatives[i], k), member)
            for i in union
            for k, member in enumerate(space.alternatives[i].members)
        ]
        if len(places) != len(extractors):
            continue
        for order in permutations(extractors):
            pairs = zip(places, order, strict=True)
            found = [_member(*place, item) for place, item in pairs]
            if None not in found:
                point = _choice("extractors", number, joined)
                return point | {k: v for part in found if part for k, v in part.items()}
    return None


def _member(prefix: str, member: Member, item: Config) -> Point | None:
    if item["name"] != member.step.name:
        return None
    own = _step(prefix, member.step, item["params"])
    chain = _chain(prefix, member.chain, item["preprocess"])
    return None if own is None or chain is None else own | chain


def _chain(prefix: str, steps: Sequence[Step], items: Sequence[Config]) -> Point | None:
    """Return the values of a chain; optional steps may be missing from it."""
    point: Point = {}
    left = list(items)
    for step in steps:
        label = f"{prefix}.{step.name}"
        present = bool(left) and left[0]["name"] == step.name
        if not present and not step.optional:
            return None
        if step.optional:
            point[f"{label}?"] = int(present)
        if present:
            own = _step(label, step, left.pop(0)["params"])
            if own is None:
                return None
            point.update(own)
    return None if left else point


def _step(prefix: str, step: Step, params: Mapping[str, Any]) -> Point | None:
    point: Point = {}
    for key, param in step.params.items():
        options, value = param.options(), params[key]
        if options is None:
            if not param.low <= value <= param.high:  # type: ignore[attr-defined]
                return None
            point[f"{prefix}.{key}"] = value
            continue
        texts = [dumps(option) for option in options]
        if dumps(value) not in texts:
            return None
        point |= _choice(f"{prefix}.{key}", texts.index(dumps(value)), options)
    return point


def _choice(label: str, index: int, options: Sequence[Any]) -> Point:
    """A choice of one thing is no choice, and has no label."""
    return {label: index} if len(options) > 1 else {}


def _default_values(prefix: str, step: Step) -> Point:
    """Return the drawn values that stand for a step at its defaults; optional steps are off."""
    if step.optional:
        return {f"{prefix}?": 0}
    point: Point = {}
    for key, param in step.params.items():
        options = param.options()
        if options is None:
            point[f"{prefix}.{key}"] = param.default
        else:
            found = [i for i, option in enumerate(options) if option == param.default]
            point |= _choice(f"{prefix}.{key}", found[0] if found else 0, options)
    return point
