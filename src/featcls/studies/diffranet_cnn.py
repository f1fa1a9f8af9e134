"""DeepFreak on simulated diffraction (Souza et al., tables 1, 2, 5, 6 and 11, figures 3 and 4)."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featcls.config import Config
from featcls.plugins import registry
from featcls.search import warm_start as warm
from featcls.studies import ablation, curves, deepfreak, networks
from featcls.studies import pipelines as p
from featcls.studies.base import Setting, Study, Table
from featcls.studies.bench import Bench
from featcls.studies.diffranet_search import CONFUSION, PRESET, TEST, TESTED, VALIDATED, confusion
from featcls.studies.frames import DIFFRANET, written
from featcls.studies.tables import BESIDE, Figure, Outcome, beside, measured, paper, share, table

PARTS = {
    "toy": {"train": 20, "validation": 10, "test": 10},
    "small": {"train": 500, "validation": 150, "test": 350},
    "full": {"train": 10000, "validation": 2400, "test": 12600},
}
TABLE_11: Mapping[str, Mapping[str, Any]] = {
    "A": {
        "topology": 6,
        "lr": 8.6673e-4,
        "momentum": 0.7770,
        "weight_decay": 2.5380e-5,
        "batch_size": 1,
    },
    "B": deepfreak.TABLE_2,
    "C": {
        "topology": 1,
        "lr": 5.9409e-3,
        "momentum": 0.70739,
        "weight_decay": 3.0193e-5,
        "batch_size": 2,
    },
}
STOPS = {
    "toy": (1, 2),
    "small": (1, 8, 16, 24),
    "full": (1, 2, 5, 10, 15, 20, 30, 60, 100, 140, 180),
}
DEEPFREAK = paper(0.9851, "table 5", TESTED)
TABLE_3 = {"rf": "GLCM, rf, table 3", "svm": "GLCM, svm, table 3"}
HITS = ("weak", "good", "strong")
TABLE_6 = (  # true class by row
    (2069, 0, 0, 0, 0),
    (0, 3266, 2, 0, 0),
    (1, 18, 3280, 47, 0),
    (0, 0, 38, 2368, 38),
    (0, 0, 0, 44, 1428),
)
GROUPS = {"GLCM": p.glcm(), "LBP": p.lbp(), "spots": p.spots(gain=0.3)}
EVERY = p.config([step for own in GROUPS.values() for step in own])
UNION = "GLCM, LBP, spots, rf"
ROLES = ("train", "validation", "test")
VALIDATION, JUDGED, LEARNED = 0, 1, 2  # the parts that a network is tried on


def run(setting: Setting) -> list[Table]:
    """Return the three best networks, their learning curves, and the chosen one's test figures."""
    networks.require(registry(setting.plugins), "deepfreak")
    if setting.data is None:
        data = written(setting, PRESET, setting.of(PARTS))
    else:
        data = {"source": setting.data, "select": {"classes": list(DIFFRANET)}}
    bench = Bench(data, setting)
    train, validation, test = (bench.good[bench.split[bench.good] == role] for role in ROLES)
    splits = [[train, validation, test, train]] * setting.seeds
    configs = {name: deepfreak.network(setting, best) for name, best in TABLE_11.items()}
    trained = networks.stages(bench, list(configs.values()), splits, setting.of(STOPS))
    stages = dict(zip(configs, trained, strict=True))
    chosen = max(stages, key=lambda name: np.mean(curves.accuracies(stages[name], -1)))
    tests = [seed[-1].outcomes[JUDGED] for seed in stages[chosen]]
    notes = [
        _note(bench, (train, validation, test)),
        deepfreak.note(setting, configs["B"]),
    ]
    return [
        _three(configs, stages, bench.classes, notes),
        curves.bands(stages),
        curves.curve(f"the chosen network, {chosen}", stages[chosen], VALIDATION, LEARNED),
        _tested(chosen, tests, bench, [(train, test)] * setting.seeds),
        confusion(f"DeepFreak {chosen}", tests, "table 6", TABLE_6),
        _rests(bench, chosen, stages[chosen], (train, test)),
    ]


def _rests(bench: Bench, name: str, stages: curves.Seeds, parts: Sequence[NDArray[Any]]) -> Table:
    """Return what the network gains by frames and epochs, and the forest by its features."""
    train, test = parts
    splits = [parts] * len(stages)
    config, label = deepfreak.network(bench.setting, TABLE_11[name]), f"DeepFreak {name}"
    last, earlier = ([seed[k].outcomes[JUDGED] for seed in stages] for k in (-1, -2))
    part = ablation.PARTS[0]
    fewer = [[ablation.drawn(train, part, seed), test] for seed in range(len(stages))]
    less = networks.outcomes(bench, config, fewer)
    told = f"epochs after {stages[0][-2].epochs}"
    rows = [
        [label, *ablation.compared(what, last, other, bench.classes)]
        for what, other in ((told, earlier), (ablation.left_out(part), less))
    ]
    carried = ablation.features(EVERY, GROUPS, bench, splits)
    rows += [[UNION, *cells] for cells in carried]
    return ablation.rests(rows, "Accuracy on the test frames.", front=["pipeline"])


