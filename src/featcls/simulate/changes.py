"""Fields of a preset set by words, as on a command line."""

from collections.abc import Iterable
from types import NoneType
from typing import Any, get_args, get_type_hints

from featcls.errors import UsageError
from featcls.simulate.presets import find_preset


def read_changes(preset: str, words: Iterable[str]) -> dict[str, Any]:
    """Values of ``field=value`` words, each of the kind of its field.

    Parameters
    ----------
    preset : str
        Name of the preset that has the fields.
    words : iterable of str
        Several numbers are parted by commas, as in ``shape=256,256``.

    Returns
    -------
    dict
        Keywords for `find_preset`, which says what a field may be and which there are.

    Raises
    ------
    UsageError
        Unknown preset, a word without ``=``, or a value of another kind.

    Examples
    --------
    >>> read_changes("diffranet-text", ["distance=0.16", "shape=256,128", "tiling=pilatus"])
    {'distance': 0.16, 'shape': (256, 128), 'tiling': 'pilatus'}
    """
    kinds = get_type_hints(type(find_preset(preset)))
    changes = {}
    for word in words:
        field, equals, text = word.partition("=")
        if not equals:
            raise UsageError(f"{word!r} sets nothing", "give FIELD=VALUE, as distance=0.16")
        changes[field] = _value(field, text, kinds.get(field, str))
    return changes


def _value(field: str, text: str, kind: Any) -> Any:
    kind = next((part for part in get_args(kind) if NoneType in get_args(kind)), kind)
    parts = get_args(kind)
    try:
        if parts:
            return tuple(part(x) for part, x in zip(parts, text.split(","), strict=True))
        return kind(text)
    except ValueError as error:
        number = "whole number" if int in (kind, *parts) else "number"
        wanted = f"{len(parts)} {number}s parted by commas" if parts else f"a {number}"
        raise UsageError(f"{field} is {text!r}; give {wanted}") from error
