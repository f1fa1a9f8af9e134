"""`featcls extract`: the feature table of a config or a model."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from featcls.cli import output
from featcls.cli.data_options import data_options
from featcls.cli.fit import read_config
from featcls.cli.options import command, load_plugins, plugin_option
from featcls.errors import DataError, UsageError
from featcls.report.words import plural

if TYPE_CHECKING:
    from featcls.dataset import Dataset
    from featcls.pipeline import Fitted
    from featcls.plugins import Registry

BATCH = 32  # frames held at once
ENDINGS = (".csv", ".npz")


@command(
    "featcls extract runs/x/model.featcls images/ --out features.csv\n"
    "featcls extract config.toml images/ --out features.npz --no-labels"
)
@click.argument("what", metavar="CONFIG|MODEL", type=click.Path())
@click.argument("data", type=click.Path())
@click.option(
    "--out",
    type=click.Path(),
    required=True,
    metavar="FILE",
    help="features.csv, or features.npz with features, feature_names, frame_ids and labels.",
)
@click.option("--no-labels", is_flag=True, help="DATA has no labels.")
@data_options
@plugin_option
def extract(
    what: str,
    data: dict[str, Any],
    out: str,
    no_labels: bool,
    plugins: tuple[str, ...],
    as_json: bool,
) -> None:
    """Write the feature table of DATA: a row a frame, a column a feature, unscaled.

    A CONFIG needs no classifier here. One that learns from images (a SIFT codebook, a fitted
    range) has to be fitted first: give the MODEL then.
    """
    import numpy as np

    from featcls.dataset import open_dataset

    if Path(out).suffix not in ENDINGS:
        raise UsageError(f"--out is {out}", f"end it in {' or '.join(ENDINGS)}")
    output.check_place(out)
    installed = load_plugins(plugins)
    fitted = _fitted(what, installed)
    dataset = open_dataset(data, labelled=not no_labels, plugins=plugins)
    bad = sorted(dataset.bad_frames())
    good = [i for i in range(len(dataset)) if i not in set(bad)]
    if not good:
        raise DataError(f"none of {plural(len(bad), 'frame')} can be read", "check the files")
    parts = [good[i : i + BATCH] for i in range(0, len(good), BATCH)]
    table = np.concatenate(
        [fitted.features(list(dataset.frames(part)), installed) for part in parts]
    )
    names = [dataset.frame_ids[i] for i in good]
    labels = [] if no_labels else [_label(dataset, i) for i in good]
    with output.writing(out, binary=out.endswith(".npz")) as stream:
        if out.endswith(".npz"):
            columns: dict[str, Any] = {"features": table, "frame_ids": np.array(names)}
            columns["feature_names"] = np.array(fitted.feature_names)
            columns |= {} if no_labels else {"labels": np.array(labels)}
            np.savez(stream, **columns)
        else:
            _write_csv(stream, fitted.feature_names, names, labels, table)
    if as_json:
        output.emit({"out": out, "frames": len(good), "features": len(fitted.feature_names)})
    else:
        width = plural(len(fitted.feature_names), "feature")
        click.echo(f"{out}: {plural(len(good), 'frame')}, {width}")
    output.leave_with_bad([dataset.frame_ids[i] for i in bad])


def _fitted(what: str, installed: "Registry") -> "Fitted":
    """Return what turns frames into vectors: a model's pipeline, or that of a plain config."""
    from featcls.config import canonical
    from featcls.model import Model
    from featcls.pipeline import Fitted, branches, feature_names, needs_fit

    if not what.endswith((".json", ".toml")):
        return Model.load(what, installed).fitted
    config: Mapping[str, Any] = {"classifier": "knn", **read_config(what)}  # any would do
    document = canonical(config, installed.space_of)
    parts = branches(document, installed)
    extractors = [branch.extractor for branch in parts]
    if any(b.extractor.fitted or needs_fit(b.chain, installed) for b in parts):
        raise UsageError(
            f"config {what} learns from images",
            "fit it first (featcls fit CONFIG DATA), then extract with the model",
        )
    names = feature_names(document, extractors)
    return Fitted(document, (), extractors, None, None, feature_names=names)


def _label(dataset: "Dataset", index: int) -> str:
    assert dataset.y is not None
    if dataset.multilabel:
        own = zip(dataset.classes, dataset.y[index], strict=True)
        return ";".join(name for name, there in own if there)
    return dataset.classes[int(dataset.y[index])]


def _write_csv(
    stream: Any, features: Sequence[str], names: Sequence[str], labels: Sequence[str], table: Any
) -> None:
    import csv

    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["frame_id", *(["label"] if labels else []), *features])
    for k, name in enumerate(names):
        writer.writerow([name, *labels[k : k + 1], *table[k].tolist()])
