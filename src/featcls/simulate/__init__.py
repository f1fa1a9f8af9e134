"""Labelled diffraction frames, made from physics.

`make_dataset` gives arrays in memory, `shot` one frame, `labels` the classes without any pixel.
Shot i of a series depends on the preset, the seed and i alone.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from featcls.simulate import draws
from featcls.simulate.presets import PRESETS, Preset, find_preset
from featcls.simulate.shots import CLASSES, draw_shots

__all__ = ["CLASSES", "PRESETS", "Preset", "labels", "make_dataset", "render", "shot"]

DEFAULT_PRESET = "diffranet-figure"


def make_dataset(
    n: int, seed: int = 0, preset: str = DEFAULT_PRESET
) -> tuple[NDArray[np.uint8], list[str], list[dict[str, Any]]]:
    """Simulated serial-crystallography frames with their classes.

    Parameters
    ----------
    n : int
        Number of frames.
    seed : int
        Seed of the series, non-negative.
    preset : str
        Name of a preset, see `PRESETS`.

    Returns
    -------
    images : (n, rows, cols) uint8 array
        Square root of the counts.
    labels : list of str
        One of `CLASSES` a frame.
    truth : list of dict
        What each frame was made of.

    Raises
    ------
    ValueError
        Unknown preset, or a negative number.

    Examples
    --------
    >>> images, classes, truth = make_dataset(2, seed=1)
    >>> images.shape, images.dtype, len(classes), truth[1]["index"]
    ((2, 512, 512), dtype('uint8'), 2, 1)
    """
    settings = find_preset(preset)
    rows = draw_shots(settings, seed, _counted(n)).rows()
    images = np.empty((n, *settings.shape), np.uint8)
    for image, truth in zip(images, rows, strict=True):
        image[...] = render(settings, seed, truth)
    return images, [truth["label"] for truth in rows], rows


def shot(preset: str, seed: int, index: int) -> tuple[NDArray[np.uint8], dict[str, Any]]:
    """Frame `index` of a series and its truth; the same as `make_dataset(...)[0][index]`."""
    settings = find_preset(preset)
    (truth,) = draw_shots(settings, seed, [index]).rows()
    return render(settings, seed, truth), truth


def labels(preset: str, n: int, seed: int = 0) -> list[str]:
    """Classes of the first n shots of a series, without rendering one.

    Examples
    --------
    >>> sorted(set(labels("diffranet-figure", 100)))
    ['blank', 'good', 'no-crystal', 'strong', 'weak']
    """
    return draw_shots(find_preset(preset), seed, _counted(n)).label


def render(preset: Preset, seed: int, truth: dict[str, Any]) -> NDArray[np.uint8]:
    """8-bit image of one shot from its truth."""
    from featcls.simulate.background import background
    from featcls.simulate.detector import compress, detect
    from featcls.simulate.spots import expose

    light = np.zeros(preset.shape, np.float32)
    if truth["intensity"] > 0:
        water, air = background(preset)
        light += truth["intensity"] * (truth["jet"] * water + air)
        if truth["volume"] > 0:
            strength = truth["intensity"] * truth["volume"]
            expose(preset, strength, truth["wavelength"], np.array(truth["orientation"]), light)
    return compress(detect(preset, light, int(draws.key(seed, truth["index"]))))


def _counted(n: int) -> range:
    if n < 0:
        raise ValueError(f"n is {n}; ask for 0 frames or more")
    return range(n)