def _three(
    configs: Mapping[str, Config],
    stages: Mapping[str, curves.Seeds],
    classes: Sequence[str],
    notes: Sequence[str],
) -> Table:
    rows = []
    for name, best in TABLE_11.items():
        own = configs[name]["classifier"]["params"]
        both = [_both(best[key], own[key]) for key in best]
        validated = [seed[-1].outcomes[VALIDATION] for seed in stages[name]]
        theirs = paper(0.9842, "section 5.2", VALIDATED) if name == "B" else None
        ours = measured("accuracy", validated, classes)
        rows.append([name, *both, *beside(ours, theirs)])
    columns = ["network", *(key.replace("_", " ") for key in TABLE_11["B"])]
    columns += [f"validation, {word}" for word in BESIDE]
    return table("The three best of table 11", columns, rows, notes)


def _both(theirs: float, ours: float) -> str:
    return f"{theirs:g}" if theirs == ours else f"{ours:g} for {theirs:g}"


def _note(bench: Bench, parts: Sequence[NDArray[Any]]) -> str:
    source = "The given frames" if bench.setting.data else f"Simulated frames ({PRESET})"
    n = ", ".join(f"{len(rows)} {role}" for rows, role in zip(parts, ROLES, strict=True))
    return f"{source}: {n}; the paper 10,000, 2,400 and 12,600 of 512 x 512 pixels."


def _tested(
    name: str, tests: Sequence[Outcome], bench: Bench, pairs: Sequence[Sequence[NDArray[Any]]]
) -> Table:
    label = f"DeepFreak {name}"
    features = _features(bench)
    bench.vectors(*(config for config, _ in features.values()))  # one pass over the frames
    found: list[tuple[str, Sequence[Outcome], Figure | None]] = [(label, tests, DEEPFREAK)]
    found += [
        (k, bench.outcomes(config, pairs), theirs) for k, (config, theirs) in features.items()
    ]
    found += [(k, outcomes, None) for k, outcomes in bench.trivial(pairs)]
    printed = {label: paper(0.9983, "section 5.3", TESTED)} | {
        TABLE_3[kind]: _of_counts(counts, where) for kind, (where, counts) in CONFUSION.items()
    }
    rows = []
    for k, outcomes, theirs in found:
        ours = measured("accuracy", outcomes, bench.classes)
        hits = share([_told_apart(outcome, bench.classes) for outcome in outcomes])
        rows.append([k, *beside(ours, theirs), *beside(hits, printed.get(k))])
    columns = ["pipeline", *BESIDE, *(f"diffraction or not, {word}" for word in BESIDE)]
    notes = [
        f"The network is the one with the best mean validation accuracy, {name}; in the paper B. "
        "Features are of the frames of full size unless said otherwise. Diffraction is weak, good "
        "or strong; the paper's figures of that for rf and svm are of the counts of its tables."
    ]
    return table("Test frames", columns, rows, notes)


def _features(bench: Bench) -> dict[str, tuple[Config, Figure | None]]:
    """Return the pipelines that stand beside the networks, and the paper's figures for them."""
    shipped, _ = warm.load("diffranet", bench.registry, bench.classes)
    found: dict[str, tuple[Config, Figure | None]] = {
        label: (config, TEST["glcm", kind])
        for (kind, label), config in zip(TABLE_3.items(), shipped, strict=False)  # its first two
    }
    found[UNION] = (EVERY, DEEPFREAK | {"note": "CNN"})
    if chain := bench.setting.of(deepfreak.CHAIN):
        found[f"{UNION} on the network's frames"] = ({**EVERY, "preprocess": chain}, None)
    return found


def _of_counts(counts: Sequence[Sequence[int]], where: str) -> Figure:
    """Return the share of frames told apart rightly, diffraction or not, of printed counts."""
    n = np.array(counts)
    first = DIFFRANET.index(HITS[0])
    right = n[:first, :first].sum() + n[first:, first:].sum()
    return paper(round(float(right / n.sum()), 5), where, int(n.sum()))


def _told_apart(outcome: Outcome, classes: Sequence[str]) -> tuple[int, int]:
    scores, y = outcome
    hit = np.isin(classes, HITS)
    return int((hit[scores.argmax(axis=1)] == hit[y]).sum()), len(y)


STUDY = Study(
    "diffranet-cnn",
    "DeepFreak",
    "Souza et al. (2018), tables 1, 2, 5, 6, 11, figures 3 and 4",
    "the plugin featcls-torch; `--data`: `synthetic` of DiffraNet",
    {
        "small": "1,000 frames; 3 networks of 128 x 128 pixels and 24 epochs a seed",
        "full": "25,000 frames of 512 x 512; 3 networks of 180 epochs a seed: days on a GPU",
    },
    run,
)
