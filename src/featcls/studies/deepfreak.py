"""DeepFreak (Souza et al. 2018) as studies train it, and smaller."""

from collections.abc import Mapping
from typing import Any

from featcls.config import Config
from featcls.studies import pipelines as p
from featcls.studies.base import Setting

TABLE_2: Mapping[str, Any] = {  # with the topology of table 1
    "topology": 8,
    "lr": 8.4474e-4,
    "momentum": 0.56168,
    "weight_decay": 3.4855e-5,
    "batch_size": 1,
}
CHAIN: Mapping[str, list[p.Step]] = {
    "toy": [p.step("resize", size=[32, 32])],
    "small": [p.step("crop", roi=[256, 256]), p.step("bin", factor=2)],
    "full": [],
}
SMALLER: Mapping[str, Mapping[str, int]] = {
    "toy": {"filters": 4, "batch_size": 8, "epochs": 2},
    "small": {"filters": 8, "batch_size": 16, "epochs": 24, "decay_epochs": 16},
    "full": {"epochs": 180},
}
FASTER = {"toy": 1.0, "small": 4.0, "full": 1.0}  # rates, where few frames make few steps


def network(setting: Setting, best: Mapping[str, Any], **params: Any) -> Config:
    """Return a network of the paper's parameters with the schedule of table 2, smaller by scale.

    Parameters
    ----------
    best : mapping
        Topology, learning rate, momentum, weight decay and batch size as they are printed.
    **params
        Set otherwise than by scale.
    """
    schedule = {"schedule": "step", "decay": 0.1, "decay_epochs": 10, "inputs": "unit"}
    own = {**best, **schedule, **setting.of(SMALLER), **params}
    own["lr"] *= setting.of(FASTER) * own["batch_size"] / best["batch_size"]
    return p.config([], p.step("deepfreak", **own), setting.of(CHAIN))


def note(setting: Setting, config: Config) -> str:
    """Say how a network is trained, and what is smaller than in the paper."""
    params = config["classifier"]["params"]
    text = (
        "Networks: pixels over the brightest, less the mean of each; a tenth of the rate every "
        f"{params['decay_epochs']} epochs."
    )
    if setting.scale == "full":
        return text
    steps = " and ".join(
        f"{step['name']} {next(iter(step['params'].values()))}" for step in config["preprocess"]
    )
    return (
        f"{text} Smaller than in the paper: frames ({steps}), {params['filters']} filters in the "
        f"first layer for 64, {params['epochs']} epochs for 180 (whose rate falls every 10), "
        f"batches of {params['batch_size']} and rates in proportion, and those "
        f"{setting.of(FASTER):g} times higher, for few frames make few steps. A pool larger than "
        "its map is cut to it."
    )
