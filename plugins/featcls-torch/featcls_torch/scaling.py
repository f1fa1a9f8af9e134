"""From detector values to a network's input: scaled, without what is masked, in its channels."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Array = NDArray[np.float32]
LEAST = 1e-6  # standard deviation divided by


@dataclass(frozen=True)
class Statistics:
    """What the training frames say of brightness; float32 arrays, so that a file can hold them.

    Attributes
    ----------
    level : (4,) array
        Mean and standard deviation of the valid pixels, and the same of log(1 + pixel).
    top : () array
        Brightest pixel.
    noise : (3,) array
        Medians over frames of mean, mean + standard deviation and maximum: the upper ends of
        the noise of Zimmermann et al. (2019), section 5.3.
    mean_image : (rows, cols) array
        Mean of each pixel over `top`; (0, 0) where the inputs do not ask for it.
    """

    level: Array
    top: Array
    noise: Array
    mean_image: Array

    @classmethod
    def of(cls, frames: Iterable[tuple[Array, NDArray[np.bool_] | None]], pixels: bool) -> Any:
        """Return the statistics of images with their masks; `pixels` asks for the mean image."""
        sums = np.zeros(5)
        each, top = [], 0.0
        total: Any = 0.0
        count: Any = 0.0
        mean_image: Any = np.zeros((0, 0))
        for image, mask in frames:
            valid = image.ravel() if mask is None else image[~mask]
            if not valid.size:
                continue
            wide = valid.astype(np.float64)
            logs = np.log1p(np.maximum(wide, 0))
            sums += wide.size, wide.sum(), (wide**2).sum(), logs.sum(), (logs**2).sum()
            each.append((wide.mean(), wide.mean() + wide.std(), wide.max()))
            top = max(top, float(wide.max()))
            if pixels:
                seen = np.ones(image.shape) if mask is None else ~mask
                total, count = total + image.astype(np.float64), count + seen
        if not each:
            each, sums = [(0.0, 0.0, 0.0)], np.ones(5)
        if pixels and top > 0:
            mean_image = total / np.maximum(count, 1) / top
        n, first, second, log_first, log_second = sums
        level = [first / n, _std(first, second, n), log_first / n, _std(log_first, log_second, n)]
        parts = (level, top or 1.0, np.median(each, axis=0), mean_image)
        return cls(*(np.array(part, np.float32) for part in parts))

    def arrays(self) -> dict[str, Array]:
        """Return the statistics by name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


def _std(first: float, second: float, n: float) -> float:
    return float(np.sqrt(max(second / n - (first / n) ** 2, 0.0)))


def channels_of(inputs: str, mask_channel: bool) -> int:
    """Return how many channels `scaled` gives."""
    return (3 if inputs.startswith(("grey", "jet")) else 1) + mask_channel


def scaled(
    images: Tensor, valid: Tensor | None, inputs: str, mask_channel: bool, known: Statistics
) -> Tensor:
    """Return what a network sees of images.

    Parameters
    ----------
    images : (n, 1, rows, cols) float32 tensor
    valid : (n, 1, rows, cols) bool tensor, optional
        False pixels are 0 in the result, whatever the scaling.
    inputs : str
        `train`: less mean, over deviation of the training pixels; `frame`: of each frame's own
        (Ke et al. 2018, equation 6); `log`: of log(1 + x), by the training pixels; `unit`: over
        the brightest training pixel, less the mean image (DeepFreak, section 4.2); `none`: as
        they are; `grey`, `grey-log`, `jet`, `jet-log`: from 0 to 1, linear or logarithmic, three
        times the same or as red, green and blue of the map jet (Ignatenko et al. 2021).
    mask_channel : bool
        Add a channel that is 1 where a pixel is masked.
    known : Statistics
    """
    mean, std, log_mean, log_std = known.level.tolist()
    top = float(known.top)
    x: Tensor
    logs = torch.log1p(images.clamp(min=0)) if "log" in inputs else images
    if inputs == "train":
        x = (images - mean) / max(std, LEAST)
    elif inputs == "frame":
        x = _by_frame(images, valid)
    elif inputs == "log":
        x = (logs - log_mean) / max(log_std, LEAST)
    elif inputs == "unit":
        mean_image = torch.from_numpy(known.mean_image).to(images.device)
        x = images / top - middle(mean_image, images.shape[2:])
    elif inputs == "none":
        x = images
    else:
        x = (logs / (np.log1p(top) if "log" in inputs else top)).clamp(0, 1)
        x = jet(x) if inputs.startswith("jet") else x.expand(-1, 3, -1, -1)
    if valid is not None:
        x = x * valid
    if mask_channel:
        masked = torch.zeros_like(images) if valid is None else (~valid).to(x.dtype)
        x = torch.cat([x, masked], 1)
    return x.contiguous(memory_format=torch.channels_last)


def middle(x: Tensor, shape: Sequence[int]) -> Tensor:
    """Return the middle of (..., rows, cols), of another number of them.

    Examples
    --------
    >>> middle(torch.arange(20).view(4, 5), (2, 2)).tolist()
    [[6, 7], [11, 12]]
    """
    row, col = ((own - new) // 2 for own, new in zip(x.shape[-2:], shape, strict=True))
    return x[..., row : row + shape[0], col : col + shape[1]]


def jet(x: Tensor) -> Tensor:
    """Return the colours (n, 3, rows, cols) of values (n, 1, rows, cols) from 0 to 1.

    The map jet as piecewise linear ramps: blue, cyan, yellow, red.

    Examples
    --------
    >>> jet(torch.tensor([[[[0.375]]]])).flatten().tolist()
    [0.0, 1.0, 1.0]
    """
    ramps = [1.5 - (4 * x - centre).abs() for centre in (3.0, 2.0, 1.0)]
    return torch.cat(ramps, 1).clamp(0, 1)


def _by_frame(images: Tensor, valid: Tensor | None) -> Tensor:
    some = torch.ones_like(images) if valid is None else valid.to(images.dtype)
    n = some.sum((2, 3), keepdim=True).clamp(min=1)
    mean = (images * some).sum((2, 3), keepdim=True) / n
    variance = ((images - mean).square() * some).sum((2, 3), keepdim=True) / n
    result: Tensor = (images - mean) / variance.sqrt().clamp(min=LEAST)
    return result
