"""Random changes of training images that leave their class as it is.

All work on detector values, before scaling, on the device of the images, and draw from the
generator that they are given.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from featcls_torch.params import NOISES
from featcls_torch.scaling import Statistics, middle

Pair = tuple[Tensor, Tensor | None]


@dataclass(frozen=True)
class Augmentation:
    """What is varied, and by how much; the fields are those of the network's parameters."""

    crop: int
    shift: int
    flip: bool
    rotate: float
    contrast: float
    brightness: float
    noise: str

    def shape(self, frame: tuple[int, int]) -> tuple[int, int]:
        """Return rows and columns after the crop."""
        rows, cols = frame
        return (min(self.crop, rows), min(self.crop, cols)) if self.crop else frame

    def central(self, images: Tensor, valid: Tensor | None) -> Pair:
        """Return the middle of images as the crop has it: what is not varied."""
        shape = self.shape((images.shape[2], images.shape[3]))
        return middle(images, shape), None if valid is None else middle(valid, shape)

    def varied(
        self, images: Tensor, valid: Tensor | None, known: Statistics, rng: Generator
    ) -> Pair:
        """Return images and where they are valid, each varied in its own way."""
        if self.shift or self.rotate:
            images, valid = self._moved(images, valid, rng)
        images, valid = self.central(images, valid)
        if self.flip:
            for axis in (2, 3):
                turned = _uniform(len(images), rng) < 0.5
                images = torch.where(turned, images.flip(axis), images)
                valid = None if valid is None else torch.where(turned, valid.flip(axis), valid)
        if self.contrast or self.brightness:
            mean = images.mean((2, 3), keepdim=True)
            std = images.std((2, 3), keepdim=True)
            factor = 1 + self.contrast * _signed(len(images), rng)
            offset = self.brightness * std * _signed(len(images), rng)
            images = mean + (images - mean) * factor + offset
        if self.noise != "none":
            upper = float(known.noise[NOISES.index(self.noise) - 1])
            images = images + upper * torch.rand(images.shape, generator=rng, device=images.device)
        return images, valid

    def _moved(self, images: Tensor, valid: Tensor | None, rng: Generator) -> Pair:
        """Shift by whole pixels, and turn about the middle; 0 and invalid from outside."""
        n, _, rows, cols = images.shape
        angle = torch.deg2rad(self.rotate * _signed(n, rng)).flatten()
        shift = (self.shift * _signed(2 * n, rng).view(n, 2)).round()
        cos, sin = angle.cos(), angle.sin()
        move_x, move_y = shift[:, 0] * 2 / cols, shift[:, 1] * 2 / rows
        across, down = rows / cols, cols / rows
        theta = torch.stack(
            [
                torch.stack([cos, -sin * across, move_x], 1),
                torch.stack([sin * down, cos, move_y], 1),
            ],
            1,
        )
        grid = F.affine_grid(theta, [n, 1, rows, cols], align_corners=False)
        known = torch.ones_like(images) if valid is None else valid.to(images.dtype)
        moved = F.grid_sample(images * known, grid, mode="bilinear", align_corners=False)
        inside = F.grid_sample(known, grid, mode="nearest", align_corners=False) > 0.5
        return moved, None if valid is None and bool(inside.all()) else inside


def _uniform(n: int, rng: Generator) -> Tensor:
    """Return n numbers from 0 to 1, (n, 1, 1, 1)."""
    return torch.rand((n, 1, 1, 1), generator=rng, device=rng.device)


def _signed(n: int, rng: Generator) -> Tensor:
    """Return n numbers from -1 to 1, (n, 1, 1, 1)."""
    return 2 * _uniform(n, rng) - 1
