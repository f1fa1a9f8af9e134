"""`featcls model`: look into a model file, or check it."""

from pathlib import Path
from typing import Any

import click

from featcls.cli import output
from featcls.cli.options import command, group

EXAMPLE = """\
featcls model show runs/x/model.featcls
featcls model verify runs/x/model.featcls"""


@group(EXAMPLE)
@click.pass_context
def model(ctx: click.Context, /, as_json: bool) -> None:
    """Show or verify a model file. Nothing in the file is run."""
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


model.add_command(show)
model.add_command(verify)


def _document(opened: Any, path: str) -> dict[str, Any]:
    return {
        "path": path,
        "classes": opened.classes,
        "config": opened.config,
        "n_features": len(opened.feature_names),
        "feature_names": opened.feature_names,
        "info": opened.info,
    }
