"""Scores of trained networks, batch by batch."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from featcls.frame import Frame
from featcls_torch.loading import Images
from featcls_torch.networks.base import Classifier
from featcls_torch.scaling import scaled
from featcls_torch.training import mixed_precision

if TYPE_CHECKING:
    from featcls_torch.estimator import Network


@contextmanager
def one_thread() -> Iterator[None]:
    """Let torch compute on one thread: how many there are must not show in the numbers."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def ready(fitted: "Network", stage: int = -1) -> Classifier:
    """Return the network of a stage of a fitted estimator, for scoring, on its device.

    It is kept: a screening asks for it at every batch.
    """
    kept: dict[int, Classifier] = fitted.__dict__.setdefault("_ready", {})
    stage %= len(fitted.stages_)
    if stage not in kept:
        with torch.device("meta"):
            network = fitted.network()
        network.load_state_dict(fitted.stages_[stage], assign=True)
        placed: Any = network.eval().requires_grad_(False).to(fitted.where())
        kept[stage] = placed.to(memory_format=torch.channels_last)
    return kept[stage]


def inputs_of(
    fitted: "Network", frames: Sequence[Frame], size: int, n_threads: int
) -> Iterator[Tensor]:
    """Yield what the network sees of frames, at most `size` at a time, on its device.

    On a CPU one at a time: it sums in another order where there are more, and a frame has to
    score the same in any company.
    """
    images = Images(frames, n_threads, fitted.where(), fitted.shape_)
    size = 1 if images.device.type == "cpu" else size
    parts = np.array_split(np.arange(len(frames)), range(size, len(frames), size))
    p, augmentation = fitted.params, fitted.augmentation()
    for batch in images.batches(parts):
        central = augmentation.central(batch.images, batch.valid)
        yield scaled(*central, p["inputs"], p["mask_channel"], fitted.statistics_)


def stage_scores(
    fitted: "Network", frames: Sequence[Frame], size: int, n_threads: int
) -> NDArray[np.float32]:
    """Return the scores (n, k) of frames: the least over stages, exclusive ones made to sum to 1.

    The intersection of selections (Ignatenko et al. 2021): a frame is one's hit only if it is
    the hit of all.
    """
    found = []
    for x in inputs_of(fitted, frames, size, n_threads):
        stages = [outputs_of(ready(fitted, k), x, fitted.multilabel_) for k in _all(fitted)]
        found.append(_least(stages, fitted).cpu())
    return torch.cat(found).numpy()


def outputs_of(network: Classifier, x: Tensor, multilabel: bool) -> Tensor:
    """Return the scores (n, k) of inputs by one network."""
    with torch.inference_mode(), mixed_precision(x.device):
        return network.scores(network(x).float(), multilabel)


def _all(fitted: "Network") -> range:
    return range(len(fitted.stages_))


def _least(stages: list[Tensor], fitted: "Network") -> Tensor:
    least = torch.stack(stages).amin(0)
    if fitted.multilabel_ or len(stages) == 1:
        return least
    negative = getattr(ready(fitted), "negative", -1)
    if negative < 0:
        return least / least.sum(1, keepdim=True)
    least[:, negative] = 0
    least[:, negative] = 1 - least.sum(1)
    return least
