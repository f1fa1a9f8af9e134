"""`featcls report`: look at a run again."""

import click

from featcls.cli import output
from featcls.cli.options import command


@command("featcls report runs/neu_det-default-20260101-120000")
@click.argument("run", type=click.Path())
def report(run: str, as_json: bool) -> None:
    """Write report.html of RUN again, with all that is known by now."""
    from featcls.report import write
    from featcls.search import Run

    path = write(Run.open(run))
    if as_json:
        output.emit({"report": str(path)})
    else:
        click.echo(path)
