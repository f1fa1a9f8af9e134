"""`featcls simulate`: labelled diffraction images to learn from and to test with."""

import os

import click

from featcls.cli import output
from featcls.cli.options import command, group


@group("featcls simulate sfx frames/ --n 500 --seed 1")
@click.pass_context
def simulate(ctx: click.Context, /, as_json: bool) -> None:
    """Make labelled diffraction images from physics, each by seed and index alone."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


@command("featcls simulate sfx frames/ --n 500 --seed 1 --format tiff", name="sfx")
@click.argument("out", type=click.Path())
@click.option(
    "--n", "n", type=click.IntRange(min=1), default=100, show_default=True, help="Frames."
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, metavar="N")
@click.option("--preset", help="Named settings [default: those of the embedded data].")
@click.option(
    "--format",
    "form",
    type=click.Choice(["pgm", "png", "tiff", "hdf5"]),
    default="pgm",
    show_default=True,
    help="pgm and png hold 8-bit square roots of the counts, the others the counts.",
)
@click.option("-j", "--jobs", type=click.IntRange(min=1), metavar="N", help="Threads.")
def sfx(
    out: str, n: int, seed: int, preset: str | None, form: str, jobs: int | None, as_json: bool
) -> None:
    """Write frames of serial crystallography with a manifest into the folder OUT.

    The classes are those of DiffraNet: blank, no-crystal, weak, good, strong. A call that was
    interrupted goes on where it stopped when it is repeated.
    """
    from featcls.simulate import DEFAULT_PRESET
    from featcls.simulate.sfx import write_sfx

    manifest = write_sfx(
        out, n, seed, preset or DEFAULT_PRESET, format=form, n_jobs=jobs or os.cpu_count() or 1
    )
    if as_json:
        output.emit({"manifest": str(manifest), "frames": n, "seed": seed})
    else:
        click.echo(f"{manifest}: {n} frames; try: featcls search {manifest}")


simulate.add_command(sfx)
