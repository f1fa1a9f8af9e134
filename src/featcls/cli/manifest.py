"""`featcls manifest`: write down what is there, with labels that exist already."""

import os
from typing import TYPE_CHECKING, Any

import click

from featcls.cli import output
from featcls.cli.data_options import data_options
from featcls.cli.options import command, manifest_name, plugin_option
from featcls.errors import DataError, UsageError
from featcls.report.words import plural

if TYPE_CHECKING:
    from featcls.dataset import Dataset
    from featcls.dataset.labelling import Rule


@command(
    "featcls manifest run12.cxi --hits run12.stream --out manifest.csv\n"
    "featcls manifest r0027_2000.h5 --hits expert_annotation.txt --out r0027.csv\n"
    "featcls manifest frames/ --spots --sigma-strong 6 --out manifest.csv"
)
@click.argument("data", type=click.Path())
@click.option(
    "--hits",
    multiple=True,
    type=click.Path(),
    metavar="FILE",
    help="CrystFEL .stream or .lst, frames.txt of Cheetah or OM, Ke's expert or DIALS text, "
    "or a file with nPeaks; may be repeated.",
)
@click.option("--spots", is_flag=True, help="Count the spots of each frame instead.")
@click.option(
    "--hit",
    type=click.IntRange(min=1),
    default=10,
    show_default=True,
    metavar="N",
    help="Spots from which on a frame is a hit.",
)
@click.option(
    "--maybe",
    type=click.IntRange(min=0),
    default=4,
    show_default=True,
    metavar="N",
    help="Spots from which on it may be one; 0 leaves maybe out.",
)
@click.option("--gain", type=float, default=1.0, show_default=True, help="Units for a photon.")
@click.option(
    "--global-threshold",
    type=float,
    default=0.0,
    show_default=True,
    help="What a pixel of a spot exceeds.",
)
@click.option(
    "--sigma-background",
    type=float,
    default=6.0,
    show_default=True,
    help="How far windows of spots vary more than by counting.",
)
@click.option(
    "--sigma-strong",
    type=float,
    default=3.0,
    show_default=True,
    help="How far a pixel of a spot stands above its background.",
)
@click.option("--min-spot-size", type=int, default=2, show_default=True, help="In pixels.")
@click.option("--max-spot-size", type=int, default=1000, show_default=True, help="In pixels.")
@click.option("-j", "--jobs", type=click.IntRange(min=1), metavar="N", help="Threads [cores].")
@click.option(
    "--out",
    type=click.Path(dir_okay=False),
    default="manifest.csv",
    callback=manifest_name,
    show_default=True,
    metavar="FILE",
    help="A CSV manifest; its paths are relative to its folder.",
)
@data_options
@plugin_option
@click.pass_context
def manifest(
    ctx: click.Context,
    /,
    data: Any,
    hits: tuple[str, ...],
    spots: bool,
    hit: int,
    maybe: int,
    jobs: int | None,
    out: str,
    plugins: tuple[str, ...],
    as_json: bool,
    **parameters: Any,
) -> None:
    """Write a manifest of the frames of DATA with their labels.

    Labels come from hit lists, from counted spots (10 or more are a hit, 4 to 9 maybe, as in
    Ke et al. 2018), or else from DATA itself. Frames of one file are one group, where DATA has
    several files of several frames.
    """
    from featcls.dataset import open_dataset
    from featcls.dataset.labelling import Rule
    from featcls.dataset.write import write_manifest

    if hits and spots:
        raise UsageError("--hits and --spots are given", "choose one of them")
    if maybe > hit:
        raise UsageError(f"--maybe is {maybe}, --hit {hit}", "a hit has more spots")
    output.check_place(out)
    rule = Rule(hit, maybe or hit)
    labelled = not (hits or spots)
    dataset = open_dataset(data, labelled=labelled, plugins=plugins)
    labels: list[str | None] | None = None
    bad: list[int] = []
    if hits:
        labels = _from_lists(dataset, hits, rule)
    elif spots:
        labels, bad = _from_spots(dataset, parameters, rule, jobs)
    chosen = [i for i in range(len(dataset)) if labels is None or labels[i] is not None]
    if not chosen:
        raise DataError("no frame has a label", "check that the list belongs to the data")
    write_manifest(out, dataset, indices=chosen, label=labels, group=_runs(dataset))
    counts = _counts(dataset, labels)
    left_out = len(dataset) - len(chosen) - len(bad)
    if as_json:
        found = {"out": out, "frames": len(chosen), "labels": counts}
        names = [dataset.frame_ids[i] for i in bad]
        output.emit({**found, "without_label": left_out, "bad_frames": names})
    else:
        words = ", ".join(f"{n} {name}" for name, n in counts.items())
        rest = f"; {left_out} without a label left out" if left_out else ""
        click.echo(f"{out}: {plural(len(chosen), 'frame')}: {words}{rest}")
    output.leave_with_bad([dataset.frame_ids[i] for i in bad])


def _from_lists(dataset: "Dataset", hits: tuple[str, ...], rule: "Rule") -> list[str | None]:
    from featcls.dataset.hitlists import read_hits
    from featcls.dataset.labelling import labels_from

    return labels_from(dataset, [read_hits(path) for path in hits], rule)


def _from_spots(
    dataset: "Dataset", parameters: dict[str, Any], rule: "Rule", jobs: int | None
) -> tuple[list[str | None], list[int]]:
    """Return labels, and the frames that cannot be read."""
    from featcls.cli.progress import counting
    from featcls.dataset.labelling import labels_by_spots
    from featcls.extractors.spots import Spots

    threads = jobs or os.cpu_count() or 1
    with counting(len(dataset)) as progress:
        labels, counts = labels_by_spots(dataset, Spots(**parameters), rule, threads, progress)
    return labels, [i for i, n in enumerate(counts) if n < 0]


def _runs(dataset: "Dataset") -> list[str] | None:
    """Return the file of each frame as its group, where there are several and no groups."""
    if dataset.group is not None or len(set(dataset.runs.tolist()) - {-1}) < 2:
        return None
    return [
        record.path if run >= 0 else ""
        for record, run in zip(dataset.records, dataset.runs, strict=True)
    ]


def _counts(dataset: "Dataset", labels: list[str | None] | None) -> dict[str, int]:
    from collections import Counter

    if labels is None:
        return dataset.class_counts()
    return dict(sorted(Counter(label for label in labels if label is not None).items()))
