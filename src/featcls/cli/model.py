"""`featcls model`: look into a model file, or check it."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from featcls.cli import output
from featcls.cli.choice_options import confidence_option, hit_option, lost_option
from featcls.cli.options import command, group
from featcls.errors import ModelError, UsageError

EXAMPLE = """\
featcls model show runs/x/model.featcls
featcls model verify runs/x/model.featcls
featcls model threshold x.featcls --hit-class hit --max-lost-hits 0.01"""


@group(EXAMPLE)
@click.pass_context
def model(ctx: click.Context, /, as_json: bool) -> None:
    """Show or verify a model file, or set its threshold. Nothing in the file is run."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


@command("featcls model show runs/x/model.featcls", name="show")
@click.argument("path", type=click.Path())
def show(path: str, as_json: bool) -> None:
    """Say what the model at PATH computes, for which classes, and where it comes from."""
    from featcls.model import Model

    opened = Model.load(path)
    if as_json:
        output.emit(_document(opened, path))
    else:
        click.echo(opened.summary())


@command("featcls model verify runs/x/model.featcls", name="verify")
@click.argument("path", type=click.Path())
def verify(path: str, as_json: bool) -> None:
    """Check every member's digest, the plugin versions and the kept scores; exit 1 if one is off.

    It is what every command does when it opens a model; this one does nothing else.
    """
    from featcls.model import Model

    opened = Model.load(path)
    if as_json:
        output.emit({"ok": True, "bytes": Path(path).stat().st_size, **_document(opened, path)})
    else:
        click.echo(f"{path}: whole, and gives the scores it gave when it was saved")


@command(
    "featcls model threshold x.featcls --hit-class hit --max-lost-hits 0.01",
    name="threshold",
)
@click.argument("path", type=click.Path())
@hit_option
@lost_option
@confidence_option
def threshold(
    path: str,
    hit_classes: tuple[str, ...],
    max_lost_hits: float | None,
    confidence: float,
    as_json: bool,
) -> None:
    """Set the operating point of the model at PATH, in its run directory.

    The threshold is set on the frames that the search kept back (--calibration-size), as the
    model scored them then; a model that was fitted anew is refused.
    """
    from featcls.model import Model
    from featcls.operating_point import are_hits, choose, hit_scores
    from featcls.search import Run
    from featcls.search.judged import kept_back

    if max_lost_hits is None:
        raise UsageError("no share of lost hits is given", "add --max-lost-hits 0.01")
    opened = Model.load(path)
    run = Run.open(Path(path).parent)
    kept = kept_back(run)
    if kept is None:
        raise UsageError(
            f"the search of {run.path} kept no frames for calibration",
            "search with --calibration-size 0.2, or with a split named calibration",
        )
    if run.info.get("fingerprint") != opened.fingerprint:
        raise ModelError(f"{path} is not the model that scored them", "search again")
    score = hit_scores(kept.scores, opened.classes, hit_classes, opened.multilabel)
    hit = are_hits(kept.y, opened.classes, hit_classes)
    point = choose(score, hit, hit_classes, max_lost_hits, confidence)
    Model(replace(opened.whole, point=point), opened.info, opened.plugins).save(path)
    run.save(operating_point=point.document())
    if as_json:
        output.emit({"path": path, "operating_point": point.document()})
    else:
        click.echo(point.words())


model.add_command(show)
model.add_command(verify)
model.add_command(threshold)


def _document(opened: Any, path: str) -> dict[str, Any]:
    whole = opened.whole
    several = len(whole.models) > 1
    told: dict[str, Any] = {
        "path": path,
        "classes": opened.classes,
        "vote": whole.vote if several else None,
        "calibration": whole.calibrator.method if whole.calibrator else None,
        "operating_point": whole.point.document() if whole.point else None,
        "info": opened.info,
    }
    pipelines = [
        {
            "config": fitted.config,
            "n_features": len(fitted.feature_names),
            "feature_names": fitted.feature_names,
        }
        for fitted in whole.models
    ]
    return told | ({"models": pipelines} if several else pipelines[0])
