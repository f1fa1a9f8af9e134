"""Preprocessing of whole batches on the network's device, with the numbers of the CPU kernels.

A chain of steps ends, as far as its last steps are known here, on the device; what comes before
them is done by the readers' threads.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from featcls.kernels.correlation import LEAST_WEIGHT
from featcls.kernels.polar import ring_radii
from featcls.preprocess.base import Preprocessor
from featcls.preprocess.ccf import CCF
from featcls.preprocess.lcn import LCN
from featcls.preprocess.resize import COVERAGE, Resize
from featcls.preprocess.scale import Scale


@dataclass(frozen=True)
class Batch:
    """Frames of one size on a device.

    Attributes
    ----------
    images : (n, 1, rows, cols) float32 tensor
        0 where masked.
    valid : (n, 1, rows, cols) bool tensor, or None where all pixels count
    centres : (n, 2) float64 tensor
        Beam centre of each, row and column.
    """

    images: Tensor
    valid: Tensor | None
    centres: Tensor


def split(
    chain: Sequence[Preprocessor],
) -> tuple[Sequence[Preprocessor], Sequence[Preprocessor]]:
    """Return the steps for the readers and the last ones, which have a twin here."""
    first = len(chain)
    while first and type(chain[first - 1]) in TWINS:
        first -= 1
    return chain[:first], chain[first:]


def apply(chain: Sequence[Preprocessor], batch: Batch) -> Batch:
    """Send a batch through steps that all have a twin."""
    for step in chain:
        batch = TWINS[type(step)](step, batch)
    return batch


def joined(batches: Sequence[Batch], order: Sequence[int]) -> Batch:
    """Return batches of one size as one, frame k of them at place `order[k]`."""
    if len(batches) == 1:
        return batches[0]
    place = torch.from_numpy(np.argsort(order)).to(batches[0].images.device)
    images = torch.cat([batch.images for batch in batches])
    valid = None
    if any(batch.valid is not None for batch in batches):
        every = [torch.ones_like(b.images, dtype=torch.bool) for b in batches]
        known = [e if b.valid is None else b.valid for b, e in zip(batches, every, strict=True)]
        valid = torch.cat(known)[place]
    return Batch(images[place], valid, torch.cat([batch.centres for batch in batches])[place])


def scale(step: Scale, batch: Batch) -> Batch:
    """Multiply by the factor."""
    return replace(batch, images=(batch.images.double() * float(step.factor)).float())


def lcn(step: LCN, batch: Batch) -> Batch:
    """Normalise the local contrast, from running sums in float64."""
    images, valid = batch.images, batch.valid
    rows, cols = images.shape[2:]
    side = min(rows, cols)
    half = min(step.window, side - 1 + side % 2) // 2
    known = torch.ones_like(images, dtype=torch.float64) if valid is None else valid.double()
    n_all = known.sum((2, 3), keepdim=True).clamp(min=1)
    x = images.double()
    x = (x - (x * known).sum((2, 3), keepdim=True) / n_all) * known
    sigma = (x.square().sum((2, 3), keepdim=True) / n_all).sqrt()
    mode = "reflect" if step.border == "reflect" else "constant"
    padded = F.pad(torch.cat([x, x.square(), known], 1), (half,) * 4, mode=mode)
    total, squares, n = _window_sums(padded, 2 * half + 1).chunk(3, 1)
    mean = total / n.clamp(min=1)
    std = (squares / n.clamp(min=1) - mean.square()).clamp(min=0).sqrt()
    below = torch.maximum(std, step.min_std * sigma)
    usable = (n >= 2) & (below > _ROUNDING * sigma) & (known > 0)
    result = torch.where(usable, (x - mean) / torch.where(usable, below, 1.0), 0.0)
    return replace(batch, images=result.float())


# A window of equal pixels has no deviation; float64 sums leave this much of the frame's.
_ROUNDING = 1e-7


def _window_sums(x: Tensor, window: int) -> Tensor:
    """Return sums over square windows (n, c, rows - window + 1, cols - window + 1)."""
    for axis in (2, 3):
        sums = F.pad(x.cumsum(axis), (1, 0) if axis == 3 else (0, 0, 1, 0))
        length = sums.shape[axis]
        x = sums.narrow(axis, window, length - window) - sums.narrow(axis, 0, length - window)
    return x


def resize(step: Resize, batch: Batch) -> Batch:
    """Resample as Pillow does: two matrix products, antialiased."""
    images, valid = batch.images, batch.valid
    shape = (images.shape[2], images.shape[3])
    rows, cols = step._shape(shape)
    result = _resampled(images, (rows, cols), step.method)
    if valid is not None:
        covered = _resampled(valid.float(), (rows, cols), step.method)
        valid = covered >= COVERAGE
        result = torch.where(valid, result / torch.where(valid, covered, 1.0), 0.0)
    ratio = batch.centres.new_tensor([rows / shape[0], cols / shape[1]])
    return Batch(result, valid, (batch.centres + 0.5) * ratio - 0.5)


def _resampled(images: Tensor, shape: tuple[int, int], method: str) -> Tensor:
    down, across = (
        torch.from_numpy(_shares(old, new, method)).to(images.device)
        for old, new in zip(images.shape[2:], shape, strict=True)
    )
    return (
        ((images.double() @ across.T).float().double().transpose(2, 3) @ down.T)
        .transpose(2, 3)
        .float()
    )


def _bicubic(x: Any) -> Any:
    x, a = np.abs(x), -0.5
    near = ((a + 2) * x - (a + 3)) * x * x + 1
    far = (((x - 5) * x + 8) * x - 4) * a
    return np.where(x < 1, near, np.where(x < 2, far, 0.0))


# Support in pixels, and weight at a distance, of Pillow's filters.
FILTERS: dict[str, tuple[float, Callable[[Any], Any]]] = {
    "box": (0.5, lambda x: ((x > -0.5) & (x <= 0.5)) * 1.0),
    "bilinear": (1.0, lambda x: np.maximum(1 - np.abs(x), 0.0)),
    "bicubic": (2.0, _bicubic),
}


@lru_cache(16)
def _shares(old: int, new: int, method: str) -> Any:
    """Return the weights (new, old) of old pixels in new ones."""
    step = old / new
    middle = (np.arange(new) + 0.5) * step
    if method == "nearest":
        return np.eye(old)[np.minimum(middle.astype(int), old - 1)]
    support, weigh = FILTERS[method]
    wide = max(step, 1.0)
    pixel = np.arange(old)
    low = np.maximum((middle - support * wide + 0.5).astype(int), 0)[:, None]
    high = np.minimum((middle + support * wide + 0.5).astype(int), old)[:, None]
    shares = weigh((pixel - middle[:, None] + 0.5) / wide) * ((pixel >= low) & (pixel < high))
    return shares / shares.sum(1, keepdims=True)


def ccf(step: CCF, batch: Batch) -> Batch:
    """Map how rings about each frame's beam centre vary together."""
    values, weights = _rings(step, batch)
    n_angles = step.n_angles
    total = weights.sum(2, keepdim=True)
    mean = (values * weights).sum(2, keepdim=True) / total.clamp(min=1e-30)
    y = weights * (values - mean if step.subtract_mean else values)
    some = total[..., 0] > 0
    known = some[:, :, None] & some[:, None, :]
    common = weights @ weights.transpose(1, 2)
    enough = common > LEAST_WEIGHT * n_angles
    if step.reduction == "max":
        # One by one: the correlations over delta are rings x rings x angles of each.
        pairs = zip(y, weights, strict=True)
        found = torch.stack([_largest(*pair, n_angles) for pair in pairs])
    else:
        found = torch.where(enough, y @ y.transpose(1, 2) / common.clamp(min=1e-30), 0.0)
    if step.reduction in ("order", "merged"):
        turn = torch.arange(n_angles, device=y.device).double() / n_angles
        part = torch.polar(torch.ones_like(turn), -2 * torch.pi * step.order * turn)
        waves = (y.to(part.dtype) @ part) / total[..., 0].clamp(min=1e-30)
        order = (waves.conj()[:, :, None] * waves[:, None, :]).real
        above = torch.ones_like(order[0], dtype=torch.bool).triu(1)
        found = order if step.reduction == "order" else torch.where(above, order, found)
        known = known & (enough | above if step.reduction == "merged" else True)
    elif step.reduction == "delta0":
        known = known & enough
    if step.normalize:
        means = torch.where(some, mean[..., 0], 0.0)
        product = means[:, :, None] * means[:, None, :]
        found = torch.where(product != 0, found / torch.where(product != 0, product, 1.0), 0.0)
    images = torch.where(known, found, 0.0).float()[:, None]
    middle = torch.full_like(batch.centres, (step.n_rings - 1) / 2)
    return Batch(images, None if bool(known.all()) else known[:, None], middle)


