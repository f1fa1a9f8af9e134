"""A picture of what is in a data set: some frames of each class, masks in colour."""

import os
from collections.abc import Sequence
from io import BytesIO

import numpy as np
from numpy.typing import NDArray

from featcls import atomic
from featcls.dataset.dataset import Dataset
from featcls.errors import DataError, UnreadableFrameError
from featcls.frame import Frame
from featcls.kernels.quantiles import quantiles

TILE = 160  # pixels of the longer side of a picture
GAP = 4
LABEL = 16  # height of a line of text
MASKED = (170, 60, 90)
TAILS = (0.01, 0.995)  # of the valid pixels, that black and white stand for


def write_contact_sheet(
    path: str | os.PathLike[str], dataset: Dataset, columns: int = 8, seed: int = 0
) -> dict[str, list[str]]:
    """Write a PNG with a row of frames for each class; without labels, rows of frames.

    Frames are drawn at random, their brightness is that of their own 1st and 99.5th percentile
    after a square root, and masked pixels are red.

    Parameters
    ----------
    path : path
        PNG to write.
    dataset : Dataset
    columns : int
        Frames a row.
    seed : int

    Returns
    -------
    dict of str to list of str
        Ids of the frames shown, by class from top to bottom.

    Raises
    ------
    DataError
        No frame can be read.
    """
    from PIL import Image, ImageDraw

    rng = np.random.default_rng(seed)
    rows = {name: _some(dataset, own, columns, rng) for name, own in _rows(dataset).items()}
    rows = {name: frames for name, frames in rows.items() if frames}
    if not rows:
        raise DataError("no frame can be read, so there is nothing to show", "check the files")
    step = TILE + GAP
    size = columns * step + GAP, len(rows) * (step + LABEL) + GAP
    sheet = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(sheet)
    for k, (name, frames) in enumerate(rows.items()):
        top = GAP + k * (step + LABEL)
        draw.text((GAP, top), name, fill="black")
        for i, frame in enumerate(frames):
            tile = Image.fromarray(picture(frame))
            tile.thumbnail((TILE, TILE), Image.Resampling.BOX)
            sheet.paste(tile, (GAP + i * step, top + LABEL))
    content = BytesIO()
    sheet.save(content, "PNG", optimize=True)
    atomic.write(path, content.getvalue())
    return {name: [frame.frame_id for frame in frames] for name, frames in rows.items()}


def _rows(dataset: Dataset) -> dict[str, NDArray[np.int64]]:
    """Frames of each class by its name and number."""
    if dataset.y is None:
        parts = np.array_split(np.arange(len(dataset)), min(4, len(dataset)))
        return {f"frames {part[0]} to {part[-1]}": part for part in parts}
    found = {}
    for code, name in enumerate(dataset.classes):
        own = dataset.y[:, code] == 1 if dataset.multilabel else dataset.y == code
        indices = np.flatnonzero(own).astype(np.int64)
        found[f"{name} ({len(indices)})"] = indices
    return found


def _some(
    dataset: Dataset, indices: NDArray[np.int64], n: int, rng: np.random.Generator
) -> Sequence[Frame]:
    """Return up to n frames drawn at random, those that cannot be read passed over."""
    found: list[Frame] = []
    for index in rng.permutation(indices):
        if len(found) == n:
            break
        try:
            found.append(dataset.frame(int(index)))
        except UnreadableFrameError:
            continue
    return found


def picture(frame: Frame) -> NDArray[np.uint8]:
    """Return a frame in RGB at most a few times larger than it is shown."""
    k = max(1, max(frame.shape) // (2 * TILE))
    image, valid = frame.image[::k, ::k].astype(np.float64), frame.valid[::k, ::k]
    picture = np.empty((*image.shape, 3), np.uint8)
    picture[:] = MASKED
    if valid.any():
        low, high = quantiles(image[valid], TAILS)
        grey = np.sqrt(np.clip((image - low) / max(high - low, 1e-12), 0, 1))
        picture[valid] = (255 * grey[valid, None]).astype(np.uint8)
    return picture
