"""Counting spots: the threshold of each run, and what it loses (Ke et al., table 2, fig. 7)."""

from typing import Any

import numpy as np

from featcls.config import Config
from featcls.studies import ablation
from featcls.studies import pipelines as p
from featcls.studies.base import Setting, Study, Table
from featcls.studies.bench import Bench
from featcls.studies.frames import SCREENED, screening_note, screening_runs
from featcls.studies.spot_finding import (
    NOTE,
    TABLE_2,
    TABLE_3,
    counts,
    finder,
    in_photons,
    recalls,
    threshold,
)
from featcls.studies.tables import BESIDE, Outcome, beside, paper, share, table

CLASSES = ("miss", "hit or maybe")
WIDE = ("the wide pixels between chips", {"border_gain": 1.0})
STEPS = ("steps of seven photons at low gain", {"low_gain_spacing": 0.0})
METRIC = "balanced_accuracy"
FACTORS = {"L498": (WIDE,), "LG36": (WIDE, STEPS)}  # of the simulated detectors


def run(setting: Setting) -> list[Table]:
    """Return the histograms of spot counts and what the best threshold keeps."""
    histogram: list[list[Any]] = []
    kept: list[list[Any]] = []
    rest: list[list[Any]] = []
    for name, data in screening_runs(setting).items():
        bench = Bench(data, setting)
        bench.vectors(*_finders(name, setting))  # in one pass over the frames
        found = counts(bench, name)[bench.good]
        y = bench.y[bench.good]
        hit = y != bench.classes.index("miss")
        for code, label in enumerate(SCREENED):
            own = found[y == code]
            ends = np.quantile(own, (0.1, 0.5, 0.9)).tolist() if len(own) else [None] * 3
            histogram.append([name, label, len(own), *ends])
        least = threshold(found, hit)
        hits, misses = recalls(found >= least, hit)
        theirs = TABLE_3[name][1]
        cells = [" / ".join(f"{value:g}" for value in TABLE_2[name]), least]
        kept += [
            [name, *cells, "hits found", *beside(share([hits]), paper(theirs[0], "table 3"))],
            [
                name,
                *cells,
                "misses kept out",
                *beside(share([misses]), paper(theirs[1], "table 3")),
            ],
            [name, *cells, "trivial: all miss, hits found", share([(0, hits[1])]), None, ""],
        ]
        if setting.data is None:
            rest += [[name, *cells] for cells in _without(bench, name, data)]
    settings = "table 2: gain / global threshold / sigma_strong / area"
    return [
        table(
            "Spots found on a frame, by class",
            ["run", "class", "frames", "10 %", "median", "90 %"],
            histogram,
            [screening_note(setting)],
        ),
        table(
            "The best threshold on the number of spots",
            ["run", settings, "least spots of a hit", "figure", *BESIDE],
            kept,
            [
                NOTE,
                "The threshold is the best for the very frames that it is shown on, as the "
                "paper's was; it states no number of frames behind the shares of table 3, so "
                "these have no interval here.",
            ],
        ),
        *_rests(rest),
    ]


def _finders(name: str, setting: Setting) -> list[Config]:
    limits = [None] if setting.data else [None, in_photons(name)]
    return [p.config([finder(name, setting, limit)]) for limit in limits]


def _without(bench: Bench, name: str, data: Any) -> list[list[Any]]:
    """Return what the best threshold loses or gains as a trait of the simulation goes."""
    whole = [_told(bench, counts(bench, name))]
    limit: float | None = in_photons(name)
    less = {"the preset's gain under the global threshold": (bench, limit)}
    for label, changes in FACTORS.get(name, ()):
        options = data["options"]
        made = {**options, "changes": {**options["changes"], **changes}}
        less[label] = (Bench({**data, "options": made}, bench.setting), None)
    return [
        ablation.apart(label, whole, [_told(own, counts(own, name, limit))], CLASSES, METRIC)
        for label, (own, limit) in less.items()
    ]


def _told(bench: Bench, spots: Any) -> Outcome:
    """Return frames called by the best threshold on their number of spots, and the truth."""
    found, hit = spots[bench.good], bench.y[bench.good] != bench.classes.index("miss")
    return np.eye(2)[(found >= threshold(found, hit)).astype(int)], hit.astype(int)


def _rests(rows: list[list[Any]]) -> list[Table]:
    notes = (
        "Balanced accuracy of the best threshold. The global threshold is in counts, and a "
        "photon gives more of them in the presets of L498 and the Rayonix than in table 2: "
        "without that, it lies at as many photons as the paper's.",
        "CSPAD: pixels between two chips are wider and count more; those of LG36 that see "
        "spacings above 3.2 angstrom count in steps of seven photons.",
    )
    return [ablation.rests(rows, *notes, front=["run"])] if rows else []


STUDY = Study(
    "spot-threshold",
    "Counting spots",
    "Ke et al. (2018), table 2 and figure 7",
    "nothing; `--data`: CXIDB 76, a folder a run (L498, LG36, LN84, LN83, LO19)",
    {"small": "5 x 240 frames of 3 to 4 Mpx", "full": "5 x 2,000 frames"},
    run,
)
