"""Manifests: a table with a row a frame."""

import os
import re
from collections.abc import Mapping
from typing import Any

from featcls.dataset.address import Address, parse_address
from featcls.dataset.records import NOTHING, Record, as_label, as_roi, as_split, as_weight
from featcls.dataset.tables import REMEDY, Table, read_table
from featcls.errors import DataError

NAMES = ("manifest.csv", "manifest.parquet", "manifest.json", "split.csv")
ENDINGS = (".csv", ".parquet", ".json")
PATH = ("path", "source")  # either names the file
COLUMNS = (*PATH, "dataset", "frame", "label", "split", "group", "weight", "mask", "roi")


def read_manifest(path: str, labelled: bool) -> tuple[list[Record], list[str] | None]:
    """Read a manifest.

    Parameters
    ----------
    path : str
        CSV in UTF-8, Parquet, or JSON of scores. The column `path` (or `source`) names a frame
        in any form of `parse_address`, relative to the manifest's folder, and `dataset` and
        `frame` say the rest where it names a file alone; a file of many frames without an index
        gives them all the same row. `;` stands between several labels. `mask` is the address
        of a mask file and `roi` a region `row0:row1,col0:col1`. Columns that are not known
        become each frame's `meta`. A first line `# classes: blank;weak;strong` of a CSV fixes
        the classes and their order.
    labelled : bool
        Whether each row needs a label.

    Returns
    -------
    records : list of Record
    classes : list of str or None
        As the manifest states them.

    Raises
    ------
    DataError
        Not such a table, columns or labels missing, rows twice, files that are not there, an
        unknown split or class.
    """
    table = read_table(path)
    column = _check_columns(path, table, labelled)
    root = os.path.dirname(path)
    records = []
    seen: dict[tuple[Any, ...], dict[int | None, str]] = {}
    for place, row in table.rows:
        record = _record(row, column, place, root)
        key = os.path.normpath(record.path), record.dataset, record.roi
        places = seen.setdefault(key, {})
        if first := _named_before(record.index, places):
            raise DataError(f"{place} repeats {row[column]!r} of {_short(first)}", "keep one row")
        places[record.index] = place
        records.append(record)
    if not records:
        raise DataError(f"{path} has no row", "add a row a frame")
    _check_files(path, root, records)
    return records, table.classes


def _named_before(index: int | None, places: dict[int | None, str]) -> str | None:
    """Place that has named a frame before; no index stands for all frames of the file."""
    if index is None:
        return next(iter(places.values()), None)
    return places.get(index) or places.get(None)


def _short(place: str) -> str:
    """Return `line 3` of `a/b.csv line 3`."""
    return " ".join(place.rsplit(" ", 2)[1:])


def _check_columns(path: str, table: Table, labelled: bool) -> str:
    """Return the name of the column of paths."""
    columns = table.columns
    named = [name for name in PATH if name in columns]
    missing = [] if named else ["path"]
    missing += ["label"] if labelled and "label" not in columns else []
    if missing:
        found = ", ".join(columns)
        raise DataError(f"{path} has no column {' and '.join(missing)}, only {found}", REMEDY)
    if len(set(columns)) < len(columns):
        raise DataError(f"{path} has a column twice: {', '.join(columns)}", "rename one of them")
    if len(named) > 1:
        raise DataError(f"{path} has the columns path and source", "keep one of them")
    return named[0]


def _record(row: Mapping[str, Any], column: str, place: str, root: str) -> Record:
    address = _address(row, column, place, root)
    extra = {name: cell for name, cell in row.items() if name not in COLUMNS}
    return Record(
        address.path,
        address.index,
        as_label(row.get("label")),
        as_split(row.get("split"), place),
        str(row.get("group", "")).strip(),
        as_weight(row.get("weight"), place),
        extra or NOTHING,
        dataset=address.dataset,
        roi=as_roi(row.get("roi"), place),
        mask=str(row.get("mask", "")).strip(),
    )


def _address(row: Mapping[str, Any], column: str, place: str, root: str) -> Address:
    """Join what the path says with the columns `dataset` and `frame`."""
    text = str(row[column]).strip()
    if not text:
        raise DataError(f"{place} has no path", "give one, or leave the row out")
    try:
        address = parse_address(text, root)
    except DataError as error:
        raise DataError(f"{place}: {error.message}", error.remedy) from error
    dataset = str(row.get("dataset", "")).strip()
    frame = str(row.get("frame", "")).strip()
    if not re.fullmatch(r"\d{0,18}", frame):
        raise DataError(f"{place}: frame is {frame!r}", "give the index of a frame, from 0")
    index = int(frame) if frame else None
    if (dataset and address.dataset) or (frame and address.index is not None):
        raise DataError(
            f"{place}: {text!r} and a column both say where in the file", "keep one of them"
        )
    return Address(
        address.path, dataset or address.dataset, address.index if index is None else index
    )


def _check_files(path: str, root: str, records: list[Record]) -> None:
    names = dict.fromkeys(record.path for record in records)
    masks = dict.fromkeys(record.mask for record in records if record.mask)
    names |= dict.fromkeys(parse_address(mask, root).path for mask in masks)
    if missing := [name for name in names if not os.path.exists(os.path.join(root, name))]:
        more = f" and {len(missing) - 3} more" if len(missing) > 3 else ""
        raise DataError(
            f"{path} names files that are not there: {', '.join(missing[:3])}{more}",
            f"paths are relative to {root or '.'}; put the files there or leave the rows out",
        )
