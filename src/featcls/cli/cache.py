"""`featcls cache`: how much of the disk it holds, and pruning it."""

import click

from featcls.cli import output
from featcls.cli.options import command, group

EXAMPLE = """\
featcls cache
featcls cache prune --max-gb 5"""


@group(EXAMPLE)
@click.pass_context
def cache(ctx: click.Context, as_json: bool) -> None:
    """Show where the feature cache is and how much it holds."""
    if ctx.invoked_subcommand is None:
        _show(0, as_json)


@command("featcls cache prune --max-gb 5", name="prune")
@click.option(
    "--max-gb",
    type=click.FloatRange(min=0),
    default=0.0,
    show_default=True,
    help="Keep the most recently used up to this much; 0 empties the cache.",
)
def prune(max_gb: float, as_json: bool) -> None:
    """Remove what was not used for longest; searches compute it again when they need it."""
    from featcls.cache import Cache, cache_root

    _show(Cache(cache_root()).prune(int(max_gb * 1e9)), as_json)


cache.add_command(prune)


def _show(freed: int, as_json: bool) -> None:
    from featcls.cache import Cache, cache_root
    from featcls.report.words import plural

    root = cache_root()
    n_files, n_bytes = Cache(root).size()
    if as_json:
        output.emit({"path": str(root), "files": n_files, "bytes": n_bytes, "freed": freed})
        return
    lines = [f"{root}: {plural(n_files, 'file')}, {n_bytes / 1e6:,.1f} MB"]
    if freed:
        lines.append(f"freed {freed / 1e6:,.1f} MB")
    click.echo("\n".join(lines))