def _largest(y: Tensor, weights: Tensor, n_angles: int) -> Tensor:
    """Return the largest correlation over delta of one frame's rings, (rings, rings)."""
    both = []
    for part in (y, weights):
        wave = torch.fft.rfft(part, dim=1)
        cross = wave.conj()[:, None] * wave[None]
        both.append(torch.fft.irfft(cross, n_angles, dim=2))
    above, common = both
    enough = common > LEAST_WEIGHT * n_angles
    quotient = torch.where(enough, above / torch.where(enough, common, 1.0), -torch.inf)
    best = quotient.amax(2)
    return torch.where(torch.isfinite(best), best, 0.0)


def _rings(step: CCF, batch: Batch) -> tuple[Tensor, Tensor]:
    """Return values and weights (n, rings, angles) of bilinear samples, float64."""
    images, valid = batch.images, batch.valid
    rows, cols = images.shape[2:]
    r_max = (min(rows, cols) - 1) / 2 if step.r_max is None else step.r_max
    radii = torch.from_numpy(ring_radii(step.n_rings, r_max, r_min=step.r_min)).to(images.device)
    phi = 2 * torch.pi * torch.arange(step.n_angles, device=images.device).double() / step.n_angles
    row = batch.centres[:, 0, None, None] + radii[:, None] * phi.sin()
    col = batch.centres[:, 1, None, None] + radii[:, None] * phi.cos()
    inside = (row >= 0) & (row <= rows - 1) & (col >= 0) & (col <= cols - 1)
    row, col = torch.where(inside, row, 0.0), torch.where(inside, col, 0.0)
    top, left = row.floor().clamp(max=rows - 2), col.floor().clamp(max=cols - 2)
    known = torch.ones_like(images) if valid is None else valid.to(images.dtype)
    values, weights = torch.zeros_like(row), torch.zeros_like(row)
    for down, share_down in ((0, 1 - (row - top)), (1, row - top)):
        for right, share_right in ((0, 1 - (col - left)), (1, col - left)):
            place = ((top + down) * cols + left + right).long().flatten(1)
            share = share_down * share_right * inside
            share = share * known.flatten(1).gather(1, place).view_as(row)
            values += share * images.flatten(1).gather(1, place).view_as(row)
            weights += share
    return torch.where(weights > 0, values / weights.clamp(min=1e-30), 0.0), weights


TWINS: dict[type, Callable[[Any, Batch], Batch]] = {
    Scale: scale,
    LCN: lcn,
    Resize: resize,
    CCF: ccf,
}
