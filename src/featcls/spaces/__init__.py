"""Search spaces as plain data: what a parameter may be, its default and its range.

No plugin imports hyperopt: the search engine builds its expression from these. Each
parameter also types the values that a config may hold (`coerce`), whatever the range.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

Value = Any  # JSON scalars, tuples of them, or a map from class name to weight


class _Required:
    def __repr__(self) -> str:
        return "first option"


_FIRST = _Required()


class Param:
    """One parameter of a plugin; `default` is a member of the range."""

    default: Value

    def coerce(self, value: Value) -> Value:
        """Return `value` in the parameter's type, or raise ValueError saying what is wanted."""
        raise NotImplementedError

    def options(self) -> list[Value] | None:
        """All members of the range, or None where they are not countable."""
        return None


class Choice(Param):
    """One of the listed options; sequence-valued options are tuples, and ordered.

    A config may hold other numbers and tuples than the listed ones, of the same types;
    texts must be listed. A dict among the options stands for "a map by class name".

    Examples
    --------
    >>> Choice(1, 5).coerce(3.0), Choice((1,), (1, 5)).coerce([2, 3])
    (3, (2, 3))
    >>> Choice("sqrt", 0.25).coerce("sqr")
    Traceback (most recent call last):
    ValueError: 'sqr' is not one of 'sqrt', 0.25
    """

    def __init__(self, *values: Value, default: Value = _FIRST) -> None:
        if not values:
            raise ValueError("Choice has no options; list one or more")
        self.values = values
        self.default = values[0] if default is _FIRST else default

    def coerce(self, value: Value) -> Value:
        if isinstance(value, list):
            value = tuple(value)
        for option in (self.default, *self.values):
            try:
                return _like(option, value)
            except ValueError:
                continue
        raise ValueError(f"{value!r} is not one of {', '.join(map(repr, self.values))}")

    def options(self) -> list[Value]:
        return list(self.values)

    def __repr__(self) -> str:
        return f"Choice({', '.join(map(repr, self.values))}, default={self.default!r})"


class Text(Choice):
    """Any text, such as the path of a file, or None. A search draws the default alone.

    Examples
    --------
    >>> Text().coerce("dark.npy"), Text().coerce(None)
    ('dark.npy', None)
    """

    def __init__(self, default: str | None = None) -> None:
        super().__init__(default)

    def coerce(self, value: Value) -> str | None:
        if value is None or isinstance(value, str):
            return value
        raise ValueError(f"{value!r} is no text")


class Subset(Param):
    """Any non-empty combination of the listed numbers or texts; order does not matter.

    A config may hold other numbers too, but only texts that are listed, be it as `unsearched`
    ones that no search draws.

    Examples
    --------
    >>> Subset(1, 2, 4, default=(1,)).coerce([4, 1, 4.0])
    (1, 4)
    """

    def __init__(
        self,
        *values: Value,
        default: tuple[Value, ...] = (),
        unsearched: tuple[str, ...] = (),
    ) -> None:
        if not values:
            raise ValueError("Subset has no members; list one or more")
        self.values = values
        self.default = tuple(default) or (values[0],)
        self.unsearched = unsearched

    def coerce(self, value: Value) -> Value:
        if isinstance(value, str) or not hasattr(value, "__iter__"):
            raise ValueError(f"{value!r} is not a list such as {list(self.default)}")
        if isinstance(self.values[0], str):
            members = set(value)
            known = [*self.values, *self.unsearched]
            if wrong := members - set(known):
                raise ValueError(f"{sorted(wrong, key=str)} are not among {known}")
        else:
            members = {_like(self.values[0], member) for member in value}
        if not members:
            raise ValueError("the list is empty; give one member or more")
        return tuple(sorted(members))

    def options(self) -> list[Value]:
        sizes = range(1, len(self.values) + 1)
        return [tuple(sorted(members)) for n in sizes for members in combinations(self.values, n)]

    def __repr__(self) -> str:
        return f"Subset({', '.join(map(repr, self.values))}, default={self.default!r})"


@dataclass(frozen=True)
class _Range(Param):
    low: float
    high: float
    default: Any = None

    def __post_init__(self) -> None:
        if not self.low < self.high:
            raise ValueError(f"low is {self.low}, high is {self.high}; give low < high")
        if self.default is None:
            object.__setattr__(self, "default", self.coerce(self._middle()))

    def _middle(self) -> float:
        return (self.low + self.high) / 2


class Uniform(_Range):
    """A float, uniform between `low` and `high`."""

    def coerce(self, value: Value) -> float:
        return float(_like(0.0, value))


class LogUniform(_Range):
    """A float whose logarithm is uniform between `low` > 0 and `high`."""

    def coerce(self, value: Value) -> float:
        return float(_like(0.0, value))

    def __post_init__(self) -> None:
        if self.low <= 0:
            raise ValueError(f"low is {self.low}; a logarithmic range starts above 0")
        super().__post_init__()

    def _middle(self) -> float:
        return math.sqrt(self.low * self.high)


@dataclass(frozen=True)
class Integer(_Range):
    """An integer from `low` to `high`, both included; `log` makes small ones likelier."""

    log: bool = False

    def coerce(self, value: Value) -> int:
        return int(_like(0, value))

    def _middle(self) -> float:
        return round((self.low + self.high) / 2)


Space = Mapping[str, Param]


def defaults(space: Space) -> dict[str, Value]:
    """Return the default of every parameter by name."""
    return {name: param.default for name, param in space.items()}


KINDS: dict[type, str] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    tuple: "a list",
    dict: "a table of numbers",
}


def _like(example: Value, value: Value) -> Value:
    """Return `value` in the type of `example`; ValueError where that would change it."""
    if example is None or value is None or isinstance(example, bool) or isinstance(value, bool):
        if type(example) is type(value):
            return value
    elif isinstance(example, str):
        if value == example:
            return value
    elif isinstance(example, tuple):
        if isinstance(value, list | tuple) and (example or not value):
            return tuple(_like(example[0], member) for member in value)
    elif isinstance(example, dict):
        if isinstance(value, dict):
            return {str(key): _like(0.0, weight) for key, weight in sorted(value.items())}
    elif isinstance(value, int | float) and not isinstance(value, str):
        if not math.isfinite(value):
            raise ValueError(f"{value!r} is not a finite number")
        if isinstance(example, float):
            return float(value) + 0.0  # -0.0 becomes 0.0
        if float(value).is_integer():
            return int(value)
    raise ValueError(f"{value!r} is not {KINDS.get(type(example), repr(example))}")
