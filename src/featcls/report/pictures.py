"""Files of what a model looks at: maps over frames, and frames laid out by likeness."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from featcls.errors import UsageError
from featcls.report.overlay import captioned, embedded, overlay, plane, write_png

if TYPE_CHECKING:
    from featcls.frame import Frame
    from featcls.model import Model

LEAST = 3  # frames of a plane


def write_maps(
    model: "Model",
    frames: "Sequence[Frame]",
    kind: str,
    codes: Sequence[int],
    folder: Path,
    words: Sequence[Sequence[str]] | None = None,
) -> list[Path]:
    """Write a picture for each frame and its class, and return their files in that order.

    `words` are lines of text for each picture.
    """
    from featcls.model.explain import maps

    drawn, seen = maps(model, frames, kind, codes)
    written = []
    for k, (frame, map_, code) in enumerate(zip(seen, drawn, codes, strict=True)):
        path = folder / f"{k:03}-{kind}-{_plain(model.classes[code])}.png"
        pixels = overlay(frame, map_)
        write_png(path, captioned(pixels, words[k]) if words else pixels)
        written.append(path)
    return written


def write_plane(model: "Model", frames: "Sequence[Frame]", folder: Path) -> Path:
    """Write frames as the model sees them: those that look alike to it side by side.

    Raises
    ------
    UsageError
        There are too few of them.
    """
    from featcls.model.explain import vectors

    if len(frames) < LEAST:
        raise UsageError(f"a plane of {len(frames)} frames shows nothing", "give more frames")
    path = folder / "tsne.png"
    codes = model.predict_scores(frames).argmax(axis=1)
    points = embedded(vectors(model, frames))
    write_png(path, plane(frames, points, codes.tolist(), model.classes))
    return path


def _plain(name: str) -> str:
    """Return a class name that cannot lead a file elsewhere."""
    return "".join(letter if letter.isalnum() or letter in "-_" else "_" for letter in name)
