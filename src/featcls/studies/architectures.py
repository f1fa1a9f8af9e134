"""Residual networks and VGG of several depths (Zimmermann et al., supplement, tables 3 and 4)."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featcls.config import Config
from featcls.evaluate.metrics import micro_accuracy
from featcls.plugins import registry
from featcls.studies import ablation, networks
from featcls.studies import droplets as zimmermann
from featcls.studies.base import Setting, Study, Table
from featcls.studies.bench import Bench
from featcls.studies.frames import simulated
from featcls.studies.networks import Tried
from featcls.studies.tables import BESIDE, Outcome, beside, paper, seconds, share, table

EPOCHS = {"toy": 1, "small": 8, "full": 200}
PARTICLES = {"toy": 16, "small": 400, "full": 4000}
CHANGES: Mapping[str, dict[str, Any]] = {
    "toy": {"shape": [64, 64], "pixel": 300e-6 * 4},
    "small": {},
    "full": {},
}
WHERE = "supplement, table 3"
DEPTHS = {"ResNet-18": 18, "ResNet-50": 50, "ResNet-101": 101, "VGG-16": 16, "VGG-19": 19}
HELIUM = {  # accuracy, precision, recall
    "ResNet-18": (0.955, 0.918, 0.866),
    "ResNet-50": (0.958, 0.917, 0.864),
    "ResNet-101": (0.964, 0.925, 0.878),
    "VGG-16": (0.958, 0.923, 0.867),
    "VGG-19": (0.959, 0.920, 0.867),
}
CXIDB = {
    "ResNet-18": (0.967, 0.932, 0.933),
    "ResNet-50": (0.973, 0.937, 0.937),
    "ResNet-101": (0.978, 0.949, 0.941),
    "VGG-16": (0.970, 0.944, 0.904),
    "VGG-19": (0.970, 0.943, 0.904),
}
HOURS = {  # on the helium droplets: to the best accuracy, and in all
    "ResNet-18": (0.231, 0.694),
    "ResNet-50": (0.605, 1.814),
    "ResNet-101": (0.940, 2.820),
    "VGG-16": (3.271, 6.541),
    "VGG-19": (6.615, 6.726),
}
TRIED_LONGER = ("ResNet-18", "VGG-16")
LONGER = 4  # times the epochs
SHOWN = "ResNet-101"  # whose classes the paper shows
JUDGED = 1090  # frames that table 4 is of
TABLE_4 = {  # accuracy, precision, recall, samples; the paper's Oblate, Spherical, ...
    "spherical/oblate": (0.9681, 0.9770, 0.9965, 988),
    "round": (0.9166, 0.9247, 0.9849, 869),
    "elliptical": (0.9231, 0.8054, 0.4836, 119),
    "newton rings": (0.9352, 0.6325, 0.2282, 69),
    "prolate": (0.9690, 0.9274, 0.6777, 68),
    "bent": (0.9657, 0.8161, 0.6487, 59),
    "asymmetric": (0.9458, 0.6044, 0.2207, 55),
    "streak": (0.9898, 0.9372, 0.9876, 36),
    "double rings": (0.9768, 0.7708, 0.6788, 33),
    "layered": (0.9896, 0.9062, 0.6170, 7),
    "empty": (0.9904, 0.9537, 0.9763, 32),
}

Found = dict[str, list[list[Tried]]]  # network -> seeds -> stops


def run(setting: Setting) -> list[Table]:
    """Return the figures of each network on droplets and particles, its classes, its time."""
    networks.require(registry(setting.plugins), "airynet")
    bench = zimmermann.droplets(setting)
    found, rows = _trained(bench, HELIUM, zimmermann.DECISIONS)
    columns = ["pipeline", "figure", "last epoch", *BESIDE]
    notes = [
        zimmermann.note(bench),
        zimmermann.protocol_note(setting, epochs=setting.of(EPOCHS)),
        "Networks without the logarithmic activation. featcls: the best of the stops, as the "
        "paper has it; beside it what the last epoch leaves.",
    ]
    tables = [
        table("Helium droplets by network", columns, rows, notes),
        _by_class([seed[-1].outcomes[0] for seed in found[SHOWN]], bench.classes),
        _times(found, setting),
    ]
    if setting.data is None:
        tables[1:1] = _particles(setting, columns)
    return tables


def _trained(
    bench: Bench, printed: Mapping[str, Sequence[float]], decisions: int | None
) -> tuple[Found, list[list[Any]]]:
    epochs, splits = bench.setting.of(EPOCHS), _splits(bench)
    configs = [_network(bench, name, epochs) for name in DEPTHS]
    stops = zimmermann.stops(epochs)
    found = dict(zip(DEPTHS, networks.stages(bench, configs, splits, stops), strict=True))
    rows = []
    for name, seeds in found.items():
        outcomes = [[stage.outcomes[0] for stage in seed] for seed in seeds]
        theirs = zimmermann.printed(printed[name], WHERE, decisions)
        rows += zimmermann.staged([name], outcomes, bench.classes, theirs)
    return found, rows + zimmermann.others(bench, splits)


def _splits(bench: Bench) -> list[list[NDArray[np.int64]]]:
    return bench.splits(1 - zimmermann.EVALUATED, zimmermann.EVALUATED)


def _network(bench: Bench, name: str, epochs: int) -> Config:
    own = {"epochs": epochs, "decay_epochs": max(epochs // 4, 1)}
    return zimmermann.network(bench.setting, alpha=0.0, depth=DEPTHS[name], **own)


def _rests(bench: Bench, found: Found) -> Table:
    """Return what two of the networks gain by longer training and by more frames."""
    epochs, splits = bench.setting.of(EPOCHS), _splits(bench)
    fewer = [[ablation.drawn(learn, 0.5, k), held] for k, (learn, held) in enumerate(splits)]
    rows = []
    for name in TRIED_LONGER:
        shown = [seed[-1].outcomes[0] for seed in found[name]]
        longer = networks.outcomes(bench, _network(bench, name, LONGER * epochs), splits)
        less = networks.outcomes(bench, _network(bench, name, epochs), fewer)
        told = f"{(LONGER - 1) * epochs} of {LONGER * epochs} epochs"
        for what, own, other in (
            (told, longer, shown),
            (ablation.left_out(0.5), shown, less),
        ):
            cells = ablation.compared(what, own, other, bench.classes, zimmermann.MICRO[0])
            rows.append([name, *cells])
    about = "Four kinds of particle: accuracy of the decisions after the last epoch."
    return ablation.rests(rows, about, front=["network"])


def _particles(setting: Setting, columns: Sequence[str]) -> list[Table]:
    n, changes = setting.of(PARTICLES), setting.of(CHANGES)
    bench = Bench(simulated("spi-four", n, compressed=False, changes=changes), setting)
    bench.relabel(np.eye(len(bench.classes), dtype=np.uint8)[bench.y], bench.classes)
    found, rows = _trained(bench, CXIDB, None)
    notes = [
        f"{n} simulated frames (preset spi-four); the paper: CXIDB 10, whose number of frames it "
        "does not print, so its figures have no interval. The four kinds exclude each other, yet "
        "the networks decide on each alone, and accuracy counts decisions: where 97 % of them "
        "are right, some 93 % of the frames are, which is what its precision and recall say."
    ]
    return [table("Four kinds of particle by network", columns, rows, notes), _rests(bench, found)]


def _by_class(outcomes: Sequence[Outcome], classes: Sequence[str]) -> Table:
    rows = []
    for code, name in enumerate(classes):
        counts = [_counts(scores[:, code] >= 0.5, y[:, code] > 0) for scores, y in outcomes]
        printed = TABLE_4.get(name)
        for k, figure in enumerate(("accuracy", "precision", "recall")):
            theirs = printed and paper(printed[k], "supplement, table 4", _n(k, printed))
            rows.append([name, figure, *beside(share([c[k] for c in counts]), theirs or None)])
    notes = [
        f"{SHOWN} after its last epoch; the paper's are the greatest values of its training. The "
        "numbers of frames that were called each class are not printed, so its precision has no "
        "interval; rare classes have a few frames here.",
    ]
    return table(f"Classes of the droplets, {SHOWN}", ["class", "figure", *BESIDE], rows, notes)


def _counts(guess: NDArray[np.bool_], truth: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return right of how many: of all frames, of those called so, of those that are so."""
    both = int((guess & truth).sum())
    right = int((guess == truth).sum())
    return [(right, len(truth)), (both, int(guess.sum())), (both, int(truth.sum()))]


