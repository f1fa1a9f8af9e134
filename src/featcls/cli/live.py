"""What a search says while it runs: on a terminal above a moving picture, off it alone."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from featcls.cli import output
from featcls.cli.logs import PROGRESS, STEPS
from featcls.cli.moving import Event, Screen, pipeline
from featcls.report.words import figure, metric_name, plural

if TYPE_CHECKING:
    from rich.progress import Progress

Observer = Callable[[Event], None]


@contextmanager
def observer(as_json: bool) -> Iterator[Observer]:
    """Give the function that shows events, for as long as the search runs."""
    from featcls.cli.logs import shows_progress

    if shows_progress() and output.stderr().is_terminal:
        from rich.live import Live

        screen = Screen()
        with Live(screen, console=output.stderr(), transient=True, refresh_per_second=4):
            yield _both(_all(Lines(quiet_steps=True), screen), as_json)
    else:
        yield _both(Lines(), as_json)


class Lines:
    """Says what is worth a line: the start, each new best, failures, and every tenth part.

    What is said goes to the log of the run and, unless it is to be quiet, to standard error;
    with `quiet_steps`, what a screen shows anyway goes to the log alone.
    """

    def __init__(self, quiet_steps: bool = False) -> None:
        self.steps = STEPS if quiet_steps else PROGRESS
        self.tenth = 0
        self.extracting = ""

    def __call__(self, event: Event) -> None:
        if event["event"] == "start":
            PROGRESS.info(start_words(event))
        elif event["event"] == "stopping":
            PROGRESS.info("stopping when the running trials are done; Ctrl-C again stops now")
        elif event["event"] == "warning":
            PROGRESS.warning(event["text"])
        elif event["event"] == "extract" and event["what"] != self.extracting:
            self.extracting = event["what"]
            self.steps.info(f"computing features: {event['what']}")
        elif event["event"] == "trial" and event["kind"] == "trial":
            self._trial(event)

    def _trial(self, event: Event) -> None:
        best = event["best"]
        done = event["n_done"] + event["n_failed"]
        tenth = 10 * done // event["max_evals"]
        if event["state"] == "failed":
            PROGRESS.info(f"trial {event['tid']} failed: {event['reason']}")
        elif best and best["tid"] == event["tid"]:
            PROGRESS.info(trial_words(event))
        elif tenth > self.tenth:
            self.steps.info(f"{done} of {event['max_evals']} trials done")
        self.tenth = tenth


def _all(*shows: Observer) -> Observer:
    def observe(event: Event) -> None:
        for show in shows:
            show(event)

    return observe


def _both(show: Observer, as_json: bool) -> Observer:
    def observe(event: Event) -> None:
        if as_json:
            output.emit(event)
        show(event)

    return observe


def start_words(event: Event) -> str:
    """Say what is searched, where, and what is missing."""
    words = (
        f"{plural(event['n_frames'], 'frame')} in "
        f"{plural(len(event['classes']), 'class', 'classes')}, "
        f"{plural(event['n_jobs'], 'worker')}, run {event['run']}"
    )
    if bad := event["bad_frames"]:
        words += f"\n{plural(len(bad), 'frame')} left out: {bad[0]['reason']}"
    for row in event["left_out"]:
        words += f"\nleft out: {row['plugin']}: {row['reason']}"
    return words


def trial_words(event: Event) -> str:
    """Say that a trial is the best so far.

    Examples
    --------
    >>> trial_words({"tid": 3, "metric": "accuracy", "value": 0.98, "extractors": ["lbp"],
    ...              "classifier": "svm"})
    'trial   3   98.0 % accuracy, best so far: lbp, svm'
    """
    value = figure(event["metric"], event["value"])
    return (
        f"trial {event['tid']:>3} {value:>8} {metric_name(event['metric'])}, best so far: "
        f"{pipeline(event)}"
    )


def progress_bar() -> "Progress":
    """Return a bar with the time left, on standard error."""
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        SpinnerColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=14),
        MofNCompleteColumn(),
        TextColumn("{task.fields[note]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("left"),
        console=output.stderr(),
        transient=True,
    )
