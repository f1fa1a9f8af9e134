"""Manifests: CSV with a row a frame."""

import csv
import os
import re
from collections.abc import Iterator

from featcls.dataset.records import Record, as_label, as_split, as_weight
from featcls.errors import DataError

NAMES = ("manifest.csv", "split.csv")
COLUMNS = ("path", "label", "split", "group", "weight")
REMEDY = "the columns are path, label and, if wanted, split, group, weight"


def read_manifest(path: str, labelled: bool) -> tuple[list[Record], list[str] | None]:
    """Read a manifest.

    Parameters
    ----------
    path : str
        CSV in UTF-8. Paths are relative to its folder; `stack.npy#3` is frame 3 of a file,
        and a file of many frames without `#` gives them all the same row. `;` stands between
        several labels. Other columns become each frame's `meta`. A first line
        `# classes: blank;weak;strong` fixes the classes and their order.
    labelled : bool
        Whether each row needs a label.

    Returns
    -------
    records : list of Record
    classes : list of str or None
        As the first line states them.

    Raises
    ------
    DataError
        Not CSV, columns or labels missing, rows twice, files that are not there, an unknown
        split or class.
    """
    lines = _lines(path)
    classes = None
    if lines and (stated := re.match(r"#\s*classes\s*:(.*)", lines[0])):
        classes = [name for part in stated[1].split(";") if (name := part.strip())]
        lines[0] = "\n"
    root = os.path.dirname(path)
    records = []
    seen: dict[str, dict[int | None, int]] = {}
    for number, row in _rows(path, lines, labelled):
        place = f"{path} line {number}"
        record = _record(row, place, root)
        lines_of = seen.setdefault(os.path.normpath(record.path), {})
        if first := _line_of(record.index, lines_of):
            raise DataError(f"{place} repeats {row['path']!r} of line {first}", "keep one row")
        lines_of[record.index] = number
        records.append(record)
    if not records:
        raise DataError(f"{path} has no row", "add a row a frame")
    _check_files(path, root, records)
    return records, classes


def _line_of(index: int | None, lines: dict[int | None, int]) -> int | None:
    """Line that has named a frame before; no index stands for all frames of the file."""
    if index is None:
        return next(iter(lines.values()), None)
    return lines.get(index) or lines.get(None)


def _lines(path: str) -> list[str]:
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            return file.readlines()
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}", "check the path") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is not text in UTF-8", "save it as CSV in UTF-8") from error


def _rows(path: str, lines: list[str], labelled: bool) -> Iterator[tuple[int, dict[str, str]]]:
    """Give the line number and the cells of each row that is not empty."""
    reader = csv.reader(lines, strict=True)
    header: list[str] = []
    try:
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if not header:
                header = [cell.strip() for cell in cells]
                _check_header(path, header, labelled)
            elif len(cells) != len(header):
                raise DataError(
                    f"{path} line {reader.line_num} has {len(cells)} cells, "
                    f"the first line {len(header)}",
                    "correct the row; quote cells that hold a comma",
                )
            else:
                yield reader.line_num, dict(zip(header, cells, strict=True))
    except csv.Error as error:
        raise DataError(f"{path} line {reader.line_num} is not CSV: {error}", REMEDY) from error
    if not header:
        raise DataError(f"{path} is empty", REMEDY)


def _check_header(path: str, header: list[str], labelled: bool) -> None:
    wanted = ("path", "label") if labelled else ("path",)
    if missing := [name for name in wanted if name not in header]:
        found = ", ".join(header)
        raise DataError(f"{path} has no column {' and '.join(missing)}, only {found}", REMEDY)
    if len(set(header)) < len(header):
        raise DataError(f"{path} has a column twice: {', '.join(header)}", "rename one of them")


def _record(row: dict[str, str], place: str, root: str) -> Record:
    path, index = _split_index(row["path"].strip(), root)
    if not path:
        raise DataError(f"{place} has no path", "give one, or leave the row out")
    label = as_label(row.get("label"))
    return Record(
        path,
        index,
        label,
        as_split(row.get("split"), place),
        row.get("group", "").strip(),
        as_weight(row.get("weight"), place),
        {name: cell for name, cell in row.items() if name not in COLUMNS},
    )


def _split_index(text: str, root: str) -> tuple[str, int | None]:
    """Take `#index` off a path, unless the file's own name ends so."""
    match = re.fullmatch(r"(.+)#(\d{1,18})", text)
    if match is None or os.path.exists(os.path.join(root, text)):
        return text, None
    return match[1], int(match[2])


def _check_files(path: str, root: str, records: list[Record]) -> None:
    names = dict.fromkeys(record.path for record in records)
    if missing := [name for name in names if not os.path.isfile(os.path.join(root, name))]:
        more = f" and {len(missing) - 3} more" if len(missing) > 3 else ""
        raise DataError(
            f"{path} names files that are not there: {', '.join(missing[:3])}{more}",
            f"paths are relative to {root or '.'}; put the files there or leave the rows out",
        )
