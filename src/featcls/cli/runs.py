"""`featcls runs`: finished and unfinished runs in a folder."""

from pathlib import Path
from typing import Any

import click

from featcls.cli import output
from featcls.cli.options import command
from featcls.errors import FeatclsError, RunError

RUNS = "runs"  # where searches put their runs, by default


@command("featcls runs\nfeatcls runs studies/ --json")
@click.argument("folder", type=click.Path(), default=RUNS)
def runs(folder: str, as_json: bool) -> None:
    """List the runs in FOLDER, newest first; by default in ./runs."""
    if folder != RUNS and not Path(folder).is_dir():
        raise RunError(f"no folder {folder}", "name the folder that holds run directories")
    rows = sorted(
        (_row(path.parent) for path in Path(folder).glob("*/run.json")),
        key=lambda row: str(row["created_utc"]),
        reverse=True,
    )
    if as_json:
        output.emit({"runs": rows})
    elif not rows:
        click.echo(f"no runs in {folder}; make one with: featcls search IMAGES")
    else:
        _show(rows)


def _row(path: Path) -> dict[str, Any]:
    """Return what the list says of a run; a damaged one is a row too."""
    from featcls.report.story import Story
    from featcls.search import Run

    try:
        run = Run.open(path)
        info, status = run.info, run.status
        best = info.get("best")
        if best is None and status != "running":
            best = Story(run).best  # of one that was interrupted
    except FeatclsError as fault:
        return {"path": str(path), "status": "unreadable", "reason": str(fault), "created_utc": ""}
    keys = ("name", "created_utc", "seconds", "space", "metric")
    row = {"path": str(path), "status": status, **{key: info.get(key) for key in keys}}
    return {**row, "best": best, "test": (info.get("test") or {}).get("metrics")}


def _show(rows: list[dict[str, Any]]) -> None:
    from featcls.report.words import figure, metric_name, short

    listing = output.table("run", "when", "status", "metric", "best", "test", "best pipeline")
    for row in rows:
        best, metric = row.get("best"), str(row.get("metric"))
        test = (row.get("test") or {}).get(metric)
        listing.add_row(
            row["path"],
            str(row["created_utc"])[:16].replace("T", " "),
            row["status"],
            metric_name(metric) if best else "",
            figure(metric, best["value"]) if best else "-",
            figure(metric, test),
            short(best["config"]) if best else row.get("reason", ""),
        )
    output.stdout().print(listing)
