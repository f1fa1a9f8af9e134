"""Pictures of frames with what speaks for their label, as PNG files."""

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
PLANE, THUMB = 1200, 48  # sides of the plane of a t-SNE and of the pictures on it


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
    size = drawn[::k, ::k][: plain.shape[0], : plain.shape[1]]
    share = size / max(float(np.abs(drawn).max()), 1e-30)
    colour = np.where(share[..., None] > 0, FOR, AGAINST)
    weight = 0.7 * np.abs(share)[..., None]
    under = (plain * (1 - weight) + colour * weight).astype(np.uint8)
    between = np.full((len(plain), GAP, 3), 255, np.uint8)
    return np.concatenate([plain, between, under], axis=1)


def plane(frames: Sequence[Frame], points: NDArray[np.float64]) -> Pixels:
    """Return small pictures of frames at their places (n, 2) on a plane."""
    from PIL import Image

    sheet = Image.new("RGB", (PLANE, PLANE), "white")
    low, span = points.min(axis=0), np.ptp(points, axis=0)
    places = (points - low) / np.where(span > 0, span, 1) * (PLANE - THUMB)
    for frame, (row, col) in zip(frames, places, strict=True):
        small = Image.fromarray(picture(frame))
        small.thumbnail((THUMB, THUMB))
        sheet.paste(small, (int(col), int(row)))
    return np.asarray(sheet)


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
