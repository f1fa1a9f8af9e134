"""Frames of single particles for `spi-single-hit`: hits, sizes, and the sets of the slides."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featcls.errors import DataError
from featcls.simulate import find_preset
from featcls.simulate.spi.render import draw_flights
from featcls.simulate.spi.series import spi_series
from featcls.simulate.spi.settings import SpiPreset
from featcls.simulate.write import write_series
from featcls.studies import pipelines as p
from featcls.studies.base import Setting
from featcls.studies.bench import Bench
from featcls.studies.frames import Data

PRESET = "spi-hits"
SINGLE = "single"
CLASSES = ("not single", SINGLE)
ROI = (123, 240)  # rows and columns of the slides, about the beam
WANTED = (55.0, 84.0)  # nm, of the sphere that scatters alike
SPHERE = 0.846  # its diameter over the distance of opposite corners of an icosahedron
SETS = ("train", "validation", "test")
Counts = dict[str, tuple[int, int]]  # set -> single hits, others
COUNTS: Mapping[str, Counts] = {
    "toy": {"train": (4, 5), "validation": (3, 3), "test": (3, 6)},
    "small": {"train": (55, 130), "validation": (15, 80), "test": (25, 426)},
    "full": {"train": (165, 390), "validation": (53, 283), "test": (995, 16937)},
}
SPARE = (1.45, 1.5)  # single hits and others made for each that is wanted: the filter takes some
# Every shot is a hit, for hit finding went before. Corners 56 to 100 nm apart make spheres of
# 47 to 85 nm: the size filter has something to do.
CHANGES: dict[str, Any] = {
    "shape": ROI,
    "empty_share": 0.0,
    "smallest": 56.0,
    "largest": 100.0,
}
DRAWN = 5000  # shots whose labels are drawn at once, of which the wanted are made


@dataclass(frozen=True)
class Hits:
    """Hits with their sizes, and the sets of each seed.

    Attributes
    ----------
    bench : Bench
        Labels 1 for a single hit, 0 else.
    size : (n,) array
        Fitted diameter in nm.
    kept : (n,) bool array
        Within the size filter.
    true_size : (n,) array, optional
        Of the simulated particle's sphere, in nm.
    sets : list of dict
        Set -> indices of frames, once a seed.
    """

    bench: Bench
    size: NDArray[np.float64]
    kept: NDArray[np.bool_]
    true_size: NDArray[np.float64] | None
    sets: list[dict[str, NDArray[np.int64]]]


def hits(setting: Setting) -> Hits:
    """Return the frames of the study, simulated or given.

    Raises
    ------
    DataError
        Given frames without the class `single`, or without the three splits.
    """
    counts = setting.of(COUNTS)
    data = setting.data or _written(setting, counts)
    bench = Bench(data, setting, ["featcls.studies.sphere"])
    if SINGLE not in bench.classes or bench.y.ndim > 1:
        raise DataError(
            f"{setting.data} has no class {SINGLE!r}", "label single hits so, all else otherwise"
        )
    bench.relabel((bench.y == bench.classes.index(SINGLE)).astype(np.int64), CLASSES)
    (X,) = bench.vectors(p.config([p.step("sphere_size")], preprocess=roi()))
    size = X[:, 0]
    kept = (size >= WANTED[0]) & (size <= WANTED[1])
    true_size = None if setting.data else _true_sizes(Path(str(data)))
    chosen = np.array([i for i in bench.good if kept[i]], np.int64)
    if setting.data:
        sets = [_given(bench, chosen)] * setting.seeds
    else:
        sets = [_drawn(bench.y, chosen, counts, seed) for seed in range(setting.seeds)]
    return Hits(bench, size, kept, true_size, sets)


def roi() -> list[p.Step]:
    """Return the crop of the slides."""
    return [p.step("crop", roi=list(ROI))]


def photons(setting: Setting) -> p.Step:
    """Return what the Poisson averages are made of; given frames are taken to hold photons."""
    if setting.data:
        return p.step("ring_photons")
    preset = find_preset(PRESET)
    return p.step("ring_photons", offset=preset.offset, gain=preset.photon_gain)


def _written(setting: Setting, counts: Counts) -> Data:
    """Write so many hits of each kind, the first of a series, and return their manifest."""
    preset = find_preset(PRESET, **CHANGES)
    assert isinstance(preset, SpiPreset)
    single, others = (round(SPARE[k] * sum(n[k] for n in counts.values())) for k in (0, 1))
    indices = _first(preset, single, others)
    setting.observer(f"{len(indices)} hits of {PRESET}")
    series = spi_series(preset, 0, indices)
    return str(write_series(setting.work / "frames", series, "hdf5", setting.n_jobs))


def _first(preset: SpiPreset, single: int, others: int) -> NDArray[np.int64]:
    """Return the indices of the first so many single hits and others of the series."""
    found: dict[bool, list[int]] = {True: [], False: []}
    start = 0
    while len(found[True]) < single or len(found[False]) < others:
        for row in draw_flights(preset, 0, np.arange(start, start + DRAWN)):
            found[row["label"] == SINGLE].append(row["index"])
        start += DRAWN
    return np.sort(np.array(found[True][:single] + found[False][:others], np.int64))


def _true_sizes(manifest: Path) -> NDArray[np.float64]:
    with open(manifest, encoding="utf-8", newline="") as file:
        rows = csv.DictReader(line for line in file if not line.startswith("#"))
        return SPHERE * np.array([float(row["size"]) for row in rows])


def _drawn(
    y: NDArray[np.int64], chosen: NDArray[np.int64], counts: Counts, seed: int
) -> dict[str, NDArray[np.int64]]:
    """Return the sets in the slides' proportions; the last takes what is left up to its own.

    Examples
    --------
    >>> y = np.array([1, 0, 0, 1, 0, 0])
    >>> sets = _drawn(y, np.arange(6), {"train": (1, 1), "test": (1, 2)}, 0)
    >>> y[sets["train"]].tolist(), y[sets["test"]].tolist()
    ([1, 0], [1, 0, 0])
    """
    order = np.random.default_rng(seed).permutation(chosen)
    left = {1: order[y[order] == 1], 0: order[y[order] == 0]}
    sets = {}
    for name, (single, others) in counts.items():
        parts = []
        for code, n in ((1, single), (0, others)):
            parts.append(left[code][:n])
            left[code] = left[code][n:]
        sets[name] = np.concatenate(parts)
    return sets


def _given(bench: Bench, chosen: NDArray[np.int64]) -> dict[str, NDArray[np.int64]]:
    sets = {name: chosen[bench.split[chosen] == name] for name in SETS}
    for name, rows in sets.items():
        if len(np.unique(bench.y[rows])) < 2:
            raise DataError(
                f"the split {name!r} of {bench.setting.data} lacks single hits or others of "
                f"{WANTED[0]:g} to {WANTED[1]:g} nm",
                "give train, validation and test with both, in a manifest's column split",
            )
    return sets
