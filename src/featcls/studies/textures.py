"""The default search on two public sets of textures, beside published results."""

import os
from pathlib import Path
from typing import Any

from featcls.errors import DataError
from featcls.studies import ablation
from featcls.studies import pipelines as p
from featcls.studies.base import Setting, Study, Table
from featcls.studies.bench import Bench
from featcls.studies.searching import searched
from featcls.studies.tables import BESIDE, Figure, Outcome, beside, measured, paper, table

SHARED = "FEATCLS_SHARED_DATA"
# Folder -> (name, published accuracy). Frames of the test split: 900 and 410.
SETS: dict[str, tuple[str, Figure]] = {
    "neu_det": (
        "NEU, 6 surface defects",
        paper(0.9893, "Song & Yan 2013, AECLBP + SVM", 900, why="other draw of the split"),
    ),
    "kth_tips_gray": (
        "KTH-TIPS, 10 materials",
        paper(0.948, "Hayman et al. 2004", 410, why="quoted from memory, not re-checked"),
    ),
}
EVALS = {"toy": 1, "small": 25, "full": 150}
GROUPS = {"LBP": p.lbp(), "GLCM": p.glcm()}
BOTH = "LBP + GLCM, SVM"
FIXED = {
    "LBP, SVM": p.config(p.lbp(), p.MACHINE),
    "GLCM, SVM": p.config(p.glcm(), p.MACHINE),
    BOTH: p.config([*p.lbp(), *p.glcm()], p.MACHINE),
    "LBP + GLCM, forest": p.config([*p.lbp(), *p.glcm()]),
}


def run(setting: Setting) -> list[Table]:
    """Return test accuracies of fixed pipelines and of the default search."""
    rows, rest = [], []
    for folder, (name, published) in SETS.items():
        data = _data(setting, folder)
        bench = Bench(data, setting)
        split = bench.fixed_split()
        for label, config in FIXED.items():
            ours = measured("accuracy", bench.outcomes(config, split), bench.classes)
            rows.append([name, label, *beside(ours, published)])
        ours = measured("accuracy", _searches(setting, folder, data), bench.classes)
        rows.append([name, "default search", *beside(ours, published)])
        carried = ablation.features(FIXED[BOTH], GROUPS, bench, split)
        rest += [[name, *cells] for cells in carried]
        for label, outcomes in bench.trivial(split):
            ours = measured("accuracy", outcomes, bench.classes)
            rows.append([name, label, *beside(ours, None)])
    notes = [
        f"The test split of each set's own split.csv. The search ({setting.of(EVALS)} "
        "evaluations of the space `default`) runs once a seed and sees the training split "
        "alone; fixed pipelines are fitted once a seed."
    ]
    rests = ablation.rests(rest, f"Accuracy of {BOTH}.", front=["set"])
    return [table("Accuracy on the test split", ["set", "pipeline", *BESIDE], rows, notes), rests]


def _data(setting: Setting, folder: str) -> str:
    root = setting.data or os.environ.get(SHARED, os.path.join("..", "shared", "data"))
    path = Path(root) / folder / "split.csv"
    if not path.exists():
        raise DataError(
            f"{path} does not exist", f"name the folder above {folder} with --data or {SHARED}"
        )
    return str(path)


def _searches(setting: Setting, folder: str, data: Any) -> list[Outcome]:
    from featcls.search.judged import held_out

    found = []
    space = "quick" if setting.scale == "toy" else "default"
    for seed in range(setting.seeds):
        name, evals = f"{folder}-{seed}", setting.of(EVALS)
        run = searched(setting, name, data, space=space, max_evals=evals, random_state=seed)
        judged = held_out(run)
        assert judged is not None  # the sets bring a test split
        found.append((judged.scores, judged.y))
    return found


STUDY = Study(
    "textures",
    "Textures",
    "NEU (Song & Yan 2013), KTH-TIPS (Hayman et al. 2004)",
    "the two sets: `--data` or `FEATCLS_SHARED_DATA` names the folder with `neu_det` and "
    "`kth_tips_gray`",
    {
        "small": "2,610 images; 25 evaluations a set and seed",
        "full": "2,610 images; 150 evaluations a set and seed",
    },
    run,
)
