"""`featcls report`: look at a run again, or at two beside one another."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from featcls.cli import output
from featcls.cli.options import command
from featcls.errors import cannot_write

if TYPE_CHECKING:
    from featcls.search import Run

EXAMPLE = """\
featcls report runs/first
featcls report runs/first --learning-curve --explain
featcls report runs/first runs/second --out compared.html"""


@command(EXAMPLE)
@click.argument("runs", nargs=-1, required=True, type=click.Path(), metavar="RUN [OTHER]")
@click.option(
    "--learning-curve",
    is_flag=True,
    help="Refit the winner on growing shares of its training frames first, and draw that.",
)
@click.option(
    "--explain",
    is_flag=True,
    help="Draw what the model looks at in some frames that it was judged on, and show that.",
)
@click.option(
    "--out",
    type=click.Path(),
    metavar="FILE",
    help="Where a comparison goes [default: RUN/compared.html].",
)
def report(
    runs: tuple[str, ...], learning_curve: bool, explain: bool, out: str | None, as_json: bool
) -> None:
    """Write report.html of RUN again, with all that is known by now.

    With OTHER, compare the two: what is the same, both leaderboards, and the difference between
    the winners on the frames that both were judged on.
    """
    if len(runs) > 2:
        raise click.UsageError(f"one run or two, not {len(runs)}")
    if len(runs) == 2:
        if learning_curve or explain:
            raise click.UsageError("--learning-curve and --explain are for one run")
        _compare(runs[0], runs[1], out, as_json)
        return
    if out is not None:
        raise click.UsageError("--out is for a comparison; a report goes to RUN/report.html")
    from featcls.report import write
    from featcls.search import Run

    run = Run.open(runs[0])
    if learning_curve:
        _learn(run)
    if explain:
        _draw(run)
    path = write(run)
    if as_json:
        kept = {key: run.info.get(key) for key in ("learning_curve", "explained")}
        output.emit({"report": str(path), **kept})
    else:
        click.echo(path)


def _learn(run: "Run") -> None:
    from featcls.report.learning import measure_curve

    with run.lock():
        measure_curve(run, os.cpu_count() or 1)


def _draw(run: "Run") -> None:
    from featcls.report.reasons import draw

    with run.lock():
        draw(run)


def _compare(a: str, b: str, out: str | None, as_json: bool) -> None:
    from featcls import atomic
    from featcls.report.comparison import Comparison
    from featcls.search import Run

    compared = Comparison(Run.open(a), Run.open(b))
    path = Path(out) if out else Path(a) / "compared.html"
    try:
        atomic.write(path, compared.page().encode())
    except OSError as fault:
        raise cannot_write(path, fault) from fault
    if as_json:
        output.emit({"report": str(path), **compared.document()})
        return
    for words in compared.words():
        output.stdout().print(words)
    click.echo(path)
