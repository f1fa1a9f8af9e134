"""The networks by name. Their modules import torch, so they are imported when one is built."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from featcls_torch.networks.base import Classifier

LEAST_SIDE = 32  # pixels


def build(name: str, shape: tuple[int, int], channels: int, n_outputs: int, **own: Any) -> Any:
    """Return an untrained network.

    Parameters
    ----------
    name : {"ke", "deepfreak", "airynet", "darknet"}
    shape : (int, int)
        Rows and columns of its input, 32 or more each.
    channels, n_outputs : int
        Of the input; classes or labels.
    **own
        What the network's `build` takes besides.

    Raises
    ------
    ValueError
        The input is too small.
    """
    if min(shape) < LEAST_SIDE:
        raise ValueError(
            f"frames are {shape[0]} x {shape[1]} pixels; networks take {LEAST_SIDE} x "
            f"{LEAST_SIDE} or more: resize them, or crop less"
        )
    module = importlib.import_module(f"featcls_torch.networks.{name}")
    network: Classifier = module.build(shape, channels, n_outputs, **own)
    return network
