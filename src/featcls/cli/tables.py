"""Rows into a file, in one of several forms; some go on where they stopped."""

import csv
import io
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from featcls import atomic
from featcls.cli import output
from featcls.dataset.address import parse_address
from featcls.errors import DataError, UsageError, cannot_write

Row = dict[str, Any]

LINES = ("csv", "jsonl")  # a row a line: these go on after an interruption
FORMATS = (*LINES, "parquet", "lst")
GROUP = 10_000  # rows written to Parquet at once


def form_of(form: str | None, out: str | None) -> str:
    """Return the form of rows: as asked for, by the name of the file, or CSV."""
    if form is not None:
        return form
    ending = Path(out).suffix if out else ".csv"
    if ending[1:] not in FORMATS:
        raise UsageError(f"--out is {out}: format {ending!r} is not known", "add --format csv")
    return ending[1:]


def write_lines(rows: Iterable[Row], stream: IO[str], form: str, names: Sequence[str]) -> None:
    """Write rows as CSV (without header) or JSON lines."""
    if form == "csv":
        csv.DictWriter(stream, names, lineterminator="\n").writerows(rows)
        return
    for row in rows:
        stream.write(json.dumps(output.plain(row), allow_nan=False) + "\n")


def header(form: str, names: Sequence[str]) -> str:
    """Return what stands before the first row."""
    return _line(names) if form == "csv" else ""


def write_parquet(rows: Iterable[Row], path: str, names: Sequence[str]) -> None:
    """Write rows as Parquet, some thousand at a time."""
    try:
        import pyarrow
        import pyarrow.parquet as parquet
    except ImportError as error:
        raise UsageError("Parquet needs pyarrow", "pip install 'featcls[parquet]'") from error
    text, flag, number = pyarrow.string(), pyarrow.bool_(), pyarrow.float64()
    kinds = {"frame_id": text, "label": text, "hit": flag, "status": text}
    schema = pyarrow.schema([(name, kinds.get(name, number)) for name in names])
    try:
        with (
            atomic.unfinished(path) as temporary,
            parquet.ParquetWriter(temporary, schema) as file,
        ):
            for part in _parts(rows, GROUP):
                file.write_table(pyarrow.Table.from_pylist(part, schema=schema))
    except OSError as fault:
        raise cannot_write(path, fault) from fault


def write_hit_list(rows: Iterable[Row], stream: IO[str], root: str) -> None:
    """Write the hits as CrystFEL takes them: `file`, or `file //event`."""
    for row in rows:
        if row["hit"]:
            place = parse_address(row["frame_id"], root)
            path = os.path.join(root, place.path)
            event = f" {place.dataset}//{place.index or 0}"
            bare = place.index is None and not place.dataset
            stream.write(path + ("" if bare else event) + "\n")


@contextmanager
def resumable(out: str, rows_id: str, resume: bool, head: str) -> Iterator[tuple[IO[str], str]]:
    """Give a file that takes the name `out` at the end, and the rows that it holds already.

    After an interruption it stays beside `out` under a name of its own, which holds `rows_id`:
    the rows of another model, form or kind of hit are never gone on with.
    """
    target = Path(out)
    partial = target.with_name(f".{target.name}.{rows_id[:8]}.part")
    known = _whole_rows(partial, head) if resume and partial.exists() else ""
    try:
        atomic.refuse_special(target)
        if not known:
            partial.write_text(head, encoding="utf-8")
        with partial.open("a", encoding="utf-8", errors=output.NAMES, newline="") as stream:
            yield stream, known
        partial.replace(target)
    except OSError as fault:
        error = cannot_write(out, fault)
        if partial.exists():
            error.remedy += "; then go on with --resume"
        raise error from fault
    except KeyboardInterrupt:
        output.stderr().print("the rows so far are kept; the same command with --resume goes on")
        raise


def statuses(text: str, form: str) -> dict[str, str]:
    """Return the status of each frame in rows without header."""
    if form == "csv":
        return {row[0]: row[-2] for row in csv.reader(io.StringIO(text))}
    found = map(json.loads, text.splitlines())
    return {row["frame_id"]: row["status"] for row in found}


def check_resumed(done: Sequence[str], ids: Sequence[str], out: str) -> None:
    """Refuse to go on with rows of other frames."""
    if list(ids[: len(done)]) != list(done):
        raise DataError(
            f"the rows of {out} that are there already are of other frames",
            "leave --resume out to begin anew",
        )


def _whole_rows(path: Path, head: str) -> str:
    """Return the rows in a file behind its header, and cut off one that is there in part."""
    data = path.read_bytes()
    whole = data[: data.rfind(b"\n") + 1]
    os.truncate(path, len(whole))
    text = whole.decode("utf-8", output.NAMES)
    return text[len(head) :] if text.startswith(head) else ""


def _line(cells: Sequence[Any]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue()


def _parts(rows: Iterable[Row], n: int) -> Iterator[list[Mapping[str, Any]]]:
    part: list[Mapping[str, Any]] = []
    for row in rows:
        part.append(row)
        if len(part) == n:
            yield part
            part = []
    if part:
        yield part
