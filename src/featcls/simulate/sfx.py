"""Serial crystallography series for the writer."""

import os
from pathlib import Path
from typing import Any

from featcls.simulate import DEFAULT_PRESET, check_count
from featcls.simulate.labels import classes
from featcls.simulate.presets import find_preset
from featcls.simulate.render import render
from featcls.simulate.shots import draw_shots
from featcls.simulate.tiles import tiles
from featcls.simulate.write import Progress, Series, write_series


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
    settings = find_preset(preset, **changes)
    series = Series(
        settings,
        seed,
        classes(settings),
        tiles(settings).dead,
        draw_shots(settings, seed, range(check_count(n))).rows(),
        lambda row: render(settings, seed, row),
    )
    return write_series(out, series, format, n_jobs, progress)
