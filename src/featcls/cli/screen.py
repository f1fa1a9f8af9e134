"""`featcls screen`: a model beside a detector."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, Any

import click

from featcls.cli import output
from featcls.cli.data_options import data_options
from featcls.cli.options import (
    abstain_option,
    command,
    hit_class_option,
    load_plugins,
    plugin_option,
)
from featcls.errors import FeatclsError, UsageError

if TYPE_CHECKING:
    from featcls.screen.engine import Screening
    from featcls.screen.status import Status

EXAMPLE = """\
featcls screen model.featcls /data/run7 --hit-class good --out rows.jsonl
featcls screen model.featcls run7.h5 --port 8000           a file that grows
featcls screen model.featcls tcp://detector:9999 --stream eiger
find . -name '*.cbf' | featcls screen model.featcls - --format csv"""

count = click.IntRange(min=1)
positive = click.FloatRange(min=0, min_open=True)


@command(EXAMPLE)
@click.argument("model", type=click.Path())
@click.argument("data", type=click.Path(), metavar="SOURCE")
@click.option("--out", type=click.Path(), metavar="FILE", help="Append rows to it.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["jsonl", "csv"]),
    help="Of the rows [default: by the name of --out, else jsonl].",
)
@hit_class_option
@click.option(
    "--stream",
    type=click.Choice(["numpy", "om", "eiger"]),
    default="numpy",
    show_default=True,
    help="What a socket sends.",
)
@click.option(
    "--subscribe", metavar="TOPIC", help="Take a publisher's messages instead of pulling."
)
@click.option("-j", "--jobs", type=count, metavar="N", help="Threads [default: the cores].")
@click.option("--batch", type=count, default=16, show_default=True, help="Frames scored at once.")
@click.option(
    "--waiting", type=count, default=1024, show_default=True, help="Frames that may wait."
)
@click.option(
    "--waiting-memory",
    type=positive,
    default=1.0,
    show_default=True,
    metavar="GB",
    help="What those from a socket may hold.",
)
@click.option(
    "--policy",
    type=click.Choice(["drop-oldest", "block"]),
    default="drop-oldest",
    show_default=True,
    help="When more come: drop what waits longest, or hold up the source.",
)
@click.option(
    "--settle",
    type=positive,
    default=1.0,
    show_default=True,
    metavar="S",
    help="Seconds after which a file that nobody writes to is complete.",
)
@click.option("--idle", type=positive, metavar="S", help="End after so long without a frame.")
@click.option("--no-drift", is_flag=True, help="Do not tell when frames change.")
@click.option(
    "--arl",
    type=click.FloatRange(min=10),
    default=1e6,
    show_default=True,
    metavar="N",
    help="Frames between false alarms of a change, on average.",
)
@click.option(
    "--port", type=click.IntRange(0, 65535), help="Serve a live page and /metrics; 0: any."
)
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="Where to serve; there is no password."
)
@abstain_option
@data_options
@plugin_option
def screen(
    model: str,
    data: dict[str, Any],
    out: str | None,
    form: str | None,
    hit_classes: tuple[str, ...],
    jobs: int | None,
    no_drift: bool,
    arl: float,
    port: int | None,
    host: str,
    idle: float | None,
    abstain: float,
    plugins: tuple[str, ...],
    as_json: bool,
    **options: Any,
) -> None:
    """Classify frames with MODEL as they come from SOURCE; one row a frame.

    SOURCE is a folder that files are written into, an HDF5 file that grows, the address of a
    ZMQ socket, or - for paths on standard input. Rows have the columns of `featcls predict`.
    A frame that cannot be read, cannot be scored or had to be dropped is a row too, with its
    status.

    Ctrl-C takes no more frames and scores those that wait; a second one drops them. The last
    line says the totals. With --json it is a JSON line.
    """
    from featcls.drift.monitor import Monitor
    from featcls.model import Model
    from featcls.screen.engine import Screening, Settings
    from featcls.screen.hits import hits_of
    from featcls.screen.out import RowsOut
    from featcls.screen.scoring import Scoring
    from featcls.screen.sources import open_source
    from featcls.screen.status import Status

    installed = load_plugins(plugins)
    opened = Model.load(model, installed)
    hits = hits_of(opened.classes, opened.whole.point, hit_classes, opened.multilabel)
    status = Status(opened.classes)
    reference = None if no_drift else opened.whole.drift
    monitor = None
    if reference is not None:
        names = opened.whole.feature_names
        monitor = Monitor(reference, opened.classes, names, hits.misses, arl, status.alarm)
    scoring = Scoring(opened, hits, monitor, abstain)
    named = {name: options.pop(name) for name in ("stream", "subscribe", "settle")}
    source = open_source(data["source"], data, installed, **named)
    memory = 1e9 * options.pop("waiting_memory")
    settings = Settings(n_jobs=jobs or os.cpu_count() or 1, waiting_bytes=memory, **options)
    rows = RowsOut(out, _format(form, out), scoring.columns)
    screening = Screening(source, scoring, rows, status, settings)
    with ExitStack() as stack:
        if port is not None:
            from featcls.screen.server import Server

            server = Server(status, port, host)
            stack.callback(server.close)
            output.stderr().print(f"live page {server.url}, metrics {server.url}metrics")
        with _interrupts(screening):
            screening.start()
            _follow(screening, status, idle)
    if screening.error is not None:
        with suppress(FeatclsError):
            rows.close()
        raise screening.error
    rows.close()
    _say(status, as_json)
    if status.statuses["unreadable"] + status.statuses["failed"]:
        click.get_current_context().exit(output.BAD_FRAMES)


def _format(form: str | None, out: str | None) -> str:
    if form is not None:
        return form
    if out and out.endswith((".parquet", ".lst")):  # which `featcls predict` writes
        raise UsageError(f"--out is {out}; rows come as jsonl or csv", "name it rows.jsonl")
    return "csv" if out and out.endswith(".csv") else "jsonl"


def _follow(screening: "Screening", status: "Status", idle: float | None) -> None:
    """Keep one line up to date until the screening ends."""
    from featcls.cli.logs import shows_progress

    seen, since = -1, time.monotonic()
    lively = shows_progress() and output.stderr().is_terminal
    with output.stderr().status("waiting for frames") if lively else _silent() as line:
        while screening.running:
            time.sleep(0.2)
            if time.monotonic() - status.ticked >= 1.0:
                status.tick()
                if lively:
                    line.update(_words(status))
            if status.frames != seen:
                seen, since = status.frames, time.monotonic()
            elif idle is not None and time.monotonic() - since >= idle:
                screening.stop()


@contextmanager
def _silent() -> Iterator[Any]:
    yield None


@contextmanager
def _interrupts(screening: "Screening") -> Iterator[None]:
    """Let Ctrl-C (and a stop by the system) end a screening cleanly."""
    presses = 0

    def handle(signum: int, frame: Any) -> None:
        nonlocal presses
        presses += 1
        # A thread: a signal may come while this one holds a lock that stopping needs.
        threading.Thread(target=screening.stop, args=(presses > 1,), daemon=True).start()

    before = {name: signal.signal(name, handle) for name in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)


def _words(status: "Status") -> str:
    seen = status.document()
    window = seen["window"]
    rate = "no frames" if window["hit_rate"] is None else f"{window['hit_rate']:.1%} hits"
    parts = [f"{seen['frames']} frames", rate, f"{window['frames_per_s']:.0f}/s"]
    parts += [f"{n} {name}" for name, n in seen["status"].items() if n and name != "ok"]
    return ", ".join([*parts, f"{seen['waiting']} waiting"])


def _say(status: "Status", as_json: bool) -> None:
    seen = status.document()
    if as_json:
        totals = ("frames", "hits", "status", "labels", "ms", "alarms")
        output.emit({name: seen[name] for name in totals})
        return
    lost = "".join(f", {n} {name}" for name, n in seen["status"].items() if n and name != "ok")
    took = "" if seen["ms"]["p99"] is None else f"; 99 % of rows within {seen['ms']['p99']:.1f} ms"
    output.stderr().print(f"{seen['frames']} frames, {seen['hits']} hits{lost}{took}")
