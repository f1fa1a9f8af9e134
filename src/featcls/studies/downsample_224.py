"""Frames made small for a network's input (DeepFreak, section 4.3)."""

from featcls.studies import pipelines as p
from featcls.studies.base import Setting, Study, Table
from featcls.studies.bench import Bench
from featcls.studies.frames import DIFFRANET, simulated
from featcls.studies.tables import BESIDE, beside, measured, paper, table

FRAMES = {"toy": 16, "small": 1000, "full": 12400}
SHARES = (10000 / 12400, 2400 / 12400)
VALIDATED = 2400
CHAINS: dict[str, list[p.Step]] = {
    "full size": [],
    "224, bilinear": [p.step("resize", size=224, method="bilinear")],
    "224, box": [p.step("resize", size=224, method="box")],
}
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
        "GLCM, LBP, spots": [*p.glcm(), *p.lbp(), *p.spots(gain=0.3)],
    }
    configs = {
        (chain, kind): p.config(features, preprocess=steps)
        for chain, steps in CHAINS.items()
        for kind, features in kinds.items()
    }
    bench.vectors(*configs.values())  # all features in one pass over the frames
    rows = []
    for (chain, kind), config in configs.items():
        printed = PRINTED.get(chain)
        theirs = printed and paper(printed[0], printed[1], VALIDATED, why="CNN")
        ours = measured("accuracy", bench.outcomes(config, splits), bench.classes)
        rows.append([chain, kind, *beside(ours, theirs or None)])
    for label, outcomes in bench.trivial(splits):
        rows.append(["full size", label, measured("accuracy", outcomes, bench.classes), None, ""])
    source = "The given frames" if setting.data else f"{n} simulated frames (diffranet-figure)"
    notes = [
        f"{source}, {SHARES[0]:.0%} to learn from, a forest. The paper's figures are of the "
        "validation frames and of networks: a ResNet-50 on frames of 224 pixels, which reached "
        "96.79 % on its training frames, and DeepFreak on full ones."
    ]
    return [table("Accuracy by frame size", ["frames", "features", *BESIDE], rows, notes)]


STUDY = Study(
    "downsample-224",
    "224 pixels against 512",
    "Souza et al. (2018), section 4.3",
    "nothing (a CNN of ours waits for the torch plugin); `--data`: `synthetic` of DiffraNet",
    {"small": "1,000 frames of 512 x 512, three sizes", "full": "12,400 frames"},
    run,
)
