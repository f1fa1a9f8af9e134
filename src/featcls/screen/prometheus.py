"""The status of a screening as Prometheus reads it (text format 0.0.4)."""

from collections.abc import Iterator, Mapping
from typing import Any

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def exposition(status: Mapping[str, Any]) -> str:
    """Return the text of `Status.document`.

    Examples
    --------
    >>> from featcls.screen.status import Status
    >>> print(exposition(Status(["hit"]).document()).splitlines()[2])
    featcls_frames_total{status="ok"} 0
    """
    return "".join(f"{line}\n" for line in _lines(status))


def _lines(status: Mapping[str, Any]) -> Iterator[str]:
    frames = {f'status="{name}"': n for name, n in status["status"].items()}
    yield from _metric(
        "frames_total", "counter", "Frames that came, by what became of them", frames
    )
    labels = {f'label="{_escaped(name)}"': n for name, n in status["labels"].items()}
    yield from _metric("labels_total", "counter", "Frames by their class", labels)
    yield from _metric("hits_total", "counter", "Frames that are hits", {"": status["hits"]})
    yield from _metric(
        "waiting", "gauge", "Frames that wait for a worker", {"": status["waiting"]}
    )
    window = status["window"]
    words = f"of the last {window['seconds']:g} seconds"
    rate = window["frames_per_s"]
    yield from _metric(
        "frames_per_second", "gauge", f"Frames scored a second, {words}", {"": rate}
    )
    if window["hit_rate"] is not None:
        yield from _metric("hit_rate", "gauge", f"Share of hits {words}", {"": window["hit_rate"]})
    latencies = {
        f'quantile="{int(name[1:]) / 100:g}"': ms / 1000
        for name, ms in status["ms"].items()
        if ms is not None
    }
    yield from _metric("latency_seconds", "gauge", "From arrival to row", latencies)
    yield from _metric("alarms_total", "counter", "Alarms raised", {"": len(status["alarms"])})


def _metric(name: str, kind: str, words: str, values: Mapping[str, float]) -> Iterator[str]:
    yield f"# HELP featcls_{name} {words}"
    yield f"# TYPE featcls_{name} {kind}"
    for labels, value in values.items():
        yield f"featcls_{name}{{{labels}}} {value}" if labels else f"featcls_{name} {value}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
