"""`featcls search`: the main job."""

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from featcls.cli import output
from featcls.cli.choice_options import choice_options
from featcls.cli.data_options import data_options
from featcls.cli.options import command, load_plugins, or_files, plugin_option, seed_option
from featcls.cli.strategy_options import strategy_options
from featcls.errors import NoTrialSucceeded

if TYPE_CHECKING:
    from featcls.search import Run

EXAMPLE = """\
featcls search                               on frames it simulates itself
featcls search images/ --max-evals 40        a folder per class
featcls search split.csv --space my.toml --out runs/first
featcls search split.csv --space my.toml --out runs/first --resume
featcls search split.csv --backend dask --scheduler tcp://10.0.0.1:8786"""


@command(EXAMPLE)
@click.argument("data", type=click.Path(), required=False)
@click.option(
    "--space",
    default="default",
    shell_complete=or_files("default", "quick", "diffranet", "all"),
    show_default=True,
    help="A named space (default, quick, diffranet, all) or a TOML file.",
)
@click.option(
    "--max-evals",
    type=click.IntRange(min=1),
    default=50,
    show_default=True,
    metavar="N",
    help="Pipelines to try, those of a resumed run included; promotions do not count.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    metavar="S",
    help="Seconds for the whole search; running trials are finished.",
)
@click.option(
    "--trial-timeout",
    type=click.FloatRange(min=0, min_open=True),
    metavar="S",
    help="Seconds for one trial; one that overruns is killed and recorded.",
)
@click.option(
    "--memory-limit",
    type=click.FloatRange(min=0, min_open=True),
    metavar="GB",
    help="Memory of one worker; a trial that wants more fails and is recorded.",
)
@click.option(
    "-j", "--jobs", type=click.IntRange(min=1), metavar="N", help="Workers [default: the cores]."
)
@click.option(
    "--backend",
    type=click.Choice(["local", "serial", "dask"]),
    default="local",
    show_default=True,
    help="Worker processes, all in this one, or the workers of a dask cluster.",
)
@click.option(
    "--scheduler",
    metavar="ADDRESS",
    help="With --backend dask: the address of its scheduler, tcp://HOST:PORT.",
)
@click.option(
    "--metric",
    metavar="NAME",
    help="What to search for, such as macro_f1, log_loss, recall@CLASS "
    "[default: balanced_accuracy; macro_f1 for several labels].",
)
@seed_option
@click.option("--reproducible", is_flag=True, help="The same history at any number of jobs.")
@click.option(
    "--test-size",
    type=click.FloatRange(0, 1, max_open=True),
    default=0.2,
    show_default=True,
    metavar="SHARE",
    help="Set apart for the test where the data has no test split; 0 for none.",
)
@click.option(
    "--folds",
    type=click.IntRange(min=2),
    default=5,
    show_default=True,
    metavar="N",
    help="Folds where the data has no validation split.",
)
@click.option(
    "--out",
    type=click.Path(),
    metavar="DIR",
    help="Run directory [default: runs/DATA-SPACE-TIME].",
)
@click.option("--resume", is_flag=True, help="Go on in the run directory --out.")
@strategy_options
@choice_options
@data_options
@plugin_option
@click.pass_context
def search(
    ctx: click.Context,
    /,
    data: dict[str, Any] | None,
    memory_limit: float | None,
    jobs: int | None,
    seed: int,
    folds: int,
    out: str | None,
    resume: bool,
    plugins: tuple[str, ...],
    as_json: bool,
    **options: Any,
) -> None:
    """Search extractors and classifiers for the best pipeline.

    DATA holds labelled images: a folder per class, a CSV manifest (path, label, split, group,
    weight), or an .npz stack. Without DATA, labelled diffraction frames are simulated.

    With --json, each event is a line as it happens, and the last line is the result.
    """
    if resume and out is None:
        raise click.UsageError("--resume needs the run directory: give it with --out")
    from featcls.cli import live, logs
    from featcls.report import write
    from featcls.search import Run
    from featcls.search import search as run_search

    load_plugins(plugins)
    with live.observer(as_json) as watch:
        folder = out

        def observe(event: dict[str, Any]) -> None:
            nonlocal folder
            if event["event"] == "start":
                folder = event["run"]
                logs.to_file(Path(event["run"]) / "log.txt")
            watch(event)

        try:
            run = run_search(
                data,
                out=out,
                memory_limit=None if memory_limit is None else int(memory_limit * 1e9),
                n_jobs=jobs,
                random_state=seed,
                n_splits=folds,
                resume=resume,
                plugins=plugins,
                observer=observe,
                **options,
            )
            write(run)
        except KeyboardInterrupt:
            if folder is not None:
                tell_how_to_resume(folder)
            raise
        except BrokenPipeError:  # of whoever read the events
            if folder is not None:
                Run.open(folder).save(status="interrupted")
            raise
        except NoTrialSucceeded:
            write(Run.open(folder or ""))  # it has every trial's reason
            raise
    if as_json:
        output.emit({"event": "result", "run": str(run.path), **result(run)})
    else:
        show(run)
    if run.info["status"] == "interrupted":
        tell_how_to_resume(str(run.path))
        ctx.exit(130)
    output.leave_with_bad([row["frame_id"] for row in run.info["bad_frames"]])


def result(run: "Run") -> dict[str, Any]:
    """Return what the last line of `--json` holds: run.json without the machine's details."""
    keys = ("name", "status", "seconds", "metric", "objective", "dataset", "best", "validation")
    more = ("test", "baselines", "left_out", "bad_frames", "space", "space_id", "seed")
    return {key: run.info.get(key) for key in keys + more}


def show(run: "Run") -> None:
    """Print the result on at most 80 columns."""
    from rich.table import Table
    from rich.text import Text

    from featcls.report.story import Story
    from featcls.report.summary import result_rows

    title, rows = result_rows(Story(run))
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, words in rows:
        grid.add_row(name, Text(words, style="bold" if name in ("validation", "test") else ""))
    console = output.stdout()
    console.print(Text(title, style="bold"))
    console.print(grid)
    if run.info.get("best"):
        model = shlex.quote(str(run.path / "model.featcls"))
        console.print(f"\nNext: featcls predict {model} IMAGES", soft_wrap=True)


def tell_how_to_resume(folder: str) -> None:
    """Print the command that goes on where this one stopped."""
    words = sys.argv[1:]
    if "--resume" not in words:
        words = [*words, "--resume"]
    if not any(word == "--out" or word.startswith("--out=") for word in words):
        words = [*words, "--out", folder]
    line = shlex.join(["featcls", *words])
    output.stderr().print(f"interrupted; go on with\n  {line}", soft_wrap=True)
