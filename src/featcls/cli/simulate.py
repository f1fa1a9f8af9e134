"""`featcls simulate`: labelled diffraction images to learn from and to test with."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from featcls.cli import output
from featcls.cli.options import Function, command, group, seed_option
from featcls.cli.progress import counting
from featcls.errors import cannot_write

FORMATS = ("pgm", "png", "tiff", "hdf5")
DETECTORS = (
    *("pilatus-300k", "pilatus-1m", "pilatus-2m", "pilatus-6m"),
    *("eiger-1m", "eiger-4m", "eiger-16m", "rayonix-mx170", "rayonix-mx340", "cspad", "pnccd"),
)
SPECTRUM = 7  # wavelengths in a pulse that has a bandwidth


def with_options(options: list[Callable[[Function], Function]]) -> Callable[[Function], Function]:
    """Add options to a command, in their order."""

    def decorate(function: Function) -> Function:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


def series_options(preset: str) -> Callable[[Function], Function]:
    """Add what every kind of series takes."""
    count = click.IntRange(min=1)
    return with_options(
        [
            click.argument("out", type=click.Path()),
            click.option("--n", "n", type=count, default=100, show_default=True, help="Frames."),
            seed_option,
            click.option("--preset", default=preset, show_default=True, help="Named settings."),
            click.option(
                "--format",
                type=click.Choice(FORMATS),
                default="pgm",
                show_default=True,
                help="pgm and png hold 8-bit square roots of the counts, the others the counts.",
            ),
            click.option(
                "--detector",
                metavar="NAME",
                help=f"Its pixels, gaps, point spread and noise: {', '.join(DETECTORS)}.",
            ),
            click.option(
                "--set",
                "words",
                multiple=True,
                metavar="FIELD=VALUE",
                help="Set any field of the preset otherwise; may be repeated.",
            ),
            click.option(
                "--sheet",
                type=click.Path(dir_okay=False),
                metavar="FILE.png",
                help="Also draw the first frames of each class, a row a class.",
            ),
            click.option(
                "-j", "--jobs", type=count, metavar="N", help="Threads [default: cores]."
            ),
        ]
    )


@group("featcls simulate sfx frames/ --n 500 --seed 1")
@click.pass_context
def simulate(ctx: click.Context, /, as_json: bool) -> None:
    """Make labelled diffraction images from physics, each by preset, seed and index alone.

    A call that was interrupted goes on where it stopped when it is repeated.
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


@command(
    "featcls simulate sfx frames/ --n 500 --seed 1 --format tiff\n"
    "featcls simulate sfx dark/ --preset real-like --ice 0.1 --sheet dark.png\n"
    "featcls simulate sfx far/ --detector pilatus-6m --set distance=0.3",
    name="sfx",
)
@series_options("diffranet-figure")
@with_options(
    [
        click.option("--domains", type=int, metavar="N", help="Explicit mosaic domains, as 300."),
        click.option("--noise-order", metavar="ORDER", help="paper or nanobragg."),
        click.option("--bandwidth", type=float, metavar="RMS", help="Within a pulse, as 0.005."),
        click.option("--hot-pixels", type=int, metavar="N", help="Bright pixels a frame."),
        click.option(
            "--ice", "ice_share", type=float, metavar="SHARE", help="Lit frames with ice rings."
        ),
        click.option("--labels", metavar="RULE", help="signal, volume, n_spots or ke."),
    ]
)
def sfx(**options: Any) -> None:
    """Write frames of serial crystallography with a manifest into the folder OUT.

    The classes are those of DiffraNet: blank, no-crystal, weak, good, strong.
    """
    from featcls.simulate.sfx import write_sfx

    named = ("domains", "noise_order", "bandwidth", "hot_pixels", "ice_share", "labels")
    changes = {name: options.pop(name) for name in named}
    changes = {name: value for name, value in changes.items() if value is not None}
    if changes.get("bandwidth"):
        changes["wavelengths"] = SPECTRUM
    _write(write_sfx, changes, **options)


@command(
    "featcls simulate spi frames/ --n 500 --seed 1\n"
    "featcls simulate spi drops/ --preset spi-droplets --sheet drops.png",
    name="spi",
)
@series_options("spi-hits")
def spi(**options: Any) -> None:
    """Write frames of single particles with a manifest into the folder OUT."""
    from featcls.simulate.spi.series import write_spi

    _write(write_spi, {}, **options)


simulate.add_command(sfx)
simulate.add_command(spi)


def _write(
    write: Callable[..., Path],
    changes: dict[str, Any],
    out: str,
    n: int,
    seed: int,
    preset: str,
    detector: str | None,
    words: tuple[str, ...],
    sheet: str | None,
    format: str,
    jobs: int | None,
    as_json: bool,
) -> None:
    from featcls.simulate.changes import read_changes

    if sheet:
        output.check_place(sheet)
    if detector:
        changes["detector"] = detector
    changes = {**changes, **read_changes(preset, words)}
    with counting(n) as progress:
        manifest = write(
            out,
            n,
            seed,
            preset,
            format=format,
            n_jobs=jobs or os.cpu_count() or 1,
            progress=None if progress is None else lambda done, _: progress(done),
            **changes,
        )
    if sheet:
        from featcls.simulate.sheet import write_sheet

        try:
            write_sheet(sheet, preset, seed, most=n, **changes)
        except OSError as error:
            raise cannot_write(sheet, error) from error
    if as_json:
        found = {"manifest": str(manifest), "frames": n, "seed": seed, "preset": preset}
        output.emit({**found, "format": format, "changes": changes, "sheet": sheet})
    else:
        click.echo(f"{manifest}: {n} frames" + (f", {sheet}" if sheet else ""))
