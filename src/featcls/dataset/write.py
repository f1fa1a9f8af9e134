"""A data set written down as a manifest."""

import csv
import io
import os
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featcls import atomic
from featcls.dataset.address import Address, parse_address
from featcls.dataset.dataset import Dataset
from featcls.dataset.records import Label, Record
from featcls.errors import DataError, cannot_write

COLUMNS = ("path", "label", "split", "group", "weight", "mask", "roi")


def write_manifest(
    path: str | os.PathLike[str],
    dataset: Dataset,
    *,
    indices: Sequence[int] | None = None,
    label: Sequence[Label] | None = None,
    split: Sequence[str] | NDArray[Any] | None = None,
    group: Sequence[Any] | NDArray[Any] | None = None,
) -> None:
    """Write a CSV manifest with a row a frame; it appears whole or not at all.

    Paths are relative to the manifest's folder. Columns that say nothing are left out, and
    what the rows of the data set say besides is kept.

    Parameters
    ----------
    path : path
    dataset : Dataset
        Of files.
    indices : sequence of int, optional
        The frames to write; all of them by default.
    label, split, group : sequence of n, optional
        For all frames of the data set, in place of what it says itself.

    Raises
    ------
    DataError
        The data set has no files, which a manifest could name.
    RunError
        The manifest cannot be written.
    """
    chosen = range(len(dataset)) if indices is None else indices
    if any(not dataset.records[i].path for i in chosen):
        raise DataError("the data has no files that a manifest could name", "write its frames")
    folder = os.path.dirname(os.path.abspath(path))
    whole = os.path.relpath(os.path.abspath(dataset.root), folder)
    prefix = "" if whole == "." else whole
    rows = [_row(dataset.records[i], prefix) for i in chosen]
    for name, values in (("label", label), ("split", split), ("group", group)):
        if values is not None:
            for row, i in zip(rows, chosen, strict=True):
                row[name] = _text(values[i])
    known = dict.fromkeys(column for row in rows for column in row)
    used = [name for name in known if any(row.get(name) for row in rows)]
    columns = [*(name for name in COLUMNS if name in used), *sorted(set(used) - set(COLUMNS))]
    text = io.StringIO()
    if label is None and dataset.classes:
        text.write(f"# classes: {';'.join(dataset.classes)}\n")
    writer = csv.DictWriter(text, columns, lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    try:
        atomic.write(path, text.getvalue().encode())
    except UnicodeEncodeError as fault:
        line = text.getvalue()[: fault.end].rpartition("\n")[2]
        what = f"a manifest is UTF-8, which the name of a file is not: {line!r}"
        raise DataError(what, "rename the file") from fault
    except OSError as fault:
        raise cannot_write(path, fault) from fault


def _row(record: Record, prefix: str) -> dict[str, str]:
    place = Address(os.path.join(prefix, record.path), record.dataset, record.index)
    mask = parse_address(record.mask)
    return {
        "path": str(place),
        "label": _text(record.label),
        "split": record.split,
        "group": record.group,
        "weight": "" if record.weight == 1 else repr(record.weight),
        "mask": record.mask and str(Address(os.path.join(prefix, mask.path), *_inside(mask))),
        "roi": "" if record.roi is None else "{}:{},{}:{}".format(*record.roi),
        **record.extra,
    }


def _inside(address: Address) -> tuple[str, int | None]:
    return address.dataset, address.index


def _text(value: Any) -> str:
    """Write a label, where a closing `;` says that a frame may have several, or another cell."""
    if isinstance(value, tuple | list):
        return ";".join([*map(str, value), ""])
    return "" if value is None else str(value.item() if isinstance(value, np.generic) else value)
