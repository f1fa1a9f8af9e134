"""What a screening has seen so far: totals, the last seconds, the last frames."""

import threading
import time
from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from featcls.frame import Frame

WINDOW = 10.0  # seconds over which rates are taken
CURVE = 360  # points of the hit rate that are kept, one a second
KEPT = 6  # last hits and last misses that can be looked at
LATENCIES = 4096  # last frames over which quantiles are taken
STATUSES = ("ok", "masked", "abstained", "unreadable", "failed", "dropped")

Row = Mapping[str, Any]


class Status:
    """Counts rows as they are made; any thread may tell and ask.

    Every frame is counted once, by the status of its row.
    """

    def __init__(self, classes: Sequence[str]) -> None:
        self.started = time.time()
        self.statuses = Counter(dict.fromkeys(STATUSES, 0))
        self.labels = Counter(dict.fromkeys(classes, 0))
        self.hits = 0
        self.waiting = 0
        self.ticked = time.monotonic()
        self.alarms: list[dict[str, Any]] = []
        self.curve: deque[dict[str, float]] = deque(maxlen=CURVE)
        self.last: dict[bool, deque[tuple[Row, Frame]]] = {
            hit: deque(maxlen=KEPT) for hit in (True, False)
        }
        self._seconds: deque[tuple[float, int, int]] = deque()  # when, frames, hits
        self._latencies: deque[float] = deque(maxlen=LATENCIES)
        self._lock = threading.Lock()

    @property
    def frames(self) -> int:
        """All frames that came."""
        return sum(self.statuses.values())

    def scored(self, rows: Iterable[Row], frames: Iterable[Frame]) -> None:
        """Count rows that have scores, with their frames."""
        with self._lock:
            rows = list(rows)
            for row, frame in zip(rows, frames, strict=True):
                self.statuses[row["status"]] += 1
                self.labels.update(name for name in (row["label"] or "").split(";") if name)
                self.hits += row["hit"]
                self._latencies.append(row["ms"])
                self.last[row["hit"]].append((row, frame))
            self._seconds.append((time.monotonic(), len(rows), sum(row["hit"] for row in rows)))

    def lost(self, status: str) -> None:
        """Count a frame without scores."""
        with self._lock:
            self.statuses[status] += 1

    def alarm(self, document: dict[str, Any]) -> None:
        """Remember a named alarm."""
        with self._lock:
            self.alarms.append(document)

    def tick(self) -> None:
        """Add a point to the curve of the hit rate; called once a second."""
        with self._lock:
            self.ticked = time.monotonic()
            n, hits, seconds = self._window()
            rate = hits / n if n else 0.0
            self.curve.append({"hit_rate": rate, "frames_per_s": n / seconds})

    def document(self) -> dict[str, Any]:
        """Return all of it as JSON values."""
        with self._lock:
            n, hits, seconds = self._window()
            latencies = sorted(self._latencies)
            return {
                "started": self.started,
                "frames": self.frames,
                "status": dict(self.statuses),
                "labels": dict(self.labels),
                "hits": self.hits,
                "waiting": self.waiting,
                "window": {
                    "seconds": WINDOW,
                    "frames_per_s": n / seconds,
                    "hit_rate": hits / n if n else None,
                },
                "ms": {f"p{q}": _quantile(latencies, q / 100) for q in (50, 99)},
                "alarms": list(self.alarms),
                "curve": list(self.curve),
                "last": {
                    name: [dict(row) for row, _ in self.last[hit]]
                    for name, hit in (("hits", True), ("misses", False))
                },
            }

    def _window(self) -> tuple[int, int, float]:
        """Frames and hits of the last seconds, and how many seconds those are."""
        now = time.monotonic()
        while self._seconds and self._seconds[0][0] < now - WINDOW:
            self._seconds.popleft()
        seconds = min(WINDOW, max(time.time() - self.started, 1e-3))
        counts = [(n, hits) for _, n, hits in self._seconds]
        return sum(n for n, _ in counts), sum(hits for _, hits in counts), seconds


def _quantile(ordered: Sequence[float], share: float) -> float | None:
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)] if ordered else None
