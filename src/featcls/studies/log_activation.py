"""The logarithmic activation after the first convolution (Zimmermann et al., table 4)."""

from featcls.plugins import registry
from featcls.studies import ablation, networks
from featcls.studies import droplets as zimmermann
from featcls.studies.base import Setting, Study, Table
from featcls.studies.tables import BESIDE, table

TABLE_4 = {  # alpha, 0 for the unmodified network -> accuracy, precision, recall
    0.2: (0.965, 0.922, 0.870),
    0.5: (0.960, 0.920, 0.870),
    1.0: (0.959, 0.922, 0.868),
    0.0: (0.955, 0.918, 0.867),
}
UNMODIFIED = 0.0
METRIC = zimmermann.MICRO[0]


def run(setting: Setting) -> list[Table]:
    """Return the figures of each activation, the same frames and seeds for all."""
    networks.require(registry(setting.plugins), "airynet")
    bench = zimmermann.droplets(setting)
    splits = bench.splits(1 - zimmermann.EVALUATED, zimmermann.EVALUATED)
    configs = [zimmermann.network(setting, alpha=alpha) for alpha in TABLE_4]
    stops = zimmermann.stops(setting.of(zimmermann.TRAINING)["epochs"])
    found = networks.stages(bench, configs, splits, stops)
    last = {
        alpha: [seed[-1].outcomes[0] for seed in seeds]
        for alpha, seeds in zip(TABLE_4, found, strict=True)
    }
    plain = last.pop(UNMODIFIED)
    rest = [
        ablation.compared(f"the logarithm, alpha {alpha}", own, plain, bench.classes, METRIC)
        for alpha, own in last.items()
    ]
    rows = []
    for (alpha, printed), seeds in zip(TABLE_4.items(), found, strict=True):
        own = [[stage.outcomes[0] for stage in seed] for seed in seeds]
        label = f"ResNet-18, alpha {alpha}" if alpha else "ResNet-18, unmodified"
        rows += zimmermann.staged(
            [label], own, bench.classes, zimmermann.printed(printed, "table 4")
        )
    rows += zimmermann.others(bench, splits)
    notes = [
        zimmermann.note(bench),
        zimmermann.protocol_note(setting),
        "featcls: the best of the stops, as the paper has it; beside it what the last epoch "
        "leaves. All four networks of a seed see the same frames in the same order.",
    ]
    columns = ["pipeline", "figure", "last epoch", *BESIDE]
    gained = ablation.rests(
        rest, "Accuracy after the last epoch.", title="What the logarithm gives"
    )
    return [
        table("Droplets by the first activation", columns, rows, notes),
        gained,
        zimmermann.rests(bench, splits),
    ]


STUDY = Study(
    "log-activation",
    "A logarithm for the first activation",
    "Zimmermann et al. (2019), table 4",
    "the plugin featcls-torch; `--data`: labelled droplets, such as CXIDB 94 with a manifest",
    {
        "small": "1,000 droplets; 4 networks of 96 x 96 pixels and 20 epochs a seed",
        "full": "7,264 droplets; 4 networks of 224 x 224 pixels and 200 epochs a seed: for a GPU",
    },
    run,
)
