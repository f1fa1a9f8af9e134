"""Watches frames as they come and raises named alarms."""

import logging
import math
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featcls.drift.cusum import Charts, threshold
from featcls.drift.health import NAMES, NOISE, health
from featcls.drift.names import OTHER, Move, name_of
from featcls.drift.reference import Reference
from featcls.frame import Frame

ARL = 1e6  # frames between false alarms
WINDOW = 256  # last frames that an alarm is named by
CLEAR = 4.0  # standard errors by which a statistic is off that an alarm tells
QUIET = 1000  # frames without a cause after which a name may be said again
TOLD = 4  # statistics that a message names

Matrix = NDArray[np.float64]

logger = logging.getLogger(__name__)


class Monitor:
    """Tests whether frames are still what they were when the model was made.

    A frame is compared with those of its predicted class, and its features only where it is
    predicted a miss: how many frames are hits moves nothing. Charts add up all frames, and
    others each class of misses, as a change may be seen in one of them alone.

    Parameters
    ----------
    reference : Reference
    classes : sequence of str
    features : sequence of str
        Names of the model's features.
    misses : sequence of int
        Codes of the classes that are no hits.
    arl : float
        Frames between false alarms on average.
    tell : callable, optional
        Gets every alarm, a dict of JSON values.
    """

    def __init__(
        self,
        reference: Reference,
        classes: Sequence[str],
        features: Sequence[str],
        misses: Sequence[int],
        arl: float = ARL,
        tell: Callable[[dict[str, Any]], None] = lambda alarm: None,
    ) -> None:
        self.reference, self.classes, self.tell = reference, list(classes), tell
        self.names = (*NAMES, *features)
        self.misses = np.isin(np.arange(len(classes) + 1), misses)
        self._groups = {int(code): 1 + i for i, code in enumerate(misses)}
        self._charts = Charts(1 + len(misses), len(self.names))
        self.threshold = threshold(arl, self._charts.sums.size)
        self.frames = 0
        self._allowances = reference.allowances(self.threshold)
        self._last: deque[tuple[int, Matrix, Matrix]] = deque(maxlen=WINDOW)
        self._said: dict[str, int] = {}
        self._lock = threading.Lock()

    def watch(self, frames: Sequence[Frame], scores: Matrix, features: Matrix) -> None:
        """Look at frames by their scores (n, k) and features (n, width); any thread may."""
        self.add(scores.argmax(axis=1), np.array([health(frame) for frame in frames]), features)

    def failed(self, frame: Frame) -> None:
        """Look at a frame that could not be scored."""
        width = len(self.names) - len(NAMES)
        self.add(np.array([-1]), health(frame)[None], np.zeros((1, width)))

    def add(self, codes: NDArray[np.int64], measured: Matrix, features: Matrix) -> None:
        """Look at frames by predicted class (n,), `health` (n, 44) and features (n, width).

        The class -1 is that of frames which have none.
        """
        X = self.reference.watched(measured, features)
        found = self.reference.standard(codes, X)
        found[~self.misses[codes], len(NAMES) :] = np.nan
        with self._lock:
            while len(codes):
                n = self._upto_alarm(codes, X, found)
                codes, X, found = codes[n:], X[n:], found[n:]

    def _upto_alarm(self, codes: NDArray[np.int64], X: Matrix, Z: Matrix) -> int:
        """Take frames in, up to the first that raises an alarm; return how many."""
        allowances = self._allowances[codes]
        rows = {group: np.flatnonzero(codes == code) for code, group in self._groups.items()}
        rows[0] = np.arange(len(codes))
        highest, sums = np.zeros(len(codes)), {}
        for group, own in rows.items():
            if len(own):
                sums[group] = self._charts.ahead(group, Z[own], allowances[own])
                highest[own] = np.maximum(highest[own], sums[group].max(axis=(1, 2)))
        alarms = highest >= self.threshold
        n = int(alarms.argmax()) + 1 if alarms.any() else len(codes)
        for group, path in sums.items():
            own = rows[group][rows[group] < n]
            self._charts.take(group, path[: len(own)], self.frames + 1 + own)
        self.frames += n
        self._last.extend(zip(codes[:n].tolist(), X[:n], Z[:n], strict=True))
        if alarms.any():
            self._alarm()
        return n

    def _alarm(self) -> None:
        """Name what moved, say it unless it was said, and begin anew."""
        chart = np.unravel_index(self._charts.sums.argmax(), self._charts.sums.shape)
        began = self.frames - int(self._charts.start[chart])
        self._charts.restart(self.frames)
        moves = self._moves(int(chart[-1]), began)
        name = name_of({move.name: move for move in moves})
        quiet = self.frames - self._said.get(name, -QUIET) >= QUIET
        recent = self.frames - max(self._said.values(), default=-QUIET) < QUIET
        self._said[name] = self.frames
        if not quiet or (recent and name == OTHER):
            return
        told = ", ".join(move.words() for move in moves[:TOLD])
        more = f" and {len(moves) - TOLD} more" if len(moves) > TOLD else ""
        message = f"{name}: {told}{more}; for {began} frames, up to frame {self.frames}"
        logger.warning("drift: %s", message)
        self.tell(
            {
                "name": name,
                "message": message,
                "frame": self.frames,
                "frames": began,
                "features": [asdict(move) for move in moves],
            }
        )

    def _moves(self, first: int, began: int) -> list[Move]:
        """Return what moved: the statistic that alarmed, and those that are as clearly off.

        Each in the class where that is clearest; those of `health` first.
        """
        last = list(self._last)[-max(1, min(began, WINDOW)) :]
        codes, X, Z = (np.array(part) for part in zip(*last, strict=True))
        groups = [codes == code for code in np.unique(codes)]
        n = np.array([np.isfinite(Z[own]).sum(axis=0) for own in groups])
        total = np.array([np.nansum(Z[own], axis=0) for own in groups])
        clear = np.abs(total) / np.sqrt(np.maximum(n, 1))
        together = np.abs(total.sum(axis=0)) / np.sqrt(np.maximum(n.sum(axis=0), 1))
        group, most = clear.argmax(axis=0), np.maximum(clear.max(axis=0), together)
        moved = most >= max(CLEAR, most.max() / 4)
        moved[first] = True
        usual = self.reference.usual(codes)
        moves = []
        for i in sorted(np.flatnonzero(moved), key=lambda i: (i >= len(NAMES), -most[i])):
            own = groups[group[i]] & np.isfinite(Z[:, i])
            before, now = float(usual[own, i].mean()), float(X[own, i].mean())
            if i == NOISE:  # a logarithm
                before, now = math.exp(before), math.exp(now)
            size = float(total[group[i], i] / n[group[i], i])
            code = codes[own][0]
            of = None if code < 0 else self.classes[code]
            moves.append(Move(self.names[i], before, now, size, of))
        return moves
