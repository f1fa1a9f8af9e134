"""Options that say how a search chooses what to try, and when it is enough."""

from collections.abc import Callable
from typing import Any

import click

from featcls.cli.options import or_files

OPTIONS = (
    click.option(
        "--algorithm",
        type=click.Choice(["tpe", "random", "anneal"]),
        default="tpe",
        show_default=True,
        help="How pipelines are proposed.",
    ),
    click.option(
        "--gamma",
        type=click.FloatRange(min=0, min_open=True),
        default=1.0,
        show_default=True,
        metavar="G",
        help="For tpe: larger takes more trials for good ones, and explores more.",
    ),
    click.option(
        "--warm-start",
        multiple=True,
        shell_complete=or_files("diffranet"),
        metavar="SOURCE",
        help="Try these first: the best of a run directory, a .json list of configs, or "
        "diffranet, the best of the paper. May be repeated.",
    ),
    click.option(
        "--asha/--no-asha",
        default=None,
        help="Try many pipelines at a small budget (trees, rounds, epochs) and go on with the "
        "best [default: what the space says].",
    ),
    click.option(
        "--eta",
        type=click.IntRange(min=2),
        metavar="N",
        help="With --asha: one in N goes on, at N times the budget [default: 3].",
    ),
    click.option(
        "--patience",
        type=click.IntRange(min=1),
        metavar="N",
        help="Stop after N pipelines without a better one.",
    ),
    click.option(
        "--target",
        type=float,
        metavar="VALUE",
        help="Stop when the metric is as good as this.",
    ),
)


def strategy_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options; they arrive under the names of `featcls.search.search`'s arguments."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command
