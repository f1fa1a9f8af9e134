"""Where a network looks, and the vectors that it decides by."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from featcls.frame import Frame
from featcls_torch.computing import inputs_of, ready
from featcls_torch.networks.base import Classifier

if TYPE_CHECKING:
    from featcls_torch.estimator import Network

LEAKAGE = 0.2  # of the activations, Zimmermann et al. (2019), supplement 4
SIGMAS = 3.0  # beyond which a gradient is drawn, Ke et al. (2018), figure 10
CELLS = 14  # a side, of the maps that are weighed: coarser ones miss what airynet looks at


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
        with torch.inference_mode(), watched(network.stages) as maps:
            network(x)
            parts.append(network.features(maps[0]).cpu())
    return torch.cat(parts).float().numpy()


def gradcam(network: Classifier, x: Tensor, column: int, multilabel: bool) -> Tensor:
    """Return the Grad-CAM++ map (rows, cols) of one input (1, channels, rows, cols).

    The supplement's weights, with Y the exponential of S, the log odds of the score, so that its
    second and third derivatives are powers of the first: with g = dS/dA, a = g^2 / (2 g^2 +
    g^3 sum A) = 1 / (2 + g sum A). Both rectifiers are leaky, as there. The formula is for g and A
    that are not negative, and has a pole where their product is -2; leaky maps and gradients can
    be negative. What speaks against a class is weighed as what speaks for the others: the
    product counts by its size.

    The maps A are the network's last ones; where these have fewer than `CELLS` x `CELLS` cells,
    of which each sees the whole frame, the last that have as many. The weights of a map are
    summed for the last ones; what follows on others is no mean over places, so that there
    each place keeps its own. What speaks for the class alike everywhere says nothing of where,
    and is taken off.

    References
    ----------
    Zimmermann et al. (2019), doi:10.1103/PhysRevE.99.063309, supplement, equations 3 and 4;
    Chattopadhyay et al. (2018), doi:10.1109/WACV.2018.00097; of places, Jiang et al. (2021),
    doi:10.1109/TIP.2021.3089943.
    """
    layers = trunk(network.trunk())
    with watched(*layers) as kept:
        evidence = _evidence(network, x.clone().requires_grad_(), column, multilabel)
    place = last_fine(kept)
    maps = kept[place]
    (g,) = torch.autograd.grad(evidence, maps)
    share = 1 / (2 + (g * maps.sum((2, 3), keepdim=True)).abs())
    weight = share * F.leaky_relu(g, LEAKAGE)
    if place == len(kept) - 1:
        weight = weight.sum((2, 3), keepdim=True)
    cam = F.leaky_relu((weight * maps).sum(1)[0], LEAKAGE).detach()
    return laid_on(cam - cam.min().clamp(min=0), *grid(layers[: place + 1]), x.shape[2:])


def saliency(network: Classifier, x: Tensor, column: int, multilabel: bool) -> Tensor:
    """Return how far each pixel's gradient lies from their mean, 0 within 3 sigma.

    The gradient is that of the log odds of a score p, which is the loss's over p - 1: the same
    pixels stand out, also where p is 1 to the last digit.
    """
    x = x.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(_evidence(network, x, column, multilabel), x)
    g = gradient[0].sum(0)
    off = (g - g.mean()).abs()
    return torch.where(off > SIGMAS * g.std(), off, 0.0)


def _evidence(network: Classifier, x: Tensor, column: int, multilabel: bool) -> Tensor:
    return network.log_odds(network(x).float(), column, multilabel)[0]


def trunk(stages: nn.Module) -> list[nn.Module]:
    """Return the layers and blocks that follow on one another."""
    if not isinstance(stages, nn.Sequential):
        return [stages]
    return [layer for part in stages for layer in trunk(part)]


def last_fine(maps: Sequence[Tensor]) -> int:
    """Return the place of the last maps of enough cells, or else of the last.

    Examples
    --------
    >>> maps = [torch.zeros(1, 2, side, side) for side in (30, 15, 7, 3)]
    >>> last_fine(maps), last_fine(maps[2:])
    (1, 1)
    """
    fine = [k for k, found in enumerate(maps) if min(found.shape[2:]) >= CELLS]
    return fine[-1] if fine else len(maps) - 1


def grid(layers: Sequence[nn.Module]) -> tuple[float, int]:
    """Return the pixel in the middle of what the first cell after layers sees, and the next's way.

    A padded filter of odd size sees around the first pixel, a pool of 2 x 2 beside it.

    Examples
    --------
    >>> grid([nn.Conv2d(1, 1, 3, 2, padding=1), nn.MaxPool2d(2)])
    (1.0, 4)
    """
    first, step = 0.0, 1
    for layer in layers:
        parts = [p for p in layer.modules() if isinstance(p, (nn.Conv2d, nn.MaxPool2d))]
        beside = [(np.max(p.kernel_size) - 1) / 2 - np.max(p.padding) for p in parts]
        first += step * float(sum(beside))
        step *= max((int(np.max(p.stride)) for p in parts), default=1)  # a block's way past too
    return first, step


def laid_on(cam: Tensor, first: float, step: int, shape: Sequence[int]) -> Tensor:
    """Return a map of cells on pixels: linear between their middles, beyond as the nearest.

    Examples
    --------
    >>> laid_on(torch.tensor([[0.0, 2.0]]), 1.0, 2, (1, 5)).tolist()
    [[0.0, 0.0, 1.0, 2.0, 2.0]]
    """
    shares = []
    for n, cells in zip(shape, cam.shape, strict=True):
        pixel, cell = (torch.arange(k, device=cam.device) for k in (n, cells))
        place = ((pixel - first) / step).clamp(0, cells - 1)
        shares.append((1 - (place[:, None] - cell).abs()).clamp(min=0))
    return shares[0] @ cam @ shares[1].T


@contextmanager
def watched(*parts: nn.Module) -> Iterator[list[Tensor]]:
    """Give the list that what parts of a network give is added to."""
    maps: list[Tensor] = []

    def keep(module: Any, given: Any, found: Tensor) -> None:
        maps.append(found)

    handles = [part.register_forward_hook(keep) for part in parts]
    try:
        yield maps
    finally:
        for handle in handles:
            handle.remove()
