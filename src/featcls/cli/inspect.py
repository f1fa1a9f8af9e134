"""`featcls inspect`: what a data set holds, and what is wrong with it."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from featcls.cli import output
from featcls.cli.data_options import data_options
from featcls.cli.options import command, plugin_option
from featcls.errors import DataError
from featcls.report.words import plural

if TYPE_CHECKING:
    from featcls.dataset import Dataset
    from featcls.dataset.inspection import Inspection

SHOWN = 5  # of a list
CLASSES = 20  # of them
SAMPLED = 300  # frames that bad pixels and the beam centre are found from


@command(
    "featcls inspect images/ --sheet contact.png\n"
    "featcls inspect run12.cxi --no-labels --find-mask mask.npy --find-center"
)
@click.argument("data", required=False)
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
        _show(found, more)
    output.leave_with_bad([one["frame_id"] for one in found.broken])


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


def _show(found: "Inspection", more: Mapping[str, Any]) -> None:
    from rich.table import Table
    from rich.text import Text

    from featcls.dataset.inspection import LEAK

    console = output.stdout()
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, words in _rows(found, more):
        grid.add_row(name, Text(words))
    console.print(grid)
    for warning in found.warnings:
        style = "bold red" if warning.startswith(LEAK) else "bold yellow"
        console.print(Text(f"! {warning}", style=style), soft_wrap=True)


def _rows(found: "Inspection", more: Mapping[str, Any]) -> list[tuple[str, str]]:
    rows = [
        ("frames", str(found.frames)),
        ("readers", _counts(found.readers)),
        ("shapes", _counts(found.shapes)),
        ("types", _counts(found.dtypes)),
    ]
    if found.low is not None and found.high is not None:
        rows.append(("values", f"{found.low:g} to {found.high:g} where not masked"))
    share = f"{100 * found.masked_share:.2g} % of the pixels" if found.masked_share else "nothing"
    rows.append(("masked", share))
    rows += [
        ("", f"{reason}: {plural(own['pixels'], 'pixel')} in {plural(own['frames'], 'frame')}")
        for reason, own in list(found.masked.items())[: 2 * SHOWN]
    ]
    rows.append(("geometry", _geometry(found)))
    if found.classes:
        rows.append(("classes", _counts(found.classes, CLASSES)))
    for name, own in found.splits.items():
        classes = (
            f" ({_counts(own['classes'], CLASSES)})"
            if len(found.splits) > 1 and found.classes
            else ""
        )
        rows.append((name, f"{own['frames']}{classes}"))
    if found.groups is not None:
        rows.append(("groups", str(found.groups)))
    rows += _some("leak", [_alike(one) for one in found.duplicates if len(one["splits"]) > 1])
    rows += _some("alike", [_alike(one) for one in found.duplicates if len(one["splits"]) == 1])
    rows += _some("broken", [f"{one['frame_id']}: {one['what']}" for one in found.broken])
    rows += _some("flat", found.flat)
    if bad := more.get("bad_pixels"):
        kinds = ", ".join(f"{bad[kind]} {kind}" for kind in ("hot", "warm", "dead"))
        rows.append(("bad pixels", f"{kinds} in {bad['frames']} frames; use --mask {bad['out']}"))
    if at := more.get("beam_center"):
        rows.append(("beam", _beam(at)))
    if "sheet" in more:
        rows.append(("sheet", str(more["sheet"])))
    return rows


def _counts(counts: Mapping[str, int], most: int = SHOWN) -> str:
    """Name the first few, the most frequent where they are sorted, and say how many more."""
    shown = [f"{name} {n}" for name, n in list(counts.items())[:most]]
    return ", ".join(shown) + _more(len(counts), most)


def _more(n: int, shown: int = SHOWN) -> str:
    return f" and {n - shown} more" if n > shown else ""


def _some(name: str, lines: Sequence[str]) -> list[tuple[str, str]]:
    """Rows for the first few lines, the last of which says how many more there are."""
    shown = [(name, line) for line in lines[:SHOWN]]
    return shown + [("", _more(len(lines)).strip())] * (len(lines) > SHOWN)


def _alike(one: Mapping[str, Any]) -> str:
    names = ", ".join(one["frames"][:SHOWN]) + _more(len(one["frames"]))
    where = f" in {' and '.join(one['splits'])}" if len(one["splits"]) > 1 else ""
    labels = f", labels {' and '.join(one['labels'])}" if len(one["labels"]) > 1 else ""
    return f"{names}{' (exact)' if one['exact'] else ''}{where}{labels}"


def _beam(at: Mapping[str, Any]) -> str:
    words = f"--beam-center {at['x']},{at['y']} (correlation {at['correlation']})"
    if at["sure"]:
        return words
    if at["disagreement"] is None:
        return f"{words}: do not trust it, the frames tell little"
    pixels = f"inner and outer half disagree by {at['disagreement']:g} pixels"
    return f"{words}: do not trust it, {pixels}"


def _geometry(found: "Inspection") -> str:
    if not found.geometry:
        return "none: features that need the beam take the middle of the image"
    first = found.geometry[0]
    words = []
    if first["beam_center"] is not None:
        row, col = first["beam_center"]
        words.append(f"beam at x {col:.2f}, y {row:.2f}")
    if first["pixel_size"] is not None:
        words.append(f"pixels of {1e6 * first['pixel_size']:.4g} um")
    if first["distance"] is not None:
        words.append(f"distance {1e3 * first['distance']:.5g} mm")
    if first["wavelength"] is not None:
        words.append(f"wavelength {1e10 * first['wavelength']:.5g} A")
    if len(found.geometry) > 1:
        words.append(f"{len(found.geometry)} different ones")
    if found.without_geometry:
        words.append(f"none in {plural(found.without_geometry, 'frame')}")
    return ", ".join(words)
