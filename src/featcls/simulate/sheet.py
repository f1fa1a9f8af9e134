"""A picture of a preset: some shots of each class, a row a class."""

import os
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featcls import atomic
from featcls.simulate.camera import Camera
from featcls.simulate.dataset import classes, counts, labels
from featcls.simulate.detector import Light, compress
from featcls.simulate.formats import png
from featcls.simulate.presets import DEFAULT_PRESET, find_preset
from featcls.simulate.spi.settings import SpiPreset

MOST = 20_000  # shots looked through for a rare class
GAP = 4  # pixels between pictures


def write_sheet(
    path: str | os.PathLike[str],
    preset: str = DEFAULT_PRESET,
    seed: int = 0,
    columns: int = 6,
    tile: int = 256,
    most: int = MOST,
    **changes: Any,
) -> dict[str, list[int]]:
    """Write a PNG with the first shots of each class of a preset.

    Parameters
    ----------
    path : path
        PNG to write.
    preset : str
        Name of a preset.
    seed : int
        Seed of the series.
    columns : int
        Shots of each class.
    tile : int
        Pixels that a shot may take; larger ones show the brightest of each block.
    most : int
        Shots of the series to look through.
    **changes
        Fields of the preset to set otherwise.

    Returns
    -------
    dict of str to list of int
        Indices of the shots shown, by class from top to bottom.
    """
    shown = _first_of_each(preset, seed, columns, most, changes)
    settings = find_preset(preset, **changes)
    factor = -(-max(settings.shape) // tile)
    rows = []
    for indices in shown.values():
        frames = [
            _picture(settings, counts(preset, seed, index, **changes)[0], factor)
            for index in indices
        ]
        blank = np.zeros((-(-settings.shape[0] // factor), -(-settings.shape[1] // factor)))
        frames += [blank.astype(np.uint8)] * (columns - len(frames))
        rows.append(np.hstack([np.pad(frame, GAP // 2, constant_values=255) for frame in frames]))
    atomic.write(path, png(np.vstack(rows)))
    return shown


def _first_of_each(
    preset: str, seed: int, columns: int, most: int, changes: dict[str, Any]
) -> dict[str, list[int]]:
    n = min(50, most)
    while True:
        each = labels(preset, n, seed, **changes)
        found = [[label] if isinstance(label, str) else label for label in each]
        shown = {
            name: [i for i, names in enumerate(found) if name in names][:columns]
            for name in classes(preset, **changes)
        }
        if n >= most or all(len(indices) == columns for indices in shown.values()):
            return shown
        n = min(2 * n, most)


def _picture(settings: Camera, frame: Light, factor: int) -> NDArray[np.uint8]:
    rows, cols = (-(-side // factor) * factor for side in frame.shape)
    grown = np.zeros((rows, cols), np.float32)
    grown[: frame.shape[0], : frame.shape[1]] = frame
    small = grown.reshape(rows // factor, factor, cols // factor, factor).max(axis=(1, 3))
    return (
        _logarithm(small, settings.offset) if isinstance(settings, SpiPreset) else compress(small)
    )


def _logarithm(counts: Light, offset: float) -> NDArray[np.uint8]:
    """Five decades would hide in a square root."""
    value = np.log1p(np.maximum(counts - offset, 0.0))
    top = max(float(np.percentile(value, 99.8)), 1e-6)
    return np.asarray(np.clip(255.0 * value / top, 0, 255), np.uint8)
