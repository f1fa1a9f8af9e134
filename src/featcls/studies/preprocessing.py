"""LCN against linear contrast against none, for textures (Ke et al., table 8)."""

from collections.abc import Mapping, Sequence
from typing import Any

from featcls.plugins import registry
from featcls.studies import ablation, networks, screening_cnn
from featcls.studies import pipelines as p
from featcls.studies.base import Setting, Study, Table
from featcls.studies.bench import Bench
from featcls.studies.frames import RAYONIX, screening_note, screening_runs
from featcls.studies.hit_finding import SHARES, TEST, chain
from featcls.studies.pictures import several
from featcls.studies.tables import BESIDE, Outcome, paper, rated, table, together

STEPS: dict[str, list[p.Step]] = {
    "none": [],
    "linear contrast, M 0.4": [p.step("linear_contrast", contrast=0.4)],
    "LCN": [p.step("lcn", window=9)],
}
METRIC = "balanced_accuracy"
FEATURES, NETWORK = "features", "CNN"
PLUGINS = ("featcls.studies.contrast",)
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
    """Return the accuracy behind each step, the same features and the same CNN behind all."""
    runs = screening_runs(setting)
    groups = {}
    for group, members in GROUPS.items():
        own = [Bench(runs[k], setting, PLUGINS) for k in members if k in runs]
        if own:
            groups[group] = own
    absent = networks.missing(registry(setting.plugins), "ke")
    trained = {} if absent else _by_network(groups, setting)
    rows, rest = [], []
    for group, benches in groups.items():
        found = {(FEATURES, label): own for label, own in _by_features(benches, setting).items()}
        found |= {(NETWORK, label): trained[group, label] for label in STEPS if trained}
        for (pipeline, label), outcomes in found.items():
            printed, n = TABLE_8.get((group, label)), TEST * len(GROUPS[group])
            theirs = None if printed is None else paper(printed, "table 8", n)
            rows.append([group, label, pipeline, *rated(outcomes, benches[0].classes, theirs)])
        rows += _trivial(group, benches)
        rest += [[group, *cells] for cells in _gained(found, benches[0].classes)]
    notes = [
        screening_note(setting),
        "Features: LBP, moments and quantiles, GLCM of 32 levels over the frame's own range, and "
        "a forest. The paper trains a CNN, and says of no step at all only that training was "
        "almost impossible.",
        screening_cnn.note(setting, absent),
    ]
    columns = ["frames", "step", "pipeline", "balanced accuracy", *BESIDE]
    about = "The same pipeline behind the step and behind none; balanced accuracy."
    rests = ablation.rests(rest, about, front=["frames", "pipeline"])
    return [table("Success rate behind each step", columns, rows, notes), rests]


def _gained(
    found: Mapping[tuple[str, str], Sequence[Outcome]], classes: Sequence[str]
) -> list[list[Any]]:
    """Return what each step gives each pipeline over none."""
    none, *steps = STEPS
    return [
        [pipeline, *ablation.compared(label, own, found[pipeline, none], classes, METRIC)]
        for (pipeline, label), own in found.items()
        if label in steps
    ]


def _by_features(benches: Sequence[Bench], setting: Setting) -> dict[str, list[Outcome]]:
    features = [*p.lbp(), *p.intensity(), *p.glcm(ends="frame", levels=32)]
    configs = {
        label: p.config(features, preprocess=[*chain(setting), *steps])
        for label, steps in STEPS.items()
    }
    splits = [bench.splits(*SHARES) for bench in benches]
    vectors = [bench.vectors(*configs.values()) for bench in benches]
    found: dict[str, list[Outcome]] = {}
    for k, (label, config) in enumerate(configs.items()):
        parts = [(X[k], b.y, own) for X, b, own in zip(vectors, benches, splits, strict=True)]
        found[label] = [
            benches[0].outcome(config, _part(parts, seed, 0), _part(parts, seed, -1), seed)
            for seed in range(setting.seeds)
        ]
    return found


def _by_network(
    groups: Mapping[str, Sequence[Bench]], setting: Setting
) -> dict[tuple[str, str], list[Outcome]]:
    """Train the CNN behind each step on the runs of each group, all of them side by side."""
    configs = [screening_cnn.network(setting, *steps) for steps in STEPS.values()]
    fits, keys = [], []
    for group, benches in groups.items():
        splits = [bench.splits(*SHARES) for bench in benches]
        frames = [several(bench, configs) for bench in benches]
        for k, (label, config) in enumerate(zip(STEPS, configs, strict=True)):
            parts = [(f[k], b.y, own) for f, b, own in zip(frames, benches, splits, strict=True)]
            for seed in range(setting.seeds):
                learn, held = _part(parts, seed, 0), _part(parts, seed, -1)
                fits.append(networks.fit(benches[0], config, learn, held, seed))
                keys.append((group, label))
    found: dict[tuple[str, str], list[Outcome]] = {}
    for key, stages in zip(keys, networks.tried(fits, setting), strict=True):
        found.setdefault(key, []).append(together(stages[-1].outcomes))
    return found


def _part(parts: Sequence[Any], seed: int, at: int) -> list[Any]:
    return [(X, y, splits[seed][at]) for X, y, splits in parts]


def _trivial(group: str, benches: Sequence[Bench]) -> list[list[Any]]:
    """Return the baselines, each fitted to its own run, over the runs together."""
    rows = []
    for same in zip(*(bench.trivial(bench.splits(*SHARES)) for bench in benches), strict=True):
        by_seed = zip(*(outcomes for _, outcomes in same), strict=True)
        outcomes = [together(own) for own in by_seed]
        rows.append([group, "none", same[0][0], *rated(outcomes, benches[0].classes)])
    return rows


STUDY = Study(
    "preprocessing",
    "What goes before the features",
    "Ke et al. (2018), table 8",
    "the plugin featcls-torch for the rows of a CNN; `--data`: CXIDB 76, a folder a run",
    {"small": "5 x 240 frames of 3 to 4 Mpx, three chains", "full": "5 x 2,000 frames"},
    run,
)
