"""Statistics of batch normalisation, measured over the training frames once they are learned.

While a network learns, a layer keeps a running average of what it saw of the last batches. Of
batches of a few frames that average is rough, and the weights went on changing under it: a
network that tells its training frames apart batch by batch may then score them at random. Wu &
Johnson (2021), "Rethinking 'Batch' in BatchNorm", arXiv:2105.07576, section 3, measure these
statistics anew (PreciseBN).
"""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from featcls_torch.order import set_apart
from featcls_torch.training import Task, Weights, inputs_of, mixed_precision, weights_of

MOST = 1024  # frames; a thousand suffice (section 3.2)
BATCH = 32


def measured_anew(task: Task, stages: Sequence[Weights]) -> list[Weights]:
    """Return stages whose statistics are those of the training frames under their own weights.

    A stage is returned as it is where there is one training frame only, or where what it makes of
    the frames is not finite.
    """
    fitted, _ = set_apart(task.y, task.params["holdout"], task.seed)
    some = np.random.default_rng([task.seed, 2**30]).permutation(fitted)[:MOST]
    if len(some) < 2:
        return list(stages)
    parts = np.array_split(some, -(-len(some) // BATCH))
    return [_measured(task, stage, parts) for stage in stages]


def _measured(task: Task, stage: Weights, parts: Sequence[NDArray[np.int64]]) -> Weights:
    network = task.network
    network.load_state_dict(stage)
    network.eval()
    layers = [layer for layer in network.modules() if isinstance(layer, nn.BatchNorm2d)]
    for layer in layers:
        layer.reset_running_stats()
        layer.momentum = None  # all batches weigh the same
        layer.train()
    with torch.no_grad(), mixed_precision(task.device):
        for x in inputs_of(task, parts):
            network(x)
    found = weights_of(network)
    finite = all(bool(t.isfinite().all()) for t in found.values())
    return found if finite else stage
