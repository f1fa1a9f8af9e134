"""Single hits of single particles selected (Ignatenko et al., slides of 2020)."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from featcls.studies import ablation, networks, spi_averages
from featcls.studies.base import Setting, Study, Table
from featcls.studies.selection import figures
from featcls.studies.spi_frames import COUNTS, PRESET, WANTED, Hits, hits
from featcls.studies.spi_selectors import (
    EVERY,
    by_features,
    by_networks,
    classical,
    methods,
    protocol,
    rests,
    trivial,
)
from featcls.studies.tables import BESIDE, share, table

PAPER: dict[str, Any] = {"wanted": 995, "others": 16937}
SELECTED = "slides, intersection selection"
# Network -> depth, input, selected single hits, how many of these the manual selection has.
NETWORKS: Mapping[str, tuple[int, str, int, int]] = {
    "YOLOv2, color, linear": (19, "jet", 1185, 597),
    "YOLOv2, color, log": (19, "jet-log", 1368, 614),
    "YOLOv2, grayscale, linear": (19, "grey", 1756, 622),
    "YOLOv2, grayscale, log": (19, "grey-log", 904, 487),
    "YOLOv3, color, linear": (53, "jet", 1041, 505),
    "YOLOv3, grayscale, linear": (53, "grey", 2316, 465),
}
EM = (1085, 574)


def run(setting: Setting) -> list[Table]:
    """Return what each pipeline selects of the test frames, and what the size filter keeps."""
    found = hits(setting)
    bench = found.bench
    rows = []
    absent = networks.missing(bench.registry, "darknet")
    if absent is None:
        wanted = {label: (depth, inputs) for label, (depth, inputs, *_) in NETWORKS.items()}
        for label, selected in by_networks(found, wanted).items():
            rows += figures(label, selected, NETWORKS[label][2:], where=SELECTED, **PAPER)
    em = [spi_averages.by_averages(found, seed) for seed in range(setting.seeds)]
    why = {"where": "slides, reference method", "why": "printed 34 %, by its counts 38 %"}
    rows += figures("Poisson averages (EM)", em, EM, **why, **PAPER)
    configs = classical()
    bench.vectors(*configs.values())  # all features in one pass over the frames
    for label, config in configs.items():
        printed = NETWORKS["YOLOv2, color, linear"][2:] if label == EVERY else None
        selected = by_features(found, config)
        rows += figures(f"{label}, forest", selected, printed, where=SELECTED, **PAPER)
    for label, selected in trivial(found).items():
        rows += figures(label, selected)
    trained = (
        protocol(setting) if absent is None else f"The slides' networks are left out: {absent}."
    )
    notes = [_frames_note(found), methods(setting), trained]
    columns = ["pipeline", "figure", *BESIDE]
    rest = [*rests(found), *spi_averages.rests(found, em)]
    rested = ablation.rests(rest, "F1 of single hits.", front=["pipeline"])
    return [
        table("Single hits selected", columns, rows, notes),
        rested,
        *_filtered(found),
    ]


def _filtered(found: Hits) -> list[Table]:
    """Return how the size filter keeps to the true sizes of single particles."""
    if found.true_size is None:
        return []
    single = found.bench.y == 1
    within = single & (found.true_size >= WANTED[0]) & (found.true_size <= WANTED[1])
    outside = single & ~within
    kept = [int((found.kept & part).sum()) for part in (within, outside)]
    rows = [
        ["single hits of these sizes kept", share([(kept[0], int(within.sum()))])],
        ["single hits of other sizes kept", share([(kept[1], int(outside.sum()))])],
        ["other hits kept", share([(int((found.kept & ~single).sum()), int((~single).sum()))])],
    ]
    error = np.median(np.abs(found.size - found.true_size)[single])
    notes = [
        f"{WANTED[0]:g} to {WANTED[1]:g} nm by the sphere that fits the radial profile best. The "
        f"true size is that of a sphere of the icosahedron's volume; half of the fits to single "
        f"hits lie within {error:.2g} nm of it."
    ]
    return [table("The size filter", ["frames", "featcls"], rows, notes)]


def _frames_note(found: Hits) -> str:
    bench, setting = found.bench, found.bench.setting
    told = ", ".join(
        f"{int((bench.y[rows] == 1).sum())} + {int((bench.y[rows] == 0).sum())} {name}"
        for name, rows in found.sets[0].items()
    )
    what = "given frames" if setting.data else f"simulated hits (preset {PRESET}, no empty shots)"
    return (
        f"{len(bench.good)} {what}, of which those between {WANTED[0]:g} and {WANTED[1]:g} nm are "
        f"used: {told} frames (single hits + others; the slides {_slides()}), drawn anew for each "
        "seed. The slides' figures are by their counts. Intervals are of the frames: IoU is a "
        "share of the union, and F1 follows from it."
    )


def _slides() -> str:
    return ", ".join(f"{a} + {b:,}" for a, b in COUNTS["full"].values())


STUDY = Study(
    "spi-single-hit",
    "Single hits of single particles",
    "Ignatenko (2020), slides: results, comparison with a reference method",
    "the plugin featcls-torch for its networks, the other rows without it; `--data`: hits with "
    "the class `single` and the splits train, validation and test",
    {
        "small": "1,050 hits of 123 x 240; six networks a seed",
        "full": "28,200 hits of 123 x 240 (3.3 GB); six networks a seed",
    },
    run,
)
