"""Prediction rows: one a frame, whatever becomes of it."""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featcls.dataset.ahead import ahead
from featcls.errors import UnreadableFrameError
from featcls.extractors.base import as_frames
from featcls.frame import Frame

Row = dict[str, Any]
# One thread hides the waiting of a file server; more only compete with the scoring.
READERS = 1
ABSTAINED = "abstained"

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Rows:
    """Makes rows of frames by a function from frames to scores (n, k).

    A frame whose best score is below `least` has no label and the status `abstained`.
    """

    score: Callable[[list[Frame]], NDArray[np.float64]]
    classes: Sequence[str]
    multilabel: bool
    hits: Callable[[NDArray[np.float64]], NDArray[np.bool_]] | None = None
    least: float = 0.0

    @property
    def names(self) -> list[str]:
        """The keys of every row, in order."""
        return list(self.row("", None, None, "unreadable", None))

    def __call__(self, frames: Any, batch: int, n_threads: int) -> Iterator[Row]:
        """Yield a row a frame, in order; threads score batches, none lets the caller do it.

        Threads read the frames of a data set that they score: an image that one core has read
        is not at hand for another.
        """
        if n_threads and hasattr(frames, "outcomes"):
            n = len(frames.frame_ids)
            parts = (range(k, min(k + batch, n)) for k in range(0, n, batch))
            made = ahead(lambda part: self._rows([*_outcomes(frames, part, 0)]), parts, n_threads)
        else:
            source = _read(frames)
            made = ahead(self._rows, iter(lambda: list(islice(source, batch)), []), n_threads)
        for rows in made:
            yield from rows

    def _rows(self, read: Sequence[Any]) -> list[Row]:
        scored = iter(self._scored([item for item in read if not isinstance(item, _Bad)]))
        return [
            self.row(item.frame_id, None, None, "unreadable", None)
            if isinstance(item, _Bad)
            else next(scored)
            for item in read
        ]

    def _scored(self, images: list[Any]) -> list[Row]:
        if not images:
            return []
        start = time.perf_counter()
        frames = as_frames(images)
        scores = self.score(frames)
        ms = 1000 * (time.perf_counter() - start) / len(frames)
        hits = [None] * len(frames) if self.hits is None else self.hits(scores).tolist()
        return [
            self.row(frame.frame_id, values, hit, frame.status, ms)
            for frame, values, hit in zip(frames, scores.tolist(), hits, strict=True)
        ]

    def row(
        self,
        frame_id: str,
        values: list[float] | None,
        hit: bool | None,
        status: str,
        ms: float | None,
    ) -> Row:
        """Return the row of a frame, with its scores or without."""
        if values is not None and status == "ok" and max(values) < self.least:
            status = ABSTAINED
        said = values is not None and status != ABSTAINED
        row: Row = {"frame_id": frame_id, "label": self._label(values or []) if said else None}
        if self.hits is not None:
            row["hit"] = hit
        scores = [None] * len(self.classes) if values is None else values
        row |= {f"p_{name}": p for name, p in zip(self.classes, scores, strict=True)}
        return row | {"status": status, "ms": ms}

    def _label(self, values: list[float]) -> str:
        if self.multilabel:
            return ";".join(c for c, p in zip(self.classes, values, strict=True) if p >= 0.5)
        return self.classes[values.index(max(values))]


@dataclass(frozen=True)
class _Bad:
    """Stands for a frame that could not be read."""

    frame_id: str


def _read(frames: Any) -> Iterator[Any]:
    """Yield frames, and what stands for those that cannot be read."""
    if hasattr(frames, "outcomes"):
        yield from _outcomes(frames, range(len(frames.frame_ids)), READERS)
        return
    get = getattr(frames, "__getitem__", None)
    if get is None:
        for item in frames:
            yield _bad(item) if isinstance(item, UnreadableFrameError) else item
        return
    for index in range(len(frames)):
        try:
            yield get(index)
        except UnreadableFrameError as error:
            yield _bad(error)


def _outcomes(frames: Any, indices: Sequence[int], n_threads: int) -> Iterator[Any]:
    """Yield frames of a data set, and what stands for those that cannot be read."""
    for i, item in zip(indices, frames.outcomes(indices, n_threads), strict=True):
        yield _bad(item, frames.frame_ids[i]) if isinstance(item, UnreadableFrameError) else item


def _bad(error: UnreadableFrameError, frame_id: str = "") -> _Bad:
    logger.warning("%s", error)
    place = error.path if error.frame is None else f"{error.path}#{error.frame}"
    return _Bad(frame_id or place)
