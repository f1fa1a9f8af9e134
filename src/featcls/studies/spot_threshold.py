"""Counting spots: the threshold of each run, and what it loses (Ke et al., table 2, fig. 7)."""

from typing import Any

import numpy as np

from featcls.studies.base import Setting, Study, Table
from featcls.studies.bench import Bench
from featcls.studies.frames import SCREENED, screening_note, screening_runs
from featcls.studies.spot_finding import NOTE, TABLE_2, TABLE_3, counts, recalls, threshold
from featcls.studies.tables import BESIDE, beside, paper, share, table


def run(setting: Setting) -> list[Table]:
    """Return the histograms of spot counts and what the best threshold keeps."""
    histogram: list[list[Any]] = []
    kept: list[list[Any]] = []
    for name, data in screening_runs(setting).items():
        bench = Bench(data, setting)
        found = counts(bench, name, setting)[bench.good]
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
    ]


STUDY = Study(
    "spot-threshold",
    "Counting spots",
    "Ke et al. (2018), table 2 and figure 7",
    "nothing; `--data`: CXIDB 76, a folder a run (L498, LG36, LN84, LN83, LO19)",
    {"small": "5 x 240 frames of 3 to 4 Mpx", "full": "5 x 2,000 frames"},
    run,
)
