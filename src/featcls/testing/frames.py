"""Frames that every step must take: ordinary ones and awkward ones, all of whole grey levels."""

import numpy as np
from numpy.typing import NDArray

from featcls.frame import Frame

SHAPE = (128, 144)


def ordinary_frames(seed: int = 0) -> list[Frame]:
    """Spots on counting noise, plain noise, a ramp, and the spots again behind a mask."""
    rng = np.random.default_rng(seed)
    rows, cols = np.indices(SHAPE)
    spots = np.full(SHAPE, 20.0)
    for row, col in rng.uniform(10, 118, (40, 2)):
        width = rng.uniform(1, 5)
        distance = (rows - row) ** 2 + (cols - col) ** 2
        spots += rng.uniform(40, 200) * np.exp(-distance / (2 * width**2))
    images = [
        rng.poisson(spots),
        rng.integers(0, 256, SHAPE),
        rng.poisson((rows + cols) / 4),
    ]
    frames = [
        Frame(np.clip(image, 0, 255).astype(np.uint8), frame_id=f"ordinary#{k}")
        for k, image in enumerate(images)
    ]
    mask = rng.random(SHAPE) < 0.002
    mask[60:66] = True
    return [*frames, frames[0].replace(mask=mask, frame_id="ordinary#masked")]


def awkward_frames() -> list[Frame]:
    """Frames of a pixel or a line, without contrast, or with hardly a valid pixel."""
    rng = np.random.default_rng(1)
    shapes = [(1, 1), (1, 9), (9, 1), (2, 2), (3, 5)]
    frames = [
        Frame(rng.integers(0, 256, shape, dtype=np.uint8), frame_id=f"awkward#{shape}")
        for shape in shapes
    ]
    for value in (0, 255):
        frames.append(Frame(np.full((16, 16), value, np.uint8), frame_id=f"awkward#all {value}"))
    one = np.ones((16, 16), bool)
    one[8, 8] = False
    frames.append(frames[-1].replace(mask=one, frame_id="awkward#one valid pixel"))
    return [*frames, *masked_frames()]


def masked_frames() -> list[Frame]:
    """Frames without a valid pixel."""
    return [
        Frame(np.zeros(shape, np.uint8), np.ones(shape, bool), f"masked#{shape}")
        for shape in ((1, 1), (16, 16), (40, 31))
    ]


def flat_frames() -> tuple[Frame, Frame, Frame]:
    """A flat frame; the same with a masked block; and with a block of zeros but no mask."""
    block = np.zeros((96, 96), bool)
    block[40:56, 30:46] = True
    image = np.full(block.shape, 100, np.uint8)
    return (
        Frame(image, frame_id="flat"),
        Frame(image, block, "flat#masked block"),
        Frame(np.where(block, np.uint8(0), image), frame_id="flat#block of zeros"),
    )


def same_values(frame: Frame) -> list[Frame]:
    """Return the frame held in other types and memory layouts."""
    types = ("u1", "i2", ">u2", "u4", "i8", "f4", ">f8")
    image = frame.image
    wide = np.zeros((2 * image.shape[0], 3 * image.shape[1]), image.dtype)
    wide[::2, ::3] = image
    layouts: list[NDArray[np.generic]] = [
        *(image.astype(name) for name in types),
        np.asfortranarray(image),
        wide[::2, ::3],
        image[::-1, ::-1].copy()[::-1, ::-1],
    ]
    return [frame.replace(image=layout) for layout in layouts]
