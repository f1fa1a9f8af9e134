"""Pictures of frames with what speaks for their label, as PNG files."""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from featcls import atomic
from featcls.dataset.contact_sheet import picture
from featcls.frame import Frame

Pixels = NDArray[np.uint8]
FOR, AGAINST = (255, 120, 0), (60, 120, 255)
GAP = 4  # pixels between two pictures
LEAST, LINE = 240, 18  # rows of a picture with words below it, and of a line of them
PLANE, CELLS = 1200, 25  # side of the plane of a t-SNE, in pixels and at least in pictures
RIM = 3  # pixels about a picture on the plane
COLOURS = (
    *("#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd"),
    *("#8c564b", "#e377c2", "#7f7f7f", "#bcbd22", "#17becf"),
)


def overlay(frame: Frame, drawn: NDArray[np.float64]) -> Pixels:
    """Return a frame, and beside it the same under its map, (rows, cols, 3).

    What speaks for the label is orange, what speaks against it blue, both the more the larger.

    Parameters
    ----------
    frame : Frame
    drawn : (rows, cols) array
        Of the frame's shape.
    """
    plain = picture(frame)
    k = -(-max(frame.shape) // max(plain.shape[:2]))
    size = _largest(drawn, k)[: plain.shape[0], : plain.shape[1]]
    share = size / max(float(np.abs(drawn).max()), 1e-30)
    colour = np.where(share[..., None] > 0, FOR, AGAINST)
    weight = 0.7 * np.abs(share)[..., None]
    under = (plain * (1 - weight) + colour * weight).astype(np.uint8)
    between = np.full((len(plain), GAP, 3), 255, np.uint8)
    return np.concatenate([plain, between, under], axis=1)


def _largest(drawn: NDArray[np.float64], k: int) -> NDArray[np.float64]:
    """Return the value furthest from 0 of each k x k pixels: one that stands out stays."""
    rows, cols = (-(-n // k) for n in drawn.shape)
    whole = np.pad(drawn, ((0, rows * k - drawn.shape[0]), (0, cols * k - drawn.shape[1])))
    parts = whole.reshape(rows, k, cols, k).swapaxes(1, 2).reshape(rows, cols, k * k)
    place = np.abs(parts).argmax(axis=2)[..., None]
    return np.asarray(np.take_along_axis(parts, place, axis=2)[..., 0])


def captioned(pixels: Pixels, lines: Sequence[str]) -> Pixels:
    """Return a picture, made larger if it is small, above lines of text.

    Of a line that is too long the end is shown: that of a path tells most.
    """
    from PIL import Image, ImageDraw

    k = -(-LEAST // len(pixels))
    large = pixels.repeat(k, axis=0).repeat(k, axis=1)
    rows, cols = large.shape[:2]
    sheet = Image.new("RGB", (cols, rows + LINE * len(lines)), "white")
    sheet.paste(Image.fromarray(large))
    draw = ImageDraw.Draw(sheet)
    for number, line in enumerate(lines):
        shown = line
        while draw.textlength(shown) > cols - 2 * GAP and len(shown) > 4:
            shown = f"...{shown[4:]}"
        draw.text((GAP, rows + LINE * number + GAP), shown, fill="black")
    return np.asarray(sheet)


def plane(
    frames: Sequence[Frame],
    points: NDArray[np.float64],
    codes: Sequence[int],
    classes: Sequence[str],
) -> Pixels:
    """Return small pictures of frames on a plane, each near its place (n, 2), none on another.

    The colour about each is that of its class; the words below say which.
    """
    from PIL import Image, ImageDraw, ImageOps

    cells = max(CELLS, math.ceil(math.sqrt(2 * len(frames))))
    step = PLANE // cells
    small = step - 2 * RIM - 1
    sheet = Image.new("RGB", (PLANE, PLANE + LINE * len(classes)), "white")
    for frame, code, (row, col) in zip(frames, codes, _spread(points, cells), strict=True):
        thumb = ImageOps.pad(Image.fromarray(picture(frame)), (small, small), color="white")
        thumb = ImageOps.expand(thumb, RIM, COLOURS[code % len(COLOURS)])
        sheet.paste(thumb, (col * step, row * step))
    draw = ImageDraw.Draw(sheet)
    for code, name in enumerate(classes):
        top = PLANE + LINE * code
        colour = COLOURS[code % len(COLOURS)]
        draw.rectangle((GAP, top + GAP, GAP + LINE, top + LINE - GAP), fill=colour)
        draw.text((2 * GAP + LINE, top + GAP), name, fill="black")
    return np.asarray(sheet)


def _spread(points: NDArray[np.float64], cells: int) -> NDArray[np.int64]:
    """Return a cell of its own (n, 2), near its place, for each point."""
    low, span = points.min(axis=0), np.ptp(points, axis=0)
    places = (points - low) / np.where(span > 0, span, 1) * (cells - 1)
    free = np.indices((cells, cells)).reshape(2, -1).T
    found = []
    for place in places:
        nearest = np.square(free - place).sum(axis=1).argmin()
        found.append(free[nearest])
        free = np.delete(free, nearest, axis=0)
    return np.array(found)


def embedded(vectors: NDArray[np.float64], seed: int = 0) -> NDArray[np.float64]:
    """Return places (n, 2) that keep near vectors near: t-SNE.

    References
    ----------
    van der Maaten & Hinton (2008), J. Mach. Learn. Res. 9, 2579-2605.
    """
    from sklearn.manifold import TSNE

    perplexity = min(30.0, max((len(vectors) - 1) / 3, 1.0))
    made = TSNE(2, perplexity=perplexity, init="random", random_state=seed)
    return np.asarray(made.fit_transform(vectors), np.float64)


def write_png(path: Path, pixels: Pixels) -> None:
    """Write a picture, whole or not at all."""
    import io

    from PIL import Image

    packed = io.BytesIO()
    Image.fromarray(pixels).save(packed, "PNG")
    atomic.write(path, packed.getvalue())
