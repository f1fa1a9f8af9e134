"""`featcls inspect`: what a data set holds, and what is wrong with it."""

import os
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from featcls.cli import inspected, output
from featcls.cli.data_options import data_options
from featcls.cli.options import command, plugin_option
from featcls.errors import DataError

if TYPE_CHECKING:
    from featcls.dataset import Dataset
    from featcls.dataset.inspection import Inspection

SAMPLED = 300  # frames that bad pixels and the beam centre are found from


@command(
    "featcls inspect images/ --sheet contact.png\n"
    "featcls inspect run12.cxi --no-labels --find-mask mask.npy --find-center"
)
@click.argument("data", type=click.Path(), required=False)
@click.option(
    "--sheet",
    type=click.Path(dir_okay=False),
    metavar="FILE",
    help="Write a PNG with some frames of each class; masked pixels are red.",
)
@click.option(
    "--find-mask",
    type=click.Path(dir_okay=False),
    metavar="FILE",
    help="Find hot, warm and dead pixels and write them as .npy for --mask.",
)
@click.option("--find-center", is_flag=True, help="Estimate the beam centre from the frames.")
@click.option("--no-duplicates", is_flag=True, help="Do not look for frames that show the same.")
@click.option("--no-labels", is_flag=True, help="DATA has no labels.")
@click.option("-j", "--jobs", type=click.IntRange(min=1), metavar="N", help="Threads [cores].")
@data_options
@plugin_option
def inspect(
    data: dict[str, Any] | None,
    sheet: str | None,
    find_mask: str | None,
    find_center: bool,
    no_duplicates: bool,
    no_labels: bool,
    jobs: int | None,
    plugins: tuple[str, ...],
    as_json: bool,
) -> None:
    """Read every frame of DATA once and say what is there and what is wrong with it.

    Formats, shapes, values, masks with their reasons, geometry, labels, splits, groups, frames
    that show the same (and leak from one split to another), broken frames. Exit code 3 where
    frames cannot be read.
    """
    from featcls.cli.progress import counting
    from featcls.dataset.inspection import inspect as look

    for path in filter(None, (sheet, find_mask)):
        output.check_place(path)
    dataset, unlabelled = _opened(data, no_labels, plugins)
    threads = jobs or os.cpu_count() or 1
    with counting(len(dataset)) as progress:
        found = look(dataset, duplicates=not no_duplicates, n_threads=threads, progress=progress)
    if unlabelled:
        found.warnings.append(f"no labels: {unlabelled}")
    more: dict[str, Any] = {}
    if sheet is not None:
        from featcls.dataset.contact_sheet import write_contact_sheet

        write_contact_sheet(sheet, dataset)
        more["sheet"] = sheet
    if find_mask is not None:
        more["bad_pixels"] = {**_find_mask(dataset, find_mask, found), "out": find_mask}
    if find_center:
        more["beam_center"] = _find_center(dataset, found)
    if as_json:
        output.emit({**asdict(found), **more})
    else:
        inspected.show(found, more)
    names = [one["frame_id"] for one in found.broken]
    output.leave_with_bad(names, "mend the files or leave them out")


def _opened(
    data: dict[str, Any] | None, no_labels: bool, plugins: tuple[str, ...]
) -> "tuple[Dataset, str]":
    """Open the data with its labels, or without where it has none and say why."""
    from featcls.dataset import open_dataset

    spec = data or {"reader": "simulate"}
    if no_labels:
        return open_dataset(spec, labelled=False, plugins=plugins), ""
    try:
        return open_dataset(spec, plugins=plugins), ""
    except DataError as error:
        return open_dataset(spec, labelled=False, plugins=plugins), error.message


def _sampled(dataset: "Dataset", found: "Inspection") -> Any:
    """Frames spread over the data set, those that cannot be read left out."""
    broken = {one["frame_id"] for one in found.broken}
    good = [i for i, name in enumerate(dataset.frame_ids) if name not in broken]
    step = -(-len(good) // SAMPLED) or 1
    return dataset.frames(good[::step])


def _find_mask(dataset: "Dataset", path: str, found: "Inspection") -> dict[str, int]:
    import numpy as np

    from featcls import atomic
    from featcls.detector.bad_pixels import find_bad_pixels

    bad = find_bad_pixels(_sampled(dataset, found))
    with atomic.unfinished(path) as temporary, open(temporary, "wb") as file:
        np.save(file, bad.mask.astype(np.uint8))
    return {**bad.counts(), "frames": bad.n_frames}


def _find_center(dataset: "Dataset", found: "Inspection") -> dict[str, Any]:
    from featcls.detector.beam import estimate_center

    center = estimate_center(_sampled(dataset, found))
    row, col = center.position
    return {
        "x": round(col, 2),
        "y": round(row, 2),
        "correlation": round(center.correlation, 3),
        "disagreement": round(center.disagreement, 1) if center.disagreement < 1e9 else None,
        "sure": center.sure,
    }
