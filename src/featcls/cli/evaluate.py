"""`featcls evaluate`: how good a model is on labelled frames."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from featcls.cli import output
from featcls.cli.data_options import data_options
from featcls.cli.options import command, load_plugins, plugin_option
from featcls.errors import DataError
from featcls.report.classes import mistakes
from featcls.report.words import between, figure, metric_name, plural

if TYPE_CHECKING:
    from featcls.dataset import Dataset

SPLITS = ("test", "train", "validation", "calibration", "all")
BATCH = 32  # frames held at once
WIDE = 10  # classes of a confusion matrix that a screen has room for

log = logging.getLogger(__name__)


@command("featcls evaluate runs/x/model.featcls images/ --split test")
@click.argument("model", type=click.Path())
@click.argument("data", type=click.Path())
@click.option(
    "--split",
    type=click.Choice(SPLITS),
    default="test",
    show_default=True,
    help="Which rows of DATA.",
)
@click.option(
    "--abstain",
    type=click.FloatRange(0, 1),
    metavar="P",
    help="Also say what is left where the best score is P or more.",
)
@data_options
@plugin_option
def evaluate(
    model: str,
    data: dict[str, Any],
    split: str,
    abstain: float | None,
    plugins: tuple[str, ...],
    as_json: bool,
) -> None:
    """Measure MODEL on the labelled frames of DATA.

    Prints metrics with 95 % intervals, the figures of each class and the confusion matrix; for
    several labels how often the model gives those that exclude one another (DATA.exclusive); at
    the model's operating point, what is lost and what is kept.
    """
    import numpy as np

    from featcls.dataset import open_dataset
    from featcls.evaluate import report
    from featcls.evaluate.coverage import coverage
    from featcls.evaluate.exclusive import exclusive_groups
    from featcls.model import Model
    from featcls.operating_point import realised

    opened = Model.load(model, load_plugins(plugins))
    dataset = open_dataset(data, classes=opened.classes, plugins=plugins)
    indices = frames_of(dataset, split, opened.info)
    bad = dataset.bad_frames()
    good = [i for i in indices if i not in bad]
    if not good:
        raise DataError(f"none of the {len(indices)} frames of split {split} can be read")
    parts = [good[i : i + BATCH] for i in range(0, len(good), BATCH)]
    scores = np.concatenate([opened.predict_scores(dataset.frames(part)) for part in parts])
    y = _labels(dataset, opened.multilabel)[good]
    groups = exclusive_groups(data["source"], dataset.classes)
    wanted = opened.info.get("metric")
    result = report(scores, y, dataset.classes, metric=wanted, exclusive=groups)
    if (point := opened.whole.point) is not None:
        result["operating_point"] = realised(point, scores, y, dataset.classes)
    if abstain is not None:
        result["abstain"] = coverage(scores, y, dataset.classes, abstain)
    own = opened.info.get("dataset_id") == dataset.dataset_id
    if own and split == "test":
        _remember_look(Path(model).parent)
    elif own and split in ("all", *opened.info.get("fitted_on", ["train"])):
        log.warning("the model was fitted on some of these frames: it does better on them")
    left_out = [dataset.frame_ids[i] for i in indices if i in bad]
    if as_json:
        output.emit({"split": split, "bad_frames": left_out, **result})
    else:
        show(result, f"{plural(len(good), 'frame')}, split {split}")
    output.leave_with_bad(left_out)


def frames_of(dataset: "Dataset", split: str, info: Mapping[str, Any]) -> list[int]:
    """Return the frames of a split, which may be one that the search drew.

    Raises
    ------
    DataError
        There is no such split.
    """
    import numpy as np

    from featcls.splits import assign_splits

    if split == "all":
        return list(range(len(dataset)))
    found = np.flatnonzero(dataset.split == split)
    own = info.get("dataset_id") == dataset.dataset_id
    if own and "test_size" in info:
        roles = assign_splits(dataset, info["test_size"], info.get("calibration_size", 0.0))
        found = getattr(roles, split)
    if not len(found):
        raise DataError(
            f"the data has no split {split!r}, and is not what the model's search drew one from",
            "take all of its frames with --split all, if none of them were used for fitting",
        )
    return [int(i) for i in found]


def show(result: Mapping[str, Any], title: str) -> None:
    """Print what `featcls.evaluate.report` gives."""
    console = output.stdout()
    console.print(title, style="bold")
    metrics = output.table("metric", "value", "95 % interval")
    for name, value in result["metrics"].items():
        interval = between(name, result["intervals"].get(name))
        metrics.add_row(metric_name(name), figure(name, value), interval)
    console.print(metrics)
    classes = output.table("class", "frames", "precision", "recall", "95 % interval", "F1")
    for row in result["per_class"]:
        shares = [figure("", row[key]) for key in ("precision", "recall")]
        interval = between("", row["recall_interval"])
        classes.add_row(row["class"], str(row["n"]), *shares, interval, figure("", row["f1"]))
    console.print("")
    console.print(classes)
    for row in result.get("exclusivity", ()):
        console.print(
            f"\nmore than one of {', '.join(row['labels'])}: {plural(row['predicted'], 'frame')} "
            f"by the model, {row['labelled']} by the labels"
        )
    if point := result.get("operating_point"):
        console.print(
            f"\nat the operating point {point['lost']} of {plural(point['hits'], 'hit')} lost, "
            f"{figure('', point['reduction'])} of the frames not kept"
        )
    if left := result.get("abstain"):
        _show_coverage(left)
    if result.get("confusion"):
        console.print("")
        console.print(_confusion(result["classes"], result["confusion"]))


def _show_coverage(left: Mapping[str, Any]) -> None:
    """Print what `featcls.evaluate.coverage` gives."""
    console = output.stdout()
    share = {name: figure("", left[name]) for name in ("covered", "accuracy")}
    console.print(
        f"\nbest score of {left['least']:g} or more: {share['covered']} of the frames, "
        f"{share['accuracy']} of them right ({between('', left['interval'])})"
    )
    table = output.table("class", "frames", "covered", "right")
    for row in left["per_class"]:
        shares = [figure("", row[key]) for key in ("covered", "right")]
        table.add_row(row["class"], str(row["n"]), *shares)
    console.print(table)


def _confusion(names: Sequence[str], counts: Sequence[Sequence[int]]) -> Any:
    """Return the matrix, or where it is too wide its largest mistakes."""
    if len(names) <= WIDE:
        heads = [str(k + 1) for k in range(len(names))]
        made = output.table("true class", "", *heads, title="columns: what the model says")
        for column in made.columns[1:]:
            column.justify = "right"
        for head, name, row in zip(heads, names, counts, strict=True):
            made.add_row(name, head, *(str(n) if n else "." for n in row))
        return made
    made = output.table("true", "said", "frames", title="most frequent mistakes")
    for n, true, said in mistakes(names, counts)[:WIDE]:
        made.add_row(true, said, str(n))
    return made


def _labels(dataset: "Dataset", multilabel: bool) -> Any:
    """Return the labels; as an indicator matrix where the model knows several a frame."""
    import numpy as np

    assert dataset.y is not None
    if multilabel and dataset.y.ndim == 1:
        return np.eye(len(dataset.classes), dtype=np.uint8)[dataset.y]
    return dataset.y


def _remember_look(folder: Path) -> None:
    """Write down in the model's run that its test split was looked at again."""
    from featcls.search import Run
    from featcls.search.store import now

    if (folder / "run.json").exists():
        run = Run.open(folder)
        run.save(test_looks=[*run.info["test_looks"], now()])
