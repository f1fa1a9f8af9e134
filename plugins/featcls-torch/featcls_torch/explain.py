"""Where a network looks, and the vectors that it decides by."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from featcls.frame import Frame
from featcls_torch.computing import inputs_of, ready
from featcls_torch.networks.base import Classifier

if TYPE_CHECKING:
    from featcls_torch.estimator import Network

LEAKAGE = 0.2  # of the activations, Zimmermann et al. (2019), supplement 4
SIGMAS = 3.0  # beyond which a gradient is drawn, Ke et al. (2018), figure 10
TINY = 1e-12


def explained(
    fitted: "Network", frames: Sequence[Frame], kind: str, columns: Sequence[int]
) -> NDArray[np.float64]:
    """Return maps (n, rows, cols) of what speaks for a column of scores of each frame."""
    draw = {"gradcam": gradcam, "saliency": saliency}[kind]
    network = ready(fitted)
    found = []
    for x, column in zip(inputs_of(fitted, frames, 1, 1), columns, strict=True):
        found.append(draw(network, x, column, fitted.multilabel_).cpu().double().numpy())
    return np.stack(found)


def embedded(fitted: "Network", frames: Sequence[Frame]) -> NDArray[np.float32]:
    """Return the vectors (n, width) before the decision."""
    network, parts = ready(fitted), []
    for x in inputs_of(fitted, frames, 32, 2):
        with torch.inference_mode(), watched(network) as maps:
            network(x)
            parts.append(network.features(maps[0]).cpu())
    return torch.cat(parts).float().numpy()


def gradcam(network: Classifier, x: Tensor, column: int, multilabel: bool) -> Tensor:
    """Return the Grad-CAM++ map (rows, cols) of one input (1, channels, rows, cols).

    The supplement's weights, with Y the exponential of the logarithm S of the score, so that
    its second and third derivatives are powers of the first: with g = dS/dA, a = g^2 / (2 g^2 +
    g^3 sum A) = 1 / (2 + g sum A). Both rectifiers are leaky, as there. The formula is for g and A
    that are not negative; leaky maps and gradients can be, and where g sum A comes near -2 it has
    a pole, so that a product below 0 counts as 0.

    References
    ----------
    Zimmermann et al. (2019), doi:10.1103/PhysRevE.99.063309, supplement, equations 3 and 4;
    Chattopadhyay et al. (2018), doi:10.1109/WACV.2018.00097.
    """
    with watched(network) as kept:
        score = _log_score(network, x.clone().requires_grad_(), column, multilabel)
    (maps,) = kept
    (g,) = torch.autograd.grad(score, maps)
    share = 1 / (2 + (g * maps.sum((2, 3), keepdim=True)).clamp(min=0))
    weight = (share * F.leaky_relu(g, LEAKAGE)).sum((2, 3), keepdim=True)
    cam = F.leaky_relu((weight * maps).sum(1, keepdim=True), LEAKAGE)
    return F.interpolate(cam, x.shape[2:], mode="bilinear", align_corners=False)[0, 0].detach()


def saliency(network: Classifier, x: Tensor, column: int, multilabel: bool) -> Tensor:
    """Return how far each pixel's gradient of the loss lies from their mean, 0 within 3 sigma."""
    x = x.clone().requires_grad_()
    loss = -_log_score(network, x, column, multilabel)
    (gradient,) = torch.autograd.grad(loss, x)
    g = gradient[0].sum(0)
    off = (g - g.mean()).abs()
    return torch.where(off > SIGMAS * g.std(), off, 0.0)


def _log_score(network: Classifier, x: Tensor, column: int, multilabel: bool) -> Tensor:
    score = network.scores(network(x).float(), multilabel)[0, column]
    return score.clamp(min=TINY).log()


@contextmanager
def watched(network: Classifier) -> Iterator[list[Tensor]]:
    """Give the list that what the `stages` of a network give is added to."""
    maps: list[Tensor] = []

    def keep(module: Any, given: Any, found: Tensor) -> None:
        maps.append(found)

    handle = network.stages.register_forward_hook(keep)
    try:
        yield maps
    finally:
        handle.remove()
