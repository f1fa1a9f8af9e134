"""Finding ice rings, which the DiffraNet paper names as its next class."""

import numpy as np

from featcls.simulate import find_preset
from featcls.simulate.settings import Preset
from featcls.simulate.shots import draw_shots
from featcls.studies import ablation
from featcls.studies import pipelines as p
from featcls.studies.base import Setting, Study, Table
from featcls.studies.bench import Bench
from featcls.studies.frames import simulated
from featcls.studies.tables import measured, table

PRESET = "diffranet-figure"
FRAMES = {"toy": 20, "small": 800, "full": 12000}
SHARE = 0.3  # of the lit frames
SHARES = (0.7, 0.3)
CLASSES = ("no ice", "ice")
METRIC = "balanced_accuracy"
ALL = "all four"


def run(setting: Setting) -> list[Table]:
    """Return how well each kind of feature finds ice, of any strength and of faint rings."""
    n = setting.of(FRAMES)
    bench = Bench(simulated(PRESET, n, changes={"ice_share": SHARE}), setting)
    settings = find_preset(PRESET, ice_share=SHARE)
    assert isinstance(settings, Preset)  # of crystals
    ice = draw_shots(settings, 0, np.arange(n)).ice
    bench.relabel((ice > 0).astype(np.int64), CLASSES)
    faint = float(np.median(ice[ice > 0]))
    splits = bench.splits(*SHARES)
    kinds = {
        "intensity": p.intensity(),
        "LBP": p.lbp(),
        "GLCM": p.glcm(),
        "CCF": [p.step("ccf")],
    }
    groups = dict(kinds)
    kinds[ALL] = [step for own in groups.values() for step in own]
    configs = {label: p.config(features) for label, features in kinds.items()}
    bench.vectors(*configs.values())  # all features in one pass over the frames
    found = {label: bench.outcomes(config, splits) for label, config in configs.items()}
    rows = []
    for label, outcomes in [*found.items(), *bench.trivial(splits)]:
        weak = []
        for (scores, y), parts in zip(outcomes, splits, strict=True):
            kept = (y == 0) | (ice[parts[-1]] <= faint)
            weak.append((scores[kept], y[kept]))
        rows.append([
            label,
            measured(METRIC, outcomes, CLASSES),
            measured("recall@ice", outcomes, CLASSES),
            measured(METRIC, weak, CLASSES),
        ])  # fmt: skip
    notes = [
        f"{n} simulated frames of {PRESET}, ice rings on {SHARE:.0%} of the lit ones, at 5 to "
        "50 % of the water ring's height. Fainter rings: the lower half of these. The paper "
        "names the class and has no figures for it.",
    ]
    columns = ["features", "balanced accuracy", "rings found", "balanced accuracy, fainter rings"]
    rest = ablation.features(configs[ALL], groups, bench, splits, METRIC)
    about = "Balanced accuracy of all four."
    return [table("Ice or none", columns, rows, notes), ablation.rests(rest, about)]


STUDY = Study(
    "ice",
    "Ice rings",
    "Souza et al. (2018), conclusions",
    "nothing; simulated frames only",
    {"small": "800 frames of 512 x 512", "full": "12,000 frames"},
    run,
)
