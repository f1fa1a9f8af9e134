"""Rows of frames that come one by one: labels, scores, hit or not."""

import time
from collections.abc import Sequence

from featcls.drift.monitor import Monitor
from featcls.frame import Frame
from featcls.model import Model
from featcls.model.rows import Row
from featcls.screen.hits import Hits


class Scoring:
    """Makes rows with a model.

    A row has the columns of `featcls predict` with `hit`; `ms` is the time from a frame's
    arrival to its row. A monitor looks at all frames that are scored.
    """

    def __init__(
        self, model: Model, hits: Hits, monitor: Monitor | None = None, least: float = 0.0
    ) -> None:
        self.model, self.hits, self.monitor = model, hits, monitor
        self.rows_of = model.rows(hits.of, least)

    @property
    def columns(self) -> list[str]:
        """Names in a row, in order."""
        return self.rows_of.names

    def rows(self, frames: Sequence[Frame], received: Sequence[float]) -> list[Row]:
        """Return the rows of frames."""
        scores, features = self.model.scores_and_features(frames)
        if self.monitor is not None:
            self.monitor.watch(frames, scores, features)
        hits = self.hits.of(scores).tolist()
        now = time.monotonic()
        return [
            self.rows_of.row(frame.frame_id, values, hit, frame.status, 1000 * (now - since))
            for frame, values, hit, since in zip(
                frames, scores.tolist(), hits, received, strict=True
            )
        ]

    def failed(self, frame: Frame) -> None:
        """Let the monitor see a frame that cannot be scored."""
        if self.monitor is not None:
            self.monitor.failed(frame)

    def empty(self, frame_id: str, status: str) -> Row:
        """Return the row of a frame without scores."""
        return self.rows_of.row(frame_id, None, None, status, None)
