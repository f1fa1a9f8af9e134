"""Single particles as a series."""

import os
from pathlib import Path
from typing import Any

from numpy.typing import ArrayLike

from featcls.errors import UsageError
from featcls.simulate.camera import Camera
from featcls.simulate.presets import find_preset
from featcls.simulate.series import Label, Series, Truth, first
from featcls.simulate.spi.particles import SETS
from featcls.simulate.spi.render import draw_flights, render
from featcls.simulate.spi.settings import SpiPreset
from featcls.simulate.tiles import tiles
from featcls.simulate.write import Progress, write_series


def spi_series(settings: Camera, seed: int, indices: ArrayLike) -> Series:
    """Shots `indices` of a series of single particles."""
    if not isinstance(settings, SpiPreset):
        raise UsageError(f"{settings.name} is a preset of crystals; choose one that begins in spi")

    def label_of(row: Truth) -> Label:
        found: Label = row["label"]
        return found

    return Series(
        settings,
        seed,
        SETS[settings.particles][0],
        tiles(settings).dead,
        draw_flights(settings, seed, indices),
        label_of,
        lambda row: render(settings, seed, row),
    )


def write_spi(
    out: str | os.PathLike[str],
    n: int,
    seed: int = 0,
    preset: str = "spi-hits",
    *,
    format: str = "hdf5",
    n_jobs: int = 1,
    progress: Progress | None = None,
    **changes: Any,
) -> Path:
    """Write the first n shots of a series of single particles with a manifest.

    Parameters
    ----------
    out : path
        Folder: new, empty, or of the same series.
    n, seed, preset, **changes
        As for `make_dataset`, with a preset of single particles.
    format, n_jobs, progress
        As for `write_series`.

    Returns
    -------
    Path
        Of the manifest, a dataset of its own.
    """
    series = spi_series(find_preset(preset, **changes), seed, first(n))
    return write_series(out, series, format, n_jobs, progress)
