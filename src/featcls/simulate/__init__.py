"""Labelled diffraction frames, made from physics.

`make_dataset` gives arrays in memory, `shot` one frame, `counts` the same before the square root,
`labels` the classes without any pixel. Shot i of a series depends on the preset, the seed and i
alone.
"""

from featcls.simulate.dataset import classes, counts, labels, make_dataset, shot
from featcls.simulate.presets import DEFAULT_PRESET, PRESETS, find_preset
from featcls.simulate.rules import CLASSES

__all__ = [
    "CLASSES",
    "DEFAULT_PRESET",
    "PRESETS",
    "classes",
    "counts",
    "find_preset",
    "labels",
    "make_dataset",
    "shot",
]
