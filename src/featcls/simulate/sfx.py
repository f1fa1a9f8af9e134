"""Serial crystallography as a series."""

import os
from pathlib import Path
from typing import Any

from numpy.typing import ArrayLike

from featcls.errors import UsageError
from featcls.simulate.camera import Camera
from featcls.simulate.presets import DEFAULT_PRESET, find_preset
from featcls.simulate.render import expected_light, render
from featcls.simulate.rules import classes, label, needs_spots
from featcls.simulate.series import Series, Truth, first
from featcls.simulate.settings import Preset
from featcls.simulate.shots import draw_shots
from featcls.simulate.structure import structure_factors
from featcls.simulate.tiles import tiles
from featcls.simulate.write import Progress, write_series


def sfx_series(settings: Camera, seed: int, indices: ArrayLike) -> Series:
    """Shots `indices` of a series of serial crystallography."""
    settings = _of_crystals(settings)

    def label_of(row: Truth) -> str:
        seen = expected_light(settings, row)[1] if needs_spots(settings) else {}
        return label(settings, {**row, **seen})

    return Series(
        settings,
        seed,
        classes(settings),
        tiles(settings).dead,
        draw_shots(settings, seed, indices).rows(),
        label_of,
        lambda row: render(settings, seed, row),
    )


def write_sfx(
    out: str | os.PathLike[str],
    n: int,
    seed: int = 0,
    preset: str = DEFAULT_PRESET,
    *,
    format: str = "pgm",
    n_jobs: int = 1,
    progress: Progress | None = None,
    **changes: Any,
) -> Path:
    """Write the first n shots of a series of serial crystallography with a manifest.

    Parameters
    ----------
    out : path
        Folder: new, empty, or of the same series.
    n, seed, preset, **changes
        As for `make_dataset`.
    format, n_jobs, progress
        As for `write_series`.

    Returns
    -------
    Path
        Of the manifest, a dataset of its own.
    """
    settings = _of_crystals(find_preset(preset, **changes))
    structure_factors(settings)  # now, so that a file that cannot be read leaves no folder behind
    return write_series(out, sfx_series(settings, seed, first(n)), format, n_jobs, progress)


def _of_crystals(settings: Camera) -> Preset:
    if not isinstance(settings, Preset):
        raise UsageError(f"{settings.name} is a preset of single particles; choose another")
    return settings
