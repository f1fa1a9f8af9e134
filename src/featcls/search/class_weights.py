"""Class weights of a named space, fitted to the classes at hand."""

from collections.abc import Mapping, Sequence
from typing import Any

from featcls.spaces import Choice, Param

Groups = Sequence[Sequence[str]]  # the classes of a space that each of two classes stands for


def fit_class_weights(
    param: Param, classes: Sequence[str], two_classes: Groups
) -> tuple[Param, bool]:
    """Return the options that fit the classes, and whether some had to be dropped.

    Weights go by class name. Where the data has two other classes and the space says which
    of its own each stands for, their weights are summed. An empty map only says that maps are
    allowed; it is no option.

    Examples
    --------
    >>> param = Choice(None, {"a": 0.5, "b": 0.3, "c": 0.2})
    >>> fit_class_weights(param, ("no", "yes"), (("a",), ("b", "c")))
    (Choice(None, {'no': 0.5, 'yes': 0.5}, default=None), False)
    >>> fit_class_weights(param, ("x", "y", "z"), ())
    (Choice(None, default=None), True)
    """
    kept, dropped = [], False
    for option in param.options() or []:
        if not isinstance(option, Mapping):
            kept.append(option)
        elif fitted := _fitted(option, classes, two_classes):
            kept.append(fitted)
        else:
            dropped = dropped or bool(option)
    return (Choice(*kept) if kept else param), dropped


def _fitted(
    weights: Mapping[str, float], classes: Sequence[str], two_classes: Groups
) -> dict[str, Any] | None:
    if not classes or set(weights) == set(classes):
        return dict(weights)
    if len(classes) == len(two_classes) == 2 and set(weights) == {
        *two_classes[0],
        *two_classes[1],
    }:
        sums = [sum(weights[name] for name in group) for group in two_classes]
        return dict(zip(classes, sums, strict=True))
    return None
