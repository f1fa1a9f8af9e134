"""`featcls predict`: a model on frames."""

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any

import click

from featcls.cli import output
from featcls.cli.data_options import data_options
from featcls.cli.options import command, load_plugins, plugin_option
from featcls.errors import UsageError

Row = dict[str, Any]


@command(
    "featcls predict runs/x/model.featcls new_images/ --out rows.csv\n"
    "featcls predict runs/x/model.featcls frame.tif --json"
)
@click.argument("model", type=click.Path())
@click.argument("data")
@click.option("--out", type=click.Path(), metavar="FILE", help="Instead of standard output.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["csv", "jsonl"]),
    help="Of the rows [default: by the name of --out, else csv].",
)
@data_options
@plugin_option
def predict(
    model: str,
    data: dict[str, Any],
    out: str | None,
    form: str | None,
    plugins: tuple[str, ...],
    as_json: bool,
) -> None:
    """Classify the frames of DATA with MODEL; one row a frame.

    DATA is a folder, an image, a stack or a manifest; labels are not needed. A row holds
    frame_id, label, p_<class> for every class, status and milliseconds; where the model has an
    operating point also hit. A frame that cannot be read is a row with its status, and the exit
    code is then 3.

    With --json, rows are JSON lines and the last line sums up.
    """
    from featcls.dataset import open_dataset
    from featcls.model import Model

    form = "jsonl" if as_json else _format(form, out)
    opened = Model.load(model, load_plugins(plugins))
    dataset = open_dataset(data, labelled=False, plugins=plugins)
    found: dict[str, list[str]] = {}
    rows = _noted(opened.predict_rows(dataset), found)
    with output.writing(out) as stream:
        FORMATS[form](rows, stream, opened.row_names)
    if as_json:
        counts = {status: len(names) for status, names in found.items()}
        output.emit({"frames": len(dataset), "status": counts, "out": out})
    output.leave_with_bad(found.get("unreadable", []))


def _format(form: str | None, out: str | None) -> str:
    if form is not None:
        return form
    ending = Path(out).suffix if out else ".csv"
    if ending not in (".csv", ".jsonl"):
        raise UsageError(f"--out is {out}: format {ending!r} is not known", "add --format csv")
    return ending[1:]


def _noted(rows: Iterable[Row], found: dict[str, list[str]]) -> Iterator[Row]:
    """Pass rows on, noting the frames of each status."""
    for row in rows:
        found.setdefault(row["status"], []).append(row["frame_id"])
        yield {**row, "ms": None if row["ms"] is None else round(row["ms"], 3)}


def _write_csv(rows: Iterable[Row], stream: IO[str], names: Sequence[str]) -> None:
    writer = csv.DictWriter(stream, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)


def _write_jsonl(rows: Iterable[Row], stream: IO[str], names: Sequence[str]) -> None:
    for row in rows:
        stream.write(json.dumps(output.plain(row), allow_nan=False) + "\n")


FORMATS: dict[str, Callable[[Iterable[Row], IO[str], Sequence[str]], None]] = {
    "csv": _write_csv,
    "jsonl": _write_jsonl,
}
