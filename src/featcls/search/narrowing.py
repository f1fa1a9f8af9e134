"""Narrowing a space: keep some of its parts, drop others, search less of a range."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from featcls.errors import UsageError, unknown
from featcls.plugins import Registry
from featcls.search import ranges
from featcls.search.space import Alternative, Step

ENTRIES = ("keep", "drop", "narrow")


def narrowed(
    document: Mapping[str, Any],
    name: str,
    alternatives: Sequence[Alternative],
    classifiers: Sequence[Step],
    registry: Registry,
    absent: Sequence[str] = (),
) -> tuple[list[Alternative], list[Step]]:
    """Return what `keep`, `drop` and `narrow` of a document leave of a space.

    What is `absent`, for it is not installed, may be dropped all the same.

    Raises
    ------
    UsageError
        A name that the space does not have, a range that is not inside the space's own, or
        nothing left; the message says which.
    """
    labels, names = [a.label for a in alternatives], [c.name for c in classifiers]
    keep, drop = document.get("keep", {}), document.get("drop", [])
    _check(name, "keep", "entry of keep", keep, dict, ("extractors", "classifiers"))
    _check(name, "drop", "part", drop, list, [*labels, *names, *absent])
    _check(name, "narrow", "part", document.get("narrow", {}), dict, [*labels, *names])
    parts = {"extractors": labels, "classifiers": names}
    for kind, known in parts.items():
        _check(name, f"keep.{kind}", kind[:-1], keep.get(kind, []), list, known)
        left = [n for n in keep.get(kind, known) if n not in drop]
        if known and not left:
            raise UsageError(
                f"space {name} is empty after keep and drop: no {kind[:-1]} is left of "
                f"{', '.join(known)}",
                "drop less",
            )
        parts[kind] = left
    for part, given in document.get("narrow", {}).items():
        alternatives = [
            _alternative(a, name, given, registry) if a.label == part else a for a in alternatives
        ]
        classifiers = [
            _step("classifier", c, name, given, registry) if c.name == part else c
            for c in classifiers
        ]
    return (
        [a for a in alternatives if a.label in parts["extractors"]],
        [c for c in classifiers if c.name in parts["classifiers"]],
    )


def _check(
    name: str, entry: str, what: str, given: Any, wanted: type[Any], known: Sequence[str]
) -> None:
    if type(given) is not wanted:
        kind = "list" if wanted is list else "table"
        raise UsageError(f"space {name}: {entry} is {given!r}; give a {kind}")
    for one in given:
        if one not in known:
            raise UsageError(f"space {name}: " + unknown(what, str(one), known))


def _alternative(
    alternative: Alternative, name: str, given: Mapping[str, Any], registry: Registry
) -> Alternative:
    if len(alternative.members) > 1:
        raise UsageError(
            f"space {name}: {alternative.label} joins several extractors and cannot be narrowed",
            "drop it and write an [[extractor]] table of your own",
        )
    (member,) = alternative.members
    step = _step("extractor", member.step, name, given, registry)
    return replace(alternative, members=(replace(member, step=step),))


def _step(kind: str, step: Step, name: str, given: Mapping[str, Any], registry: Registry) -> Step:
    own, params = registry.space_of(kind, step.name), dict(step.params)
    _check(name, f"narrow.{step.name}", f"parameter of {step.name}", given, dict, list(own))
    for key, value in given.items():
        try:
            param = ranges.read(value, own[key])
        except (ValueError, TypeError) as error:
            raise UsageError(f"space {name}: narrow.{step.name}.{key}: {error}") from error
        if not ranges.inside(param, params[key]):
            raise UsageError(
                f"space {name}: narrow.{step.name}.{key} is {value!r}, which is not inside of "
                f"{params[key]}"
            )
        params[key] = param
    return replace(step, params=params)
