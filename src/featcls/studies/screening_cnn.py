"""The network of Ke et al. (2018) as studies train it on screening runs."""

from collections.abc import Mapping

from featcls.config import Config
from featcls.errors import UsageError
from featcls.studies import pipelines as p
from featcls.studies.base import Setting

LABEL = "LCN, CNN"
LCN = p.step("lcn", window=9)
KEPT = {"toy": [72, 72], "small": [340, 340], "full": None}  # of the binned frames, the middle
TRAINING: Mapping[str, Mapping[str, int]] = {
    "toy": {"crop": 64, "shift": 4, "batch_size": 8, "batches": 2, "epochs": 2},
    "small": {"crop": 300, "shift": 20, "batch_size": 12, "batches": 25, "epochs": 12},
    "full": {"crop": 720, "shift": 120, "batch_size": 64, "batches": 100, "epochs": 120},
}


def network(setting: Setting, *steps: p.Step) -> Config:
    """Return the network behind binning and steps of its own, trained as in section 3.4.

    The paper crops at random: frames are shifted before their middle is taken.
    """
    training = setting.of(TRAINING)
    rate = {"lr": 0.1, "schedule": "exponential", "decay": 1e-3, "momentum": 0.9}
    fixed = {"balanced": True, "inputs": "frame", "weight_decay": 0.0}
    step = p.step("ke", **training, **rate, **fixed, decay_epochs=training["epochs"])
    chain = [p.step("bin", factor=2), *steps, p.step("crop", roi=setting.of(KEPT))]
    return p.config([], step, chain)


def note(setting: Setting, absent: UsageError | None) -> str:
    """Say how the network is trained, or what it lacks to be."""
    if absent is not None:
        return f"The paper's CNN is left out: {absent}."
    training = setting.of(TRAINING)
    text = (
        "CNN: the network of the paper on frames binned by 2 and scaled each by its own mean and "
        "deviation, SGD from 0.1 down to 0.0001, as many frames of each class in a batch, random "
        f"crops of {training['crop']} pixels, {training['epochs']} epochs of "
        f"{training['batches']} batches of {training['batch_size']}."
    )
    if setting.scale == "full":
        return text
    return f"{text} In the paper the crops are of 720 pixels, and 120 epochs of 100 batches of 64."
