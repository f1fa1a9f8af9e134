"""`featcls explain`: pictures of why a model says what it says."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from featcls.cli import output
from featcls.cli.data_options import data_options
from featcls.cli.options import command, load_plugins, plugin_option
from featcls.errors import DataError, UsageError, unknown

if TYPE_CHECKING:
    from featcls.dataset import Dataset
    from featcls.frame import Frame
    from featcls.model import Model

SHOWN = 10  # features of a table


@command(
    "featcls explain runs/x/model.featcls images/ --out pictures\n"
    "featcls explain runs/x/model.featcls images/ --kind importance --limit 200"
)
@click.argument("model", type=click.Path())
@click.argument("data", type=click.Path())
@click.option(
    "--kind",
    help="gradcam, saliency (networks), occlusion (all), tsne, importance (features) "
    "[default: gradcam or occlusion].",
)
@click.option("--label", metavar="CLASS", help="Explain this class [default: the predicted one].")
@click.option("--limit", type=click.IntRange(1), default=12, show_default=True, help="Frames.")
@click.option(
    "--out", type=click.Path(), default="explained", show_default=True, help="Folder for PNG."
)
@data_options
@plugin_option
def explain(
    model: str,
    data: dict[str, Any],
    kind: str | None,
    label: str | None,
    limit: int,
    out: str,
    plugins: tuple[str, ...],
    as_json: bool,
) -> None:
    """Draw why MODEL says what it says of the frames of DATA.

    A map stands beside each frame: orange speaks for its label, blue against it. Below stand the
    label, its score, and the frame. `gradcam` is
    Grad-CAM++, `saliency` the pixels to which the loss is most sensitive, `occlusion` how far the
    score falls where a patch is masked. `tsne` puts frames side by side that look alike to the
    model, in the colours of their labels, `importance` lists how far shuffling each feature
    lowers the scores.
    """
    from featcls.dataset import open_dataset
    from featcls.model import Model
    from featcls.model.explain import kinds
    from featcls.report.pictures import write_maps, write_plane

    opened = Model.load(model, load_plugins(plugins))
    frames = _some(open_dataset(data, labelled=False, plugins=plugins), limit)
    if kind == "importance":
        _importance(opened, frames, as_json)
        return
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    if kind == "tsne":
        written = [write_plane(opened, frames, folder)]
    else:
        scores = opened.predict_scores(frames)
        codes = _codes(opened.classes, scores, label)
        shown = kind or kinds(opened)[0]
        words = [
            (f"{shown}: {opened.classes[code]}, score {row[code]:.3f}", frame.frame_id)
            for frame, code, row in zip(frames, codes, scores, strict=True)
        ]
        written = write_maps(opened, frames, shown, codes, folder, words)
    names = [str(path) for path in written]
    if as_json:
        output.emit({"files": names})
    else:
        output.stdout().print("\n".join(names), markup=False, highlight=False)


def _some(dataset: "Dataset", limit: int) -> "list[Frame]":
    """Return at most so many frames, evenly spaced, those that can be read."""
    import numpy as np

    bad = dataset.bad_frames()
    good = [i for i in range(len(dataset)) if i not in bad]
    if not good:
        raise DataError("no frame can be read")
    picked = np.unique(np.linspace(0, len(good) - 1, limit).astype(int))
    return [dataset.frame(good[k]) for k in picked]


def _codes(classes: Sequence[str], scores: Any, label: str | None) -> list[int]:
    """Return the class to explain of each frame."""
    if label is None:
        return [int(code) for code in scores.argmax(axis=1)]
    if label not in classes:
        raise UsageError(unknown("class", label, classes))
    return [classes.index(label)] * len(scores)


def _importance(model: "Model", frames: "list[Frame]", as_json: bool) -> None:
    from featcls.model.explain import importance

    found = importance(model, frames)
    if as_json:
        output.emit({"importance": [{"feature": n, "fall": v} for n, v in found]})
        return
    table = output.table("feature", "fall of the score")
    for name, value in found[:SHOWN]:
        table.add_row(name, f"{value:.4f}")
    output.stdout().print(table)
