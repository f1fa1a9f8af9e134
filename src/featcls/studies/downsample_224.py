"""Frames made small for a network's input (DeepFreak, section 4.3)."""

from typing import Any

from featcls.plugins import registry
from featcls.studies import ablation, deepfreak, networks
from featcls.studies import pipelines as p
from featcls.studies.base import Setting, Study, Table
from featcls.studies.bench import Bench
from featcls.studies.frames import DIFFRANET, simulated
from featcls.studies.tables import BESIDE, beside, measured, paper, table

FRAMES = {"toy": 16, "small": 1000, "full": 12400}
SHARES = (10000 / 12400, 2400 / 12400)
VALIDATED = 2400
ALL = "GLCM, LBP, spots"
CHAINS: dict[str, list[p.Step]] = {
    "full size": [],
    "224, bilinear": [p.step("resize", size=224, method="bilinear")],
    "224, box": [p.step("resize", size=224, method="box")],
}
LEARNED = 10000
SEEN: dict[str, dict[str, list[p.Step]]] = {  # by networks: the same shrinking, of less at small
    "toy": {
        "middle 64 x 64": [p.step("crop", roi=[64, 64])],
        "middle at 32, bilinear": [p.step("crop", roi=[64, 64]), p.step("resize", size=32)],
    },
    "small": {
        "middle 192 x 192": [p.step("crop", roi=[192, 192])],
        "middle at 84, bilinear": [p.step("crop", roi=[192, 192]), p.step("resize", size=84)],
    },
    "full": {"full size": [], "224, bilinear": CHAINS["224, bilinear"]},
}
TOPOLOGIES = {"DeepFreak": 8, "ResNet-50": 0}  # on frames of full size, and on small ones
EPOCHS = {"toy": 1, "small": 24, "full": 180}
PRINTED = {  # a ResNet-50 on small frames, and DeepFreak on full ones
    "full size": (0.9842, "section 5.2"),
    "224, bilinear": (0.7208, "section 4.3"),
}


def run(setting: Setting) -> list[Table]:
    """Return the accuracy of the same features on full and on small frames."""
    data = setting.data and {"source": setting.data, "select": {"classes": list(DIFFRANET)}}
    n = setting.of(FRAMES)
    bench = Bench(data or simulated("diffranet-figure", n, DIFFRANET), setting)
    splits = bench.splits(*SHARES)
    kinds = {
        "GLCM": p.glcm(),
        "LBP": p.lbp(),
        "spots": p.spots(gain=0.3),
    }
    groups = dict(kinds)
    kinds[ALL] = [step for own in groups.values() for step in own]
    configs = {
        (chain, kind): p.config(features, preprocess=steps)
        for chain, steps in CHAINS.items()
        for kind, features in kinds.items()
    }
    bench.vectors(*configs.values())  # all features in one pass over the frames
    rows, rest = [], []
    for chain in CHAINS:
        carried = ablation.features(configs[chain, ALL], groups, bench, splits)
        rest += [[chain, *cells] for cells in carried]
    for (chain, kind), config in configs.items():
        printed = PRINTED.get(chain)
        theirs = printed and paper(printed[0], printed[1], VALIDATED, why="CNN")
        ours = measured("accuracy", bench.outcomes(config, splits), bench.classes)
        rows.append([chain, kind, *beside(ours, theirs or None)])
    absent = networks.missing(registry(setting.plugins), "deepfreak")
    if absent is None:
        rows += _networks(bench, splits)
    for label, outcomes in bench.trivial(splits):
        rows.append(["full size", label, measured("accuracy", outcomes, bench.classes), None, ""])
    source = "The given frames" if setting.data else f"{n} simulated frames (diffranet-figure)"
    notes = [
        f"{source}, {SHARES[0]:.0%} to learn from, a forest. The paper's figures are of the "
        "validation frames and of networks: a ResNet-50 on frames of 224 pixels, which reached "
        "96.79 % on its training frames, and DeepFreak on full ones.",
        _note(setting, absent),
    ]
    rests = ablation.rests(rest, f"Accuracy of {ALL}.", front=["frames"])
    return [table("Accuracy by frame size", ["frames", "features", *BESIDE], rows, notes), rests]


def _networks(bench: Bench, splits: Any) -> list[list[Any]]:
    """Return the rows of DeepFreak on whole frames and of ResNet-50 on shrunk ones."""
    setting, rows = bench.setting, []
    three = [(learn, held, learn) for learn, held in splits]
    pairs = zip(TOPOLOGIES.items(), setting.of(SEEN).items(), PRINTED.values(), strict=True)
    for (name, topology), (frames, chain), (share, where) in pairs:
        best = {**deepfreak.TABLE_2, "topology": topology}
        config = deepfreak.network(setting, best, epochs=setting.of(EPOCHS))
        (seeds,) = networks.stages(bench, [{**config, "preprocess": chain}], three)
        held, learned = ([seed[-1].outcomes[k] for seed in seeds] for k in (0, 1))
        ours = measured("accuracy", held, bench.classes)
        rows.append([frames, f"{name}, CNN", *beside(ours, paper(share, where, VALIDATED))])
        theirs = paper(0.9679, where, LEARNED) if name == "ResNet-50" else None
        ours = measured("accuracy", learned, bench.classes)
        rows.append([frames, f"{name}, CNN, training frames", *beside(ours, theirs)])
    return rows


def _note(setting: Setting, absent: Any) -> str:
    if absent is not None:
        return f"The paper's networks are left out: {absent}."
    config = deepfreak.network(setting, deepfreak.TABLE_2, epochs=setting.of(EPOCHS))
    config["preprocess"] = next(iter(setting.of(SEEN).values()))
    return deepfreak.note(setting, config)


STUDY = Study(
    "downsample-224",
    "224 pixels against 512",
    "Souza et al. (2018), section 4.3",
    "the plugin featcls-torch for the rows of networks; `--data`: `synthetic` of DiffraNet",
    {"small": "1,000 frames of 512 x 512, three sizes", "full": "12,400 frames"},
    run,
)
