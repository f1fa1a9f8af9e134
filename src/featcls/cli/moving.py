"""What moves at the foot of the terminal while a search runs."""

import time
from typing import TYPE_CHECKING, Any

from featcls.report.words import RAW_METRICS, duration, figure, metric_name

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult

Event = dict[str, Any]

BARS, PLAIN_BARS = "▁▂▃▄▅▆▇█", "_.-=+*%#"
TREND = 40  # trials in the sparkline
RUNNING = 6  # trials under way that are named


class Screen:
    """How far it is, the best, the trend, and what is under way; drawn anew as time goes on."""

    def __init__(self) -> None:
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            SpinnerColumn,
            TextColumn,
            TimeElapsedColumn,
        )

        self.progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=20),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[left]}"),
        )
        self.task = self.progress.add_task("opening the data", total=None, left="")
        self.best = self.extracting = ""
        self.failed = 0
        self.trend: list[float] = []
        self.names: dict[int, str] = {}  # of all trials begun here
        self.running: dict[int, float] = {}  # when each began
        self.first: tuple[int, float] | None = None  # how many were done, and when

    def __call__(self, event: Event) -> None:
        """Take in an event."""
        if event["event"] == "start":
            self.progress.update(self.task, description="trials", total=event["max_evals"])
        elif event["event"] == "stopping":
            self.progress.update(self.task, description="stopping", left="")
        elif event["event"] == "begin":
            self.names[event["tid"]] = pipeline(event)
            self.running[event["tid"]] = time.monotonic()
        elif event["event"] == "extract":
            what, done, total = event["what"], event["done"], event["total"]
            self.extracting = f"{what}, block {done} of {total}" if done < total else ""
        elif event["event"] == "trial":
            self.running.pop(event["tid"], None)
            if event["kind"] == "trial":
                self._ended(event)

    def _ended(self, event: Event) -> None:
        metric, best, done = event["metric"], event["best"], event["n_done"] + event["n_failed"]
        if event["value"] is not None:
            sign = -1 if metric in RAW_METRICS else 1
            self.trend = [*self.trend, sign * event["value"]][-TREND:]
        self.failed = event["n_failed"]
        if best:
            self.best = (
                f"{figure(metric, best['value'])} {metric_name(metric)}, trial {best['tid']}"
            )
            self.best += f": {self.names[best['tid']]}" if best["tid"] in self.names else ""
        left = self._left(done, event["max_evals"])
        self.progress.update(self.task, completed=done, left=left)

    def _left(self, done: int, total: int) -> str:
        """Say how long it may yet take, from the trials that ended since this search began."""
        if self.first is None or done <= self.first[0]:
            self.first = self.first or (done, time.monotonic())
            return ""
        each = (time.monotonic() - self.first[1]) / (done - self.first[0])
        return f"about {duration(each * (total - done))} left" if total > done else ""

    def __rich_console__(self, console: "Console", options: "ConsoleOptions") -> "RenderResult":
        from rich.text import Text

        yield self.progress
        for name, words in self._lines(options.ascii_only):
            line = Text.assemble((f"{name:>10}  ", "dim"), words)
            line.truncate(options.max_width, overflow="ellipsis")
            yield line

    def _lines(self, ascii_only: bool) -> list[tuple[str, str]]:
        """Return what stands below the bar, named."""
        lines: list[tuple[str, Any]] = [("best", self.best)]
        if len(self.trend) > 1:
            lines.append(("trend", sparkline(self.trend, PLAIN_BARS if ascii_only else BARS)))
        lines.append(("failed", str(self.failed) if self.failed else ""))
        lines.append(("features", self.extracting))
        for k, (tid, began) in enumerate(list(self.running.items())[:RUNNING]):
            who = f"trial {tid}" if tid >= 0 else "baseline"
            words = f"{duration(time.monotonic() - began)}  {who}: {self.names[tid]}"
            lines.append(("" if k else "running", words))
        if len(self.running) > RUNNING:
            lines.append(("", f"and {len(self.running) - RUNNING} more"))
        return [line for line in lines if line[1]]


def sparkline(values: list[float], bars: str = BARS) -> str:
    """Draw values as a row of bars, the lowest to the highest.

    Examples
    --------
    >>> sparkline([0.0, 0.5, 1.0], "_-#")
    '_-#'
    >>> sparkline([2.0, 2.0], "_-#")
    '##'
    """
    low, high = min(values), max(values)
    span = (high - low) or 1.0
    top = len(bars) - 1
    return "".join(bars[round(top * (v - low) / span) if high > low else top] for v in values)


def pipeline(event: Event) -> str:
    """Name the parts of an event's trial.

    Examples
    --------
    >>> pipeline({"extractors": ["lbp", "lbp", "glcm"], "classifier": "svm"})
    'lbp + glcm, svm'
    """
    parts = " + ".join(dict.fromkeys(event["extractors"])) or "the image itself"
    return f"{parts}, {event['classifier']}"
