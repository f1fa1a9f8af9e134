"""The config: a small JSON document that is the identity of a pipeline.

Its canonical form keys the cache, the trial row, the model and the line in the report.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from featcls.errors import UsageError, nearest
from featcls.spaces import Space

Config = dict[str, Any]
SpaceOf = Callable[[str, str], Space]  # (kind, name) -> the plugin's registered parameters

SCALES = ("standard", "none")
EXECUTION = ("device", "n_jobs", "n_threads", "random_state", "verbose")


def canonical(config: Mapping[str, Any], space_of: SpaceOf) -> Config:
    """Return the canonical form of a config: complete, typed and ordered.

    Parameters
    ----------
    config : mapping
        `preprocess`, `extractors`, `scale`, `classifier`; missing parameters take their
        defaults, steps without parameters may be plain names.
    space_of : callable
        `space_of(kind, name)` gives the parameters a plugin registered.

    Raises
    ------
    UsageError
        An unknown key, plugin or parameter, or a value of the wrong type, named by its
        place in the document.
    """
    _only_keys(config, ("preprocess", "extractors", "scale", "classifier"), "config")
    if "classifier" not in config:
        raise UsageError("config has no classifier", 'add "classifier": {"name": "rf"}')
    scale = config.get("scale", "standard")
    if scale not in SCALES:
        raise UsageError(
            f"scale is {scale!r}; wanted {' or '.join(SCALES)}", "leave it out for standard"
        )
    extractors = [
        _extractor(item, space_of, f"extractors[{i}]")
        for i, item in enumerate(_list(config.get("extractors", []), "extractors"))
    ]
    unique = {dumps(extractor): extractor for extractor in extractors}
    return {
        "preprocess": _chain(config.get("preprocess", []), space_of, "preprocess"),
        "extractors": [unique[key] for key in sorted(unique)],
        "scale": scale,
        "classifier": _step(config["classifier"], "classifier", space_of, "classifier"),
    }


def config_id(config: Mapping[str, Any]) -> str:
    """First 16 hexadecimal digits of the SHA-256 of a canonical config.

    Examples
    --------
    >>> config_id({"b": 1, "a": [1.0]}) == config_id({"a": (1.0,), "b": 1})
    True
    """
    return digest(config)[:16]


def digest(document: Any) -> str:
    """SHA-256 of a JSON document in canonical form, as 64 hexadecimal digits."""
    return hashlib.sha256(dumps(document).encode()).hexdigest()


def dumps(document: Any) -> str:
    """Canonical JSON: sorted keys, no spaces, no NaN; tuples become lists."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), allow_nan=False)


def params_from_json(params: Mapping[str, Any]) -> dict[str, Any]:
    """Give the parameters of a canonical step as Python arguments: lists become tuples."""
    return {name: _tuples(value) for name, value in params.items()}


def _extractor(item: Any, space_of: SpaceOf, place: str) -> Config:
    item = {"name": item} if isinstance(item, str) else item
    _only_keys(item, ("name", "preprocess", "params"), place)
    step = {key: item[key] for key in item if key != "preprocess"}
    chain = _chain(item.get("preprocess", []), space_of, f"{place}.preprocess")
    return {**_step(step, "extractor", space_of, place), "preprocess": chain}


def _chain(items: Any, space_of: SpaceOf, place: str) -> list[Config]:
    return [
        _step(item, "preprocessor", space_of, f"{place}[{i}]")
        for i, item in enumerate(_list(items, place))
    ]


def _step(step: Any, kind: str, space_of: SpaceOf, place: str) -> Config:
    step = {"name": step} if isinstance(step, str) else step
    _only_keys(step, ("name", "params"), place)
    name = step.get("name")
    if not isinstance(name, str):
        raise UsageError(f"{place} has no name", f'write {{"name": <{kind}>}}')
    space = space_of(kind, name)
    given = step.get("params", {})
    _only_keys(given, tuple(space), f"{kind} {name!r}")
    params = {}
    for key, param in space.items():
        try:
            value = param.coerce(given[key]) if key in given else param.default
        except ValueError as error:
            what = f"{place}.params.{key} of {kind} {name!r}: {error}"
            raise UsageError(what, f"leave it out for {param.default!r}") from error
        params[key] = _lists(value)
    return {"name": name, "params": params}


def _only_keys(document: Any, allowed: Sequence[str], place: str) -> None:
    if not isinstance(document, Mapping):
        raise UsageError(f"{place} is {document!r}; wanted a table with {', '.join(allowed)}")
    for key in document:
        if key in allowed:
            continue
        near = nearest(str(key), allowed)
        hint = f"did you mean {near!r}?" if near else f"known: {', '.join(allowed) or 'none'}"
        if key in EXECUTION:
            hint = "it says how to run, not what to compute; give it to the command instead"
        raise UsageError(f"{place} has no parameter {str(key)!r}", hint)


def _list(items: Any, place: str) -> Sequence[Any]:
    if isinstance(items, str) or not isinstance(items, Sequence):
        raise UsageError(f"{place} is {items!r}; wanted a list", f"write [{json.dumps(items)}]")
    return items


def _lists(value: Any) -> Any:
    return [_lists(member) for member in value] if isinstance(value, tuple | list) else value


def _tuples(value: Any) -> Any:
    return tuple(_tuples(member) for member in value) if isinstance(value, list | tuple) else value
