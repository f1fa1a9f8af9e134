"""`featcls simulate`: labelled diffraction images to learn from and to test with."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from featcls.cli import output
from featcls.cli.options import Function, command, group

FORMATS = ("pgm", "png", "tiff", "hdf5")


def series_options(function: Function) -> Function:
    """Add what every kind of series takes."""
    options: list[Callable[[Function], Function]] = [
        click.argument("out", type=click.Path()),
        click.option(
            "--n", "n", type=click.IntRange(min=1), default=100, show_default=True, help="Frames."
        ),
        click.option(
            "--seed", type=click.IntRange(min=0), default=0, show_default=True, metavar="N"
        ),
        click.option("--preset", help="Named settings."),
        click.option(
            "--format",
            type=click.Choice(FORMATS),
            default="pgm",
            show_default=True,
            help="pgm and png hold 8-bit square roots of the counts, the others the counts.",
        ),
        click.option(
            "-j",
            "--jobs",
            type=click.IntRange(min=1),
            metavar="N",
            help="Threads [default: the cores].",
        ),
    ]
    for option in reversed(options):
        function = option(function)
    return function


@group("featcls simulate sfx frames/ --n 500 --seed 1")
@click.pass_context
def simulate(ctx: click.Context, /, as_json: bool) -> None:
    """Make labelled diffraction images from physics, each by preset, seed and index alone.

    A call that was interrupted goes on where it stopped when it is repeated.
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


@command("featcls simulate sfx frames/ --n 500 --seed 1 --format tiff", name="sfx")
@series_options
def sfx(**options: Any) -> None:
    """Write frames of serial crystallography with a manifest into the folder OUT.

    The classes are those of DiffraNet: blank, no-crystal, weak, good, strong.
    """
    from featcls.simulate.sfx import write_sfx

    _write(write_sfx, **options)


@command("featcls simulate spi frames/ --n 500 --seed 1", name="spi")
@series_options
def spi(**options: Any) -> None:
    """Write frames of single particles with a manifest into the folder OUT."""
    from featcls.simulate.spi.series import write_spi

    _write(write_spi, **options)


simulate.add_command(sfx)
simulate.add_command(spi)


def _write(
    write: Callable[..., Path],
    out: str,
    n: int,
    seed: int,
    preset: str | None,
    jobs: int | None,
    as_json: bool,
    **options: Any,
) -> None:
    if preset is not None:
        options["preset"] = preset
    manifest = write(out, n, seed, n_jobs=jobs or os.cpu_count() or 1, **options)
    if as_json:
        output.emit({"manifest": str(manifest), "frames": n, "seed": seed})
    else:
        click.echo(f"{manifest}: {n} frames")
