"""Series of shots in memory: the public functions."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featcls.simulate.detector import compress
from featcls.simulate.presets import DEFAULT_PRESET, find_preset
from featcls.simulate.series import Label, Series, Truth, first
from featcls.simulate.sfx import sfx_series
from featcls.simulate.spi.series import spi_series
from featcls.simulate.spi.settings import SpiPreset


def make_dataset(
    n: int, seed: int = 0, preset: str = DEFAULT_PRESET, **changes: Any
) -> tuple[NDArray[np.uint8], list[Label], list[Truth]]:
    """Simulated diffraction frames with their classes.

    Parameters
    ----------
    n : int
        Number of frames.
    seed : int
        Seed of the series, non-negative.
    preset : str
        Name of a preset, see `PRESETS`.
    **changes
        Fields of the preset to set otherwise, as ``distance=0.16``.

    Returns
    -------
    images : (n, rows, cols) uint8 array
        Square root of the counts.
    labels : list of str, or of list of str for droplets
        Class of each frame.
    truth : list of dict
        What each frame was made of.

    Raises
    ------
    UsageError
        Unknown preset or field, or a value that cannot be.

    Examples
    --------
    >>> images, classes, truth = make_dataset(2, seed=1)
    >>> images.shape, images.dtype, len(classes), truth[1]["index"]
    ((2, 512, 512), dtype('uint8'), 2, 1)
    """
    series = _series(preset, seed, first(n), changes)
    images = np.empty((n, *series.settings.shape), np.uint8)
    truths = []
    for image, row in zip(images, series.rows, strict=True):
        frame, truth = series.render(row)
        image[...] = compress(frame)
        truths.append(truth)
    return images, [truth["label"] for truth in truths], truths


def shot(preset: str, seed: int, index: int, **changes: Any) -> tuple[NDArray[np.uint8], Truth]:
    """Frame `index` of a series and its truth; the same as `make_dataset(...)[0][index]`."""
    frame, truth = counts(preset, seed, index, **changes)
    return compress(frame), truth


def counts(
    preset: str, seed: int, index: int, **changes: Any
) -> tuple[NDArray[np.float32], Truth]:
    """Counts of frame `index` before the square root, as whole float32 numbers, and its truth."""
    series = _series(preset, seed, [index], changes)
    return series.render(series.rows[0])


def labels(preset: str, n: int, seed: int = 0, **changes: Any) -> list[Label]:
    """Classes of the first n shots of a series, without rendering one.

    Rules that count spots need the exposure of each shot: milliseconds instead of microseconds.
    Of single droplets, which may have several, each item is a list.

    Examples
    --------
    >>> sorted(set(labels("diffranet-figure", 100)))
    ['blank', 'good', 'no-crystal', 'strong', 'weak']
    """
    series = _series(preset, seed, first(n), changes)
    return [series.label(row) for row in series.rows]


def classes(preset: str, **changes: Any) -> tuple[str, ...]:
    """Classes of a preset, in order.

    Examples
    --------
    >>> classes("diffranet-figure", labels="ke")
    ('miss', 'maybe', 'hit')
    """
    return _series(preset, 0, [], changes).classes


def _series(preset: str, seed: int, indices: Sequence[int], changes: dict[str, Any]) -> Series:
    settings = find_preset(preset, **changes)
    kind = spi_series if isinstance(settings, SpiPreset) else sfx_series
    return kind(settings, seed, indices)
