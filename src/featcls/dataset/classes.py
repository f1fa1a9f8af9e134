"""Labels to codes: the ordered classes that index everything."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featcls.dataset.records import Record, natural
from featcls.errors import DataError, UsageError


def encode(
    records: Sequence[Record], classes: Sequence[str] | None
) -> tuple[tuple[str, ...], NDArray[Any]]:
    """Return the classes and the labels as codes.

    Parameters
    ----------
    records : sequence of Record
    classes : sequence of str, optional
        Fixes the classes and their order; else they are those found, in natural order.

    Returns
    -------
    classes : tuple of str
    y : (n,) int64 array, or (n, k) uint8 array where any frame may have several labels

    Raises
    ------
    DataError
        A frame without a label, or one that is not among `classes`.

    Examples
    --------
    >>> encode([Record("a", label="run10"), Record("b", label="run9")], None)
    (('run9', 'run10'), array([1, 0]))
    """
    several = any(isinstance(record.label, tuple) for record in records)
    labels = [_names(record, several) for record in records]
    names = _classes(labels, classes)
    code = {name: k for k, name in enumerate(names)}
    for record, own in zip(records, labels, strict=True):
        for name in own:
            if name not in code:
                raise DataError(
                    f"{record.path} has the label {name!r}; the classes are {', '.join(names)}",
                    "correct the label or add it to the classes",
                )
    if not several:
        return names, np.array([code[name] for (name,) in labels], np.int64)
    y = np.zeros((len(labels), len(names)), np.uint8)
    for i, own in enumerate(labels):
        y[i, [code[name] for name in own]] = 1
    return names, y


def _names(record: Record, several: bool) -> tuple[str, ...]:
    if isinstance(record.label, tuple):
        return record.label
    if record.label is not None:
        return (record.label,)
    if record.error is not None:
        raise record.error
    if several:
        return ()
    raise DataError(
        f"{record.path or f'reader {record.reader}'} has no label",
        "give each class a folder, add a manifest.csv with path,label, or use `predict`",
    )


def _classes(labels: Sequence[tuple[str, ...]], classes: Sequence[str] | None) -> tuple[str, ...]:
    if classes is None:
        return tuple(sorted({name for own in labels for name in own}, key=natural))
    if len(set(classes)) < len(classes) or not classes:
        raise UsageError(f"classes are {list(classes)}", "name each class once")
    return tuple(classes)
