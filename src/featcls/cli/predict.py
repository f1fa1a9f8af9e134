"""`featcls predict`: a model on frames."""

import os
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from featcls.cli import output, tables
from featcls.cli.data_options import data_options
from featcls.cli.options import (
    abstain_option,
    command,
    hit_class_option,
    load_plugins,
    plugin_option,
)
from featcls.cli.progress import counting
from featcls.errors import UsageError

if TYPE_CHECKING:
    from featcls.dataset import Dataset
    from featcls.model import Model

BATCH = 32  # frames scored at once

Row = dict[str, Any]


@command(
    "featcls predict runs/x/model.featcls new_images/ --out rows.csv\n"
    "featcls predict runs/x/model.featcls frame.tif --json\n"
    "featcls predict runs/x/model.featcls run7.cxi --hit-class ok --out hits.lst\n"
    "featcls predict runs/x/model.featcls huge.h5 --out rows.csv --resume"
)
@click.argument("model", type=click.Path())
@click.argument("data", type=click.Path())
@click.option("--out", type=click.Path(), metavar="FILE", help="Instead of standard output.")
@click.option(
    "--format",
    "form",
    type=click.Choice(tables.FORMATS),
    help="Of the rows; lst: hits alone, for CrystFEL [default: by --out, else csv].",
)
@hit_class_option
@click.option(
    "--save-hits",
    type=click.Path(),
    metavar="FOLDER|FILE.cxi",
    help="Link hits into a folder, or write them into an HDF5 file.",
)
@click.option("--copy", is_flag=True, help="Copy the files of hits instead of linking.")
@click.option("--resume", is_flag=True, help="Go on with the rows of an interrupted call.")
@click.option(
    "-j", "--jobs", type=click.IntRange(min=1), metavar="N", help="Threads [default: the cores]."
)
@abstain_option
@data_options
@plugin_option
def predict(
    model: str,
    data: dict[str, Any],
    out: str | None,
    form: str | None,
    hit_classes: tuple[str, ...],
    save_hits: str | None,
    copy: bool,
    resume: bool,
    jobs: int | None,
    abstain: float,
    plugins: tuple[str, ...],
    as_json: bool,
) -> None:
    """Classify the frames of DATA with MODEL; one row a frame.

    DATA is a folder, an image, a stack or a manifest; labels are not needed. A row holds
    frame_id, label, p_<class> for every class, status and milliseconds; where hits are known
    (--hit-class, or the model's operating point) also hit. A frame that cannot be read is a row
    with its status, and the exit code is then 3. With --abstain, a frame that the model is not
    sure of has no label and the status abstained.

    Rows of an interrupted call are kept beside --out (csv and jsonl): --resume goes on there.
    With --json, rows are JSON lines and the last line sums up.
    """
    from featcls.cli.kept import STACKS, keeping
    from featcls.dataset import open_dataset
    from featcls.model import Model

    if as_json and (form or Path(out or "rows.jsonl").suffix[1:]) != "jsonl":
        raise UsageError(
            "with --json the rows are jsonl", "leave --json out, or name the file rows.jsonl"
        )
    if copy and save_hits is None:
        raise UsageError("--copy is for hits that are kept", "say where with --save-hits")
    form = "jsonl" if as_json else tables.form_of(form, out)
    if resume and (out is None or form not in tables.LINES):
        raise UsageError("--resume goes on with a file of csv or jsonl", "name it with --out")
    if resume and save_hits and save_hits.endswith(STACKS):
        raise UsageError(f"{save_hits} cannot be gone on with", "save hits into a folder")
    if form == "parquet" and out is None:
        raise UsageError("Parquet is no text for standard output", "name a file with --out")
    opened = Model.load(model, load_plugins(plugins))
    wanted = form == "lst" or save_hits is not None
    made = opened.rows(_hits(opened, hit_classes, wanted), abstain)
    dataset = open_dataset(data, labelled=False, plugins=plugins)
    found = Found()
    with keeping(save_hits, dataset, copy) as keep, counting(len(dataset)) as show:

        def rows(start: int = 0) -> Iterator[Row]:
            todo = Rest(dataset, start)
            for k, row in enumerate(made(todo, BATCH, jobs or os.cpu_count() or 1), start):
                if keep and row["hit"]:
                    keep(k)
                if show and k % BATCH == 0:
                    show(k)
                yield found.noted(row)

        if form == "parquet":
            tables.write_parquet(rows(), str(out), made.names)
        elif form == "lst":
            with output.writing(out) as stream:
                tables.write_hit_list(rows(), stream, dataset.root)
        elif out is None:
            sys.stdout.write(tables.header(form, made.names))
            tables.write_lines(rows(), sys.stdout, form, made.names)
        else:
            head = tables.header(form, made.names)
            same = rows_id(opened, form, hit_classes, abstain)
            with tables.resumable(out, same, resume, head) as (stream, text):
                known = tables.statuses(text, form)
                tables.check_resumed(list(known), dataset.frame_ids, out)
                found.add(known)
                tables.write_lines(rows(len(known)), stream, form, made.names)
    if as_json:
        output.emit({"frames": len(dataset), "status": dict(found.statuses), "out": out})
    remedy = "the warnings say why; mend the files"
    if data["reader"]:
        others = ", ".join(load_plugins(plugins).names("reader"))
        remedy += f", or leave --reader out; readers are {others}"
    output.leave_with_bad(found.unreadable, remedy)


class Found:
    """What became of the frames."""

    def __init__(self) -> None:
        self.statuses: Counter[str] = Counter()
        self.unreadable: list[str] = []

    def noted(self, row: Row) -> Row:
        """Note a row and return it as it is written."""
        self.add({row["frame_id"]: row["status"]})
        return {**row, "ms": None if row["ms"] is None else round(row["ms"], 3)}

    def add(self, statuses: Mapping[str, str]) -> None:
        """Note the status of frames by name."""
        self.statuses.update(statuses.values())
        self.unreadable += [name for name, status in statuses.items() if status == "unreadable"]


class Rest:
    """The frames of a data set from one of them on."""

    def __init__(self, dataset: "Dataset", start: int) -> None:
        self.dataset, self.start = dataset, start
        self.frame_ids = dataset.frame_ids[start:]

    def outcomes(self, indices: Sequence[int], n_threads: int) -> Iterator[Any]:
        """Give frames, or the errors of those that cannot be read, in order."""
        return self.dataset.outcomes([self.start + i for i in indices], n_threads)


def rows_id(model: "Model", form: str, hit_classes: tuple[str, ...], abstain: float = 0.0) -> str:
    """Name all that decides the rows of a frame: no others are gone on with."""
    from featcls.config import digest

    point = model.whole.point
    told = point.document() if point and not hit_classes else sorted(hit_classes)
    return digest([model.fingerprint, form, told, abstain])


def _hits(model: "Model", named: tuple[str, ...], wanted: bool) -> Any:
    """Return what says who is a hit, None where nobody asks."""
    from featcls.screen.hits import hits_of

    if not (named or wanted):
        return None
    return hits_of(model.classes, model.whole.point, named, model.multilabel).of
