"""Labelled diffraction frames, made from physics.

`make_dataset` gives arrays in memory, `shot` one frame, `labels` the classes without any pixel.
Shot i of a series depends on the preset, the seed and i alone.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from featcls.simulate.labels import CLASSES, classes, label, label_all, needs_spots
from featcls.simulate.presets import PRESETS, find_preset
from featcls.simulate.settings import Preset
from featcls.simulate.shots import draw_shots

__all__ = [
    "CLASSES",
    "DEFAULT_PRESET",
    "PRESETS",
    "Preset",
    "classes",
    "counts",
    "find_preset",
    "labels",
    "make_dataset",
    "shot",
]

DEFAULT_PRESET = "diffranet-figure"
Truth = dict[str, Any]


def make_dataset(
    n: int, seed: int = 0, preset: str = DEFAULT_PRESET, **changes: Any
) -> tuple[NDArray[np.uint8], list[str], list[Truth]]:
    """Simulated serial-crystallography frames with their classes.

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
    labels : list of str
        One of the classes a frame.
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
    from featcls.simulate.detector import compress
    from featcls.simulate.render import render

    settings = find_preset(preset, **changes)
    images = np.empty((check_count(n), *settings.shape), np.uint8)
    truths = []
    for image, row in zip(images, draw_shots(settings, seed, range(n)).rows(), strict=True):
        counts, truth = render(settings, seed, row)
        image[...] = compress(counts)
        truths.append(truth)
    return images, [truth["label"] for truth in truths], truths


def shot(preset: str, seed: int, index: int, **changes: Any) -> tuple[NDArray[np.uint8], Truth]:
    """Frame `index` of a series and its truth; the same as `make_dataset(...)[0][index]`."""
    from featcls.simulate.detector import compress

    frame, truth = counts(preset, seed, index, **changes)
    return compress(frame), truth


def counts(
    preset: str, seed: int, index: int, **changes: Any
) -> tuple[NDArray[np.float32], Truth]:
    """Counts of frame `index` before the square root, as whole float32 numbers, and its truth."""
    from featcls.simulate.render import render

    settings = find_preset(preset, **changes)
    (row,) = draw_shots(settings, seed, [index]).rows()
    return render(settings, seed, row)


def labels(preset: str, n: int, seed: int = 0, **changes: Any) -> list[str]:
    """Classes of the first n shots of a series, without rendering one.

    Rules that count spots need the exposure of each shot: milliseconds instead of microseconds.

    Examples
    --------
    >>> sorted(set(labels("diffranet-figure", 100)))
    ['blank', 'good', 'no-crystal', 'strong', 'weak']
    """
    settings = find_preset(preset, **changes)
    shots = draw_shots(settings, seed, range(check_count(n)))
    if not needs_spots(settings):
        return label_all(settings, shots)
    from featcls.simulate.render import expected_light

    return [label(settings, {**row, **expected_light(settings, row)[1]}) for row in shots.rows()]


def check_count(n: int) -> int:
    """`n` as it is, if it counts frames."""
    if n < 0:
        raise ValueError(f"n is {n}; ask for 0 frames or more")
    return n
