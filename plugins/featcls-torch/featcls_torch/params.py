"""What may be set of each network and of its training, as plain data.

A parameter with a single option is not searched; a config or a space may set it otherwise.
"""

from typing import Any

from featcls.spaces import Choice, LogUniform, Space, Text, Uniform


class Listed(Choice):
    """A Choice of texts of which a search draws the first few alone.

    Examples
    --------
    >>> noise = Listed("none", "mean", searched=1)
    >>> noise.options(), noise.coerce("mean")
    (['none'], 'mean')
    """

    def __init__(self, *values: Any, searched: int) -> None:
        super().__init__(*values)
        self.searched = searched

    def options(self) -> list[Any]:
        return list(self.values[: self.searched])

    def __repr__(self) -> str:
        return f"Listed({super().__repr__()}, searched={self.searched})"


INPUTS = ("train", "frame", "log", "unit", "none", "grey", "grey-log", "jet", "jet-log")
NOISES = ("none", "mean", "mean+std", "maximum")

# How every network is trained; `featcls_torch.estimator.Network` explains each.
TRAINING: Space = {
    "epochs": Choice(20),
    "batch_size": Choice(16, 8, 32),
    "optimizer": Choice("sgd", "adam"),
    "lr": LogUniform(1e-3, 0.3, default=0.05),
    "momentum": Uniform(0.5, 0.99, default=0.9),
    "weight_decay": Choice(1e-4, 1e-5, 0.0),
    "schedule": Listed("cosine", "exponential", "step", "constant", searched=1),
    "decay": Choice(1e-3),
    "decay_epochs": Choice(20),
    "balanced": Choice(False),
    "batches": Choice(0),
    "l1": Choice(0.0),
    "l2": Choice(0.0),
    "inputs": Listed(*INPUTS, searched=3),
    "mask_channel": Choice(False),
    "crop": Choice(0),
    "shift": Choice(0),
    "flip": Choice(False, True),
    "rotate": Choice(0.0),
    "contrast": Choice(0.0),
    "brightness": Choice(0.0),
    "noise": Listed(*NOISES, searched=1),
    "holdout": Choice(0.0),
    "select": Listed("last", "loss", "f1", searched=1),
    "every": Choice(0),
    "keep": Choice(1),
    "patience": Choice(0),
    "class_weight": Choice(None, "balanced", {}),
    "init": Text(),
}

# Ke et al. (2018), doi:10.1107/S1600577518004873.
KE: Space = {**TRAINING, "kernel": Choice(7, 3)}

# Souza et al. (2019), arXiv:1904.11834, tables 9 and 10.
DEEPFREAK: Space = {
    **TRAINING,
    "topology": Choice(8, *(n for n in range(14) if n != 8)),
    "filters": Choice(0),
    "optimizer": Listed("sgd", "adam", searched=1),
    # The published best, lr 8.4e-4 at momentum 0.56 and one frame a batch, steps as far for a
    # frame as 1.5e-3 at 0.9 and eight: lr / (1 - momentum) / batch_size.
    "lr": LogUniform(1e-4, 10.0, default=1.5e-3),
    "momentum": Uniform(0.5, 1.0, default=0.9),
    "weight_decay": Uniform(1e-5, 5e-5, default=1e-5),
    "batch_size": Choice(8, 1, 2, 4, 16, 32, 64),
    "schedule": Listed("step", "cosine", "exponential", "constant", searched=1),
    "decay": Choice(0.1),
    "decay_epochs": Choice(10),
    "inputs": Listed("unit", *(kind for kind in INPUTS if kind != "unit"), searched=1),
}

# Zimmermann et al. (2019), doi:10.1103/PhysRevE.99.063309, and its supplement.
AIRYNET: Space = {
    **TRAINING,
    "depth": Choice(18, 50, 101, 16, 19),
    "filters": Choice(64),
    "alpha": Choice(0.2, 0.5, 1.0, 0.0),
    "l1": Choice(1e-5),
    "l2": Choice(1e-5),
    "weight_decay": Choice(0.0),
}

# Redmon & Farhadi (2017), doi:10.1109/CVPR.2017.690, and (2018), arXiv:1804.02767, used as in
# Ignatenko et al. (2021), doi:10.1088/2632-2153/abd916.
DARKNET: Space = {
    **TRAINING,
    "depth": Choice(19, 53),
    "head": Choice("classifier", "yolo"),
    "filters": Choice(32),
    "negative": Choice(-1),
    "lr": LogUniform(1e-4, 0.1, default=0.01),
    "weight_decay": Choice(5e-4),
    "inputs": Listed("grey", "grey-log", "jet", "jet-log", *INPUTS[:5], searched=4),
}

VERSIONS = {"deepfreak": 2}  # measures batch normalisation anew; the others are 1
SPACES: dict[str, Space] = {
    "ke": KE,
    "deepfreak": DEEPFREAK,
    "airynet": AIRYNET,
    "darknet": DARKNET,
}
