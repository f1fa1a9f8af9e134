"""`featcls split`: who learns, who chooses, who is kept for the end, written as a manifest."""

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from featcls.cli import output
from featcls.cli.data_options import data_options
from featcls.cli.options import command, manifest_name, plugin_option, seed_option
from featcls.report.words import plural

if TYPE_CHECKING:
    from featcls.dataset import Dataset
    from featcls.dataset.duplicates import Group

SHOWN = 5  # groups of duplicates


def share_option(name: str, default: float, told: str) -> Callable[..., Any]:
    """Return the option of one split."""
    kind = click.FloatRange(0, 1, max_open=True)
    return click.option(
        name, type=kind, default=default, show_default=True, metavar="SHARE", help=told
    )


@command(
    "featcls split images/ --out manifest.csv --test 0.2 --validation 0.2\n"
    "featcls split run12.h5 --by time --no-labels --out manifest.csv"
)
@click.argument("data", type=click.Path())
@click.option(
    "--out",
    type=click.Path(dir_okay=False),
    required=True,
    callback=manifest_name,
    metavar="FILE",
    help="CSV manifest.",
)
@share_option("--test", 0.2, "Share of the frames of each class to measure the model with.")
@share_option("--validation", 0.0, "Share to choose the model by.")
@share_option("--calibration", 0.0, "Share to set a threshold on; the rest is for training.")
@seed_option
@click.option(
    "--by",
    type=click.Choice(("auto", "run", "time", "frame")),
    default="auto",
    show_default=True,
    help="What stays together: files, stretches of time within files, or nothing; auto takes "
    "DATA's own groups, else the coarsest that serves.",
)
@click.option("--no-duplicates", is_flag=True, help="Do not look for frames that show the same.")
@click.option("--no-labels", is_flag=True, help="DATA has no labels.")
@click.option("-j", "--jobs", type=click.IntRange(min=1), metavar="N", help="Threads [cores].")
@data_options
@plugin_option
def split(
    data: Any,
    out: str,
    test: float,
    validation: float,
    calibration: float,
    seed: int,
    by: str,
    no_duplicates: bool,
    no_labels: bool,
    jobs: int | None,
    plugins: tuple[str, ...],
    as_json: bool,
) -> None:
    """Divide the frames of DATA into splits and write them as a manifest.

    Each split gets its share of each class. Groups, runs and frames that show the same (found
    by what their pixels look like) stay together. Splits that DATA has are drawn anew.
    """
    from featcls.cli.progress import counting
    from featcls.dataset import open_dataset
    from featcls.dataset.duplicates import near_duplicates
    from featcls.dataset.write import write_manifest
    from featcls.splits import divide

    output.check_place(out)
    dataset = open_dataset(data, labelled=not no_labels, plugins=plugins)
    alike: list[Group] = []
    if not no_duplicates:
        with counting(len(dataset)) as progress:
            alike = near_duplicates(dataset, None, jobs or os.cpu_count() or 1, progress)
    shares = {"test": test, "validation": validation, "calibration": calibration}
    drawn, group = divide(dataset, shares, seed, by=by, alike=[one.frames for one in alike])
    write_manifest(out, dataset, split=drawn, group=group)
    if as_json:
        output.emit(_document(dataset, out, drawn, alike, group is not None))
    else:
        _show(dataset, out, drawn, alike)


def _document(
    dataset: "Dataset", out: str, drawn: Any, alike: "list[Group]", grouped: bool
) -> dict[str, Any]:
    names = dataset.frame_ids
    return {
        "out": out,
        "frames": len(dataset),
        "grouped": grouped,
        "splits": {name: _counts(dataset, drawn == name) for name in sorted(set(drawn))},
        "duplicates": [
            {"frames": [names[i] for i in one.frames], "exact": one.exact} for one in alike
        ],
        "duplicates_of_other_labels": [
            [names[i] for i in one.frames] for one in alike if _conflict(dataset, one)
        ],
    }


def _counts(dataset: "Dataset", own: Any) -> dict[str, int]:
    return {"frames": int(own.sum()), **dataset.class_counts(own.nonzero()[0])}


def _conflict(dataset: "Dataset", one: "Group") -> bool:
    """Say whether frames that show the same have different labels."""
    if dataset.y is None:
        return False
    return bool((dataset.y[one.frames] != dataset.y[one.frames[0]]).any())


def _show(dataset: "Dataset", out: str, drawn: Any, alike: "list[Group]") -> None:
    console = output.stdout()
    table = output.table("split", "frames", *dataset.classes)
    for name in ("train", "validation", "calibration", "test"):
        if (own := drawn == name).any():
            table.add_row(name, *map(str, _counts(dataset, own).values()))
    console.print(table)
    exact = sum(one.exact for one in alike)
    if alike:
        console.print(f"{plural(len(alike), 'group')} of frames that show the same, {exact} exact")
        for one in alike[:SHOWN]:
            names = ", ".join(dataset.frame_ids[i] for i in one.frames[:SHOWN])
            other = " (with different labels)" if _conflict(dataset, one) else ""
            console.print(f"  {names}{', ...' * (len(one.frames) > SHOWN)}{other}")
    console.print(f"{out}: {plural(len(dataset), 'frame')}")
