"""`featcls study`: a paper's table, run again."""

import os
from pathlib import Path

import click

from featcls.cli import output
from featcls.cli.options import command, load_plugins, plugin_option

EXAMPLE = """\
featcls study                            list the studies
featcls study spot-threshold             on simulated frames, in minutes
featcls study diffranet-search --scale full --data DiffraNet/synthetic
featcls study --page docs/studies.md     the page of all stored results"""


@command(EXAMPLE)
@click.argument("name", required=False)
@click.option("--data", type=click.Path(), metavar="PATH", help="The paper's own data.")
@click.option(
    "--scale",
    type=click.Choice(["small", "full"]),
    default="small",
    show_default=True,
    help="Minutes on two cores, or the paper's size.",
)
@click.option(
    "--out",
    type=click.Path(file_okay=False),
    metavar="DIR",
    help="Folder of the results [default: benchmarks/studies/results].",
)
@click.option(
    "--seeds",
    type=click.IntRange(min=1),
    default=3,
    show_default=True,
    metavar="N",
    help="Draws of the split and of the classifier.",
)
@click.option(
    "-j", "--jobs", type=click.IntRange(min=1), metavar="N", help="Workers [default: the cores]."
)
@plugin_option
@click.option(
    "--page",
    type=click.Path(dir_okay=False),
    metavar="FILE.md",
    help="Write the page of all stored results, and run nothing.",
)
def study(
    name: str | None,
    data: str | None,
    scale: str,
    out: str | None,
    seeds: int,
    jobs: int | None,
    plugins: tuple[str, ...],
    page: str | None,
    as_json: bool,
) -> None:
    """Run the study NAME: a paper's table on simulated frames or on the paper's own.

    Without NAME the studies are listed. The result is a JSON file, and a table with the paper's
    figures beside ours. A study that was interrupted goes on when it is repeated.
    """
    from featcls.studies import Setting, find
    from featcls.studies import page as pages
    from featcls.studies.document import KEPT, run_study, write

    folder = Path(out) if out else KEPT
    if page is not None:
        with output.writing(page) as stream:
            stream.write(pages.page(folder))
    elif name is None:
        _list(as_json)
    else:
        chosen = find(name)
        load_plugins(plugins)
        setting = Setting(
            scale,
            Path("runs") / f"study-{name}-{scale}{'-data' if data else ''}",
            data,
            seeds,
            jobs or os.cpu_count() or 1,
            lambda text: output.stderr().print(text, style="dim"),
            plugins,
        )
        document = run_study(chosen, setting)
        path = write(document, folder)
        if as_json:
            output.emit(document | {"path": str(path)})
        else:
            click.echo(pages.markdown(document))
            click.echo(f"{path}")


def _list(as_json: bool) -> None:
    from featcls.studies import NAMES, find

    studies = [find(name) for name in NAMES]
    if as_json:
        rows = [
            {"name": s.name, "title": s.title, "source": s.source, "needs": s.needs}
            | {"cost": dict(s.cost)}
            for s in studies
        ]
        output.emit({"studies": rows})
        return
    grid = output.table("study", "source", "needs", "small")
    for s in studies:
        grid.add_row(s.name, s.source, s.needs, s.cost["small"])
    output.stdout().print(grid)
