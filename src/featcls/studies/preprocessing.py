"""LCN against linear contrast against none, for textures (Ke et al., table 8)."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from featcls.studies import pipelines as p
from featcls.studies.base import Setting, Study, Table
from featcls.studies.bench import Bench, Chosen
from featcls.studies.frames import RAYONIX, screening_note, screening_runs
from featcls.studies.hit_finding import SHARES, TEST, chain
from featcls.studies.tables import BESIDE, Outcome, beside, measured, paper, table

STEPS: dict[str, list[p.Step]] = {
    "none": [],
    "linear contrast, M 0.4": [p.step("linear_contrast", contrast=0.4)],
    "LCN": [p.step("lcn", window=9)],
}
GROUPS = {"Rayonix": RAYONIX, "LG36": ("LG36",), "L498": ("L498",)}
TABLE_8 = {
    ("Rayonix", "linear contrast, M 0.4"): 0.69,
    ("Rayonix", "LCN"): 0.91,
    ("LG36", "linear contrast, M 0.4"): 0.95,
    ("LG36", "LCN"): 0.96,
    ("L498", "linear contrast, M 0.4"): 0.68,
    ("L498", "LCN"): 0.81,
}


def run(setting: Setting) -> list[Table]:
    """Return the accuracy behind each step, the same features behind all."""
    runs = screening_runs(setting)
    rows = []
    features = [*p.lbp(), *p.intensity(), *p.glcm(ends="frame", levels=32)]
    configs = {
        label: p.config(features, preprocess=[*chain(setting), *steps])
        for label, steps in STEPS.items()
    }
    for group, members in GROUPS.items():
        names = [name for name in members if name in runs]
        benches = [Bench(runs[name], setting, ["featcls.studies.contrast"]) for name in names]
        if not benches:
            continue
        splits = [bench.splits(*SHARES) for bench in benches]
        vectors = [bench.vectors(*configs.values()) for bench in benches]
        for k, (label, config) in enumerate(configs.items()):
            parts = [(X[k], b.y, own) for X, b, own in zip(vectors, benches, splits, strict=True)]
            outcomes = [
                benches[0].outcome(config, _part(parts, seed, 0), _part(parts, seed, -1), seed)
                for seed in range(setting.seeds)
            ]
            printed = TABLE_8.get((group, label))
            theirs = None if printed is None else paper(printed, "table 8", TEST * len(members))
            rows.append(_row(group, label, outcomes, theirs, benches[0].classes))
        rows += _trivial(group, benches, splits)
    return [
        table(
            "Success rate behind each step",
            ["frames", "step", "balanced accuracy", *BESIDE],
            rows,
            [
                screening_note(setting),
                "Behind each step the same features (LBP, moments and quantiles, GLCM of 32 "
                "levels over the frame's own range) and a forest; the paper trains a CNN, and "
                "says of no step at all only that training was almost impossible.",
            ],
        )
    ]


def _part(parts: Sequence[Any], seed: int, at: int) -> list[Chosen]:
    return [(X, y, splits[seed][at]) for X, y, splits in parts]


def _row(
    group: str, label: str, outcomes: Sequence[Outcome], theirs: Any, classes: Sequence[str]
) -> list[Any]:
    balanced = measured("balanced_accuracy", outcomes, classes)
    return [group, label, balanced, *beside(measured("accuracy", outcomes, classes), theirs)]


def _trivial(group: str, benches: Sequence[Bench], splits: Sequence[Any]) -> list[list[Any]]:
    """Return the baselines, each fitted to its own run, over the runs together."""
    found = [bench.trivial(own) for bench, own in zip(benches, splits, strict=True)]
    rows = []
    for same in zip(*found, strict=True):
        by_seed = zip(*(outcomes for _, outcomes in same), strict=True)
        together = [
            (np.concatenate([o[0] for o in own]), np.concatenate([o[1] for o in own]))
            for own in by_seed
        ]
        rows.append(_row(group, same[0][0], together, None, benches[0].classes))
    return rows


STUDY = Study(
    "preprocessing",
    "What goes before the features",
    "Ke et al. (2018), table 8",
    "nothing; `--data`: CXIDB 76, a folder a run",
    {"small": "5 x 240 frames of 3 to 4 Mpx, three chains", "full": "5 x 2,000 frames"},
    run,
)