def _n(k: int, printed: Sequence[float]) -> int | None:
    return (JUDGED, None, int(printed[3]))[k]


def _times(found: Found, setting: Setting) -> Table:
    ours = {name: np.median([_passed(seed) for seed in s], axis=0) for name, s in found.items()}
    first = next(iter(DEPTHS))
    rows = []
    for name, (best, whole) in ours.items():
        printed = [seconds(hours, "h") | {"table": WHERE} for hours in HOURS[name]]
        times = [round(own[name][1] / own[first][1], 2) for own in (ours, HOURS)]
        rows.append([name, seconds(best), printed[0], seconds(whole), printed[1], *times])
    columns = ["network", "to the best", "paper", "in all", "paper", f"over {first}", "paper"]
    notes = [
        "Training on the droplets, the middle of the seeds: here on one thread of a CPU, as many "
        f"networks at a time as there are workers ({setting.n_jobs}), {setting.of(EPOCHS)} "
        "epochs; the paper: 200 epochs on two GTX 1080 Ti. To the best: until the stop with the "
        "greatest accuracy.",
    ]
    return table("Training time", columns, rows, notes)


def _passed(stages: Sequence[Tried]) -> tuple[float, float]:
    """Return the seconds to the stop of the greatest accuracy, and to the last."""
    best = max(stages, key=lambda stage: micro_accuracy(*stage.outcomes[0]))
    return best.seconds, stages[-1].seconds


STUDY = Study(
    "architectures",
    "Residual networks and VGG",
    "Zimmermann et al. (2019), supplement, tables 3 and 4",
    "the plugin featcls-torch; `--data`: labelled droplets, such as CXIDB 94 with a manifest",
    {
        "small": "1,000 droplets and 400 particles; on each 5 networks of 96 x 96 pixels and 8 "
        "epochs a seed",
        "full": "7,264 droplets and 4,000 particles; on each 5 networks of 224 x 224 pixels and "
        "200 epochs a seed: for a GPU",
    },
    run,
)
