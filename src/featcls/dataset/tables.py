"""Tables of frames as they lie on disk: CSV, Parquet, and JSON of scores."""

import csv
import io
import json
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from featcls.errors import DataError

REMEDY = (
    "the columns are path, label and, if wanted, dataset, frame, split, group, weight, mask, roi"
)
THRESHOLD = 0.5  # a score of this or more is a label


class Table(NamedTuple):
    """The columns, the rows with the place of each, and the classes if the table fixes them."""

    columns: list[str]
    rows: list[tuple[str, dict[str, Any]]]
    classes: list[str] | None


def read_table(path: str) -> Table:
    """Read a table by the ending of its name.

    Raises
    ------
    DataError
        The file cannot be read or is not what its name says.
    """
    if path.lower().endswith(".parquet"):
        return _parquet(path)
    return _scores(path) if path.lower().endswith(".json") else _csv(path)


def _csv(path: str) -> Table:
    lines = list(io.StringIO(_text(path, "CSV"), newline=""))
    classes = None
    if lines and (stated := re.match(r"#\s*classes\s*:(.*)", lines[0])):
        classes = [name for part in stated[1].split(";") if (name := part.strip())]
        lines[0] = "\n"
    cells = list(_cells(path, lines))
    if not cells:
        raise DataError(f"{path} is empty", REMEDY)
    header = [cell.strip() for cell in cells[0][1]]
    rows = []
    for place, values in cells[1:]:
        if len(values) != len(header):
            raise DataError(
                f"{place} has {len(values)} cells, the first line {len(header)}",
                "correct the row; quote cells that hold a comma",
            )
        rows.append((place, dict(zip(header, values, strict=True))))
    return Table(header, rows, classes)


def _cells(path: str, lines: list[str]) -> Iterator[tuple[str, list[str]]]:
    """Give the place and the cells of each line that is not empty."""
    reader = csv.reader(lines, strict=True)
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield f"{path} line {reader.line_num}", cells
    except csv.Error as error:
        raise DataError(f"{path} line {reader.line_num} is not CSV: {error}", REMEDY) from error


def _parquet(path: str) -> Table:
    try:
        from pyarrow import ArrowException, parquet
    except ImportError as error:
        raise DataError(
            f"{path} needs pyarrow to be read", "pip install 'featcls[parquet]'"
        ) from error
    try:
        table = parquet.read_table(path)
        rows = table.to_pylist()
    except (ArrowException, OSError, ValueError) as error:
        raise DataError(f"{path} is not a Parquet table: {error}", "write it again") from error
    places = (f"{path} row {number}" for number in range(len(rows)))
    told = [{name: _plain(value) for name, value in row.items()} for row in rows]
    return Table(list(table.column_names), list(zip(places, told, strict=True)), None)


def _plain(value: Any) -> Any:
    """Write a cell as CSV has it: nothing as empty, whole numbers without a point."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value if isinstance(value, list) else str(value)


def _scores(path: str) -> Table:
    """Read `{"classes": [...], "threshold": 0.5, "frames": {path: scores or columns}}`."""
    try:
        document = json.loads(_text(path, "JSON"))
        classes = [str(name) for name in document["classes"]]
        frames = dict(document["frames"])
        threshold = float(document.get("threshold", THRESHOLD))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise DataError(
            f"{path} is not JSON of scores: {type(error).__name__} {error}",
            'write {"classes": [...], "frames": {"a.png": [0.9, 0.1], ...}}',
        ) from error
    rows = []
    for name, told in frames.items():
        row = dict(told) if isinstance(told, Mapping) else {"scores": told}
        place = f"{path} frame {name!r}"
        row["label"] = _over(row.pop("scores", None), classes, threshold, place)
        rows.append((place, {"path": name, **row}))
    columns = {column: None for _, row in rows for column in row}
    return Table(list(columns) or ["path", "label"], rows, classes)


def _over(scores: Any, classes: list[str], threshold: float, place: str) -> list[str]:
    """Return the classes whose score reaches the threshold."""
    numbers = isinstance(scores, list) and all(
        isinstance(one, int | float) and math.isfinite(one) for one in scores
    )
    if not numbers or len(scores) != len(classes):
        raise DataError(
            f"{place} has the scores {scores!r}", f"give {len(classes)} numbers, one a class"
        )
    return [name for name, score in zip(classes, scores, strict=True) if score >= threshold]


def _text(path: str, kind: str) -> str:
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            return file.read()
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}", "check the path") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is not text in UTF-8", f"save it as {kind} in UTF-8") from error
