"""What a value in a space's document stands for: one option, several, or a range."""

from typing import Any

from featcls.config import dumps
from featcls.spaces import Choice, Integer, LogUniform, Param, Subset, Uniform

_RANGES: dict[str, Any] = {
    "choice": Choice,
    "subset": Subset,
    "uniform": Uniform,
    "loguniform": LogUniform,
    "integer": Integer,
}


def read(value: Any, own: Param) -> Param:
    """Return the range that a TOML value stands for, in the types of the plugin's own.

    Raises
    ------
    ValueError, TypeError
        A value of another type than the plugin's parameter.

    Examples
    --------
    >>> read([1, 2.0], Integer(1, 9)), read({"integer": [1, 3]}, Integer(1, 9))
    (Choice(1, 2, default=1), Integer(low=1, high=3, default=2, log=False))
    """
    if isinstance(value, dict) and value.keys() & _RANGES.keys():
        return _range(value, own)
    if isinstance(value, list) and not _is_value(value, own):
        return Choice(*(_coerce(own, option) for option in value))
    return Choice(_coerce(own, value))


def inside(param: Param, wide: Param) -> bool:
    """Say whether all that one range offers lies in another.

    Examples
    --------
    >>> inside(Choice(2, 3), Integer(1, 9)), inside(Uniform(0.0, 2.0), Uniform(0.0, 1.0))
    (True, False)
    """
    options, allowed = param.options(), wide.options()
    if allowed is not None:
        return options is not None and set(map(dumps, options)) <= set(map(dumps, allowed))
    ends = options if options is not None else [param.low, param.high]  # type: ignore[attr-defined]
    low, high = wide.low, wide.high  # type: ignore[attr-defined]
    return all(isinstance(end, int | float) and low <= end <= high for end in ends)


def _range(table: dict[str, Any], own: Param) -> Param:
    kind = next(key for key in table if key in _RANGES)
    options = {key: value for key, value in table.items() if key != kind}
    members = table[kind]
    if kind == "choice":
        members = [_coerce(own, option) for option in members]
    param: Param = _RANGES[kind](*members, **options)
    return param


def _coerce(own: Param, value: Any) -> Any:
    """Return a TOML value in the parameter's type; TOML has no null, so "none" is None."""
    try:
        return own.coerce(value)
    except ValueError:
        if value != "none":
            raise
        return own.coerce(None)


def _is_value(value: list[Any], own: Param) -> bool:
    """Say whether a list is one sequence value rather than a list of options."""
    if any(isinstance(member, list) for member in value) and not isinstance(own, Subset):
        return False
    try:
        return isinstance(own.coerce(value), tuple)
    except ValueError:
        return False
