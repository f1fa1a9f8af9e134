"""The rest of the account: the pipeline, the time, the data, what is missing, the machine."""

import json
import shlex
from typing import Any

from featcls.report import charts
from featcls.report.html import Html, join, tag
from featcls.report.story import Story
from featcls.report.words import duration, plural, step

ROWS = 50  # of a list of faults that stand in the page


def pipeline(story: Story) -> Html | None:
    """The chosen config, in words and as the document it is."""
    best = story.best
    if not best:
        return None
    config, model = best["config"], story.path / "model.featcls"
    command = f"featcls predict {shlex.quote(str(model))} IMAGES"
    return join(
        _definitions(story.pipeline),
        join(tag("p", "Classify other images with it:"), tag("pre", command))
        if model.exists()
        else None,
        tag(
            "details",
            tag("summary", "The config as JSON, for featcls fit"),
            tag("pre", json.dumps(config, indent=1)),
        ),
    )


def time_split(story: Story) -> Html | None:
    """Seconds of all workers by what they were spent on."""
    times = story.info.get("times") or {}
    ahead: dict[str, float] = times.get("extract") or {}
    total = {"extract": sum(ahead.values())}
    for trial in story.rows:
        rest = (trial.seconds or 0.0) - sum(trial.timings.values())
        for name, sec in {**trial.timings, "score": max(rest, 0.0)}.items():
            total[name] = total.get(name, 0.0) + sec
    total["refit and test"] = float(times.get("finish", 0.0))
    jobs = (story.info.get("machine") or {}).get("n_jobs") or 1
    idle = jobs * float(story.info.get("seconds") or 0.0) - sum(total.values())
    total["asking and waiting"] = max(idle, 0.0)
    parts = _largest_first(total)
    if not parts:
        return None
    slow = sorted((t for t in story.rows if t.seconds), key=lambda t: -(t.seconds or 0))[:1]
    words = f"{duration(story.info.get('seconds'))} with {plural(jobs, 'worker')}"
    if slow:
        words += f". The slowest trial, {slow[0].tid}, took {duration(slow[0].seconds)}"
    return join(
        tag("p", words + ".", class_="soft"),
        charts.shares(parts),
        join(
            tag("h3", "Features computed ahead of the trials"),
            charts.shares(_largest_first(ahead)),
        )
        if len(ahead) > 1
        else None,
    )


def _largest_first(seconds: dict[str, float]) -> list[tuple[str, float, str]]:
    """Return the parts that took any time, with their words."""
    ranked = sorted(seconds.items(), key=lambda part: -part[1])
    return [(name, sec, duration(sec)) for name, sec in ranked if sec > 0]


def data(story: Story) -> Html | None:
    """How many frames of what, and how they were shared out."""
    told = story.info.get("dataset")
    if not told:
        return None
    spec = told.get("spec") or {}
    reader = {"name": spec.get("reader"), "params": spec.get("options") or {}}
    counts = list((told.get("counts") or {}).items())
    roles = [f"{role} {n:,}" for role, n in (told.get("roles") or {}).items() if n]
    drawn = "drawn here, stratified" if told.get("drawn") else "as the data says"
    rows = [
        ("source", str(spec.get("source") or f"made by {step(reader)}")),
        ("frames", f"{told['n']:,} in {plural(len(told['classes']), 'class', 'classes')}"),
        ("split", f"{', '.join(roles)} ({drawn})" if roles else "-"),
        ("dataset id", str(told.get("dataset_id", ""))[:16]),
    ]
    parts = [(str(name), float(n), f"{n:,}") for name, n in counts]
    return join(_definitions(rows), charts.shares(parts) if parts else None)


def missing(story: Story) -> Html | None:
    """Plugins that were not there, trials that failed, frames that could not be read."""
    failed = [(f"trial {t.tid}", t.reason) for t in story.rows if t.state == "failed"]
    lists = [
        ("Left out of the space", [(r["plugin"], r["reason"]) for r in _rows(story, "left_out")]),
        ("Failed trials", failed),
        ("Frames left out", [(r["frame_id"], r["reason"]) for r in _rows(story, "bad_frames")]),
    ]
    there = [(title, rows) for title, rows in lists if rows]
    if not there:
        return None
    return join([_faults(title, rows) for title, rows in there])


def environment(story: Story) -> Html | None:
    """The command, the seed and the versions that made the run."""
    info = story.info
    versions = dict(info.get("versions") or {})
    plugins = versions.pop("plugins", {}) or {}
    machine = info.get("machine") or {}
    rows = [
        ("seed", str(info.get("seed", "-"))),
        ("space", f"{info.get('space', '-')} ({str(info.get('space_id', ''))[:16]})"),
        (
            "machine",
            f"{plural(int(machine.get('cpus') or 1), 'core')}, {machine.get('platform', '')}",
        ),
        ("versions", ", ".join(f"{name} {version}" for name, version in versions.items())),
    ]
    if plugins:
        named = ", ".join(f"{name} ({version})" for name, version in plugins.items())
        rows.append(("plugins", named))
    command = info.get("command")
    return join(tag("pre", _command(command)) if command else None, _definitions(rows))


def _command(command: Any) -> str:
    return command if isinstance(command, str) else shlex.join(map(str, command))


def _rows(story: Story, key: str) -> list[dict[str, str]]:
    return list(story.info.get(key) or [])


def _faults(title: str, rows: list[tuple[str, str]]) -> Html:
    shown = [
        tag("tr", tag("td", name, class_="mono"), tag("td", reason))
        for name, reason in rows[:ROWS]
    ]
    more = len(rows) - ROWS
    return join(
        tag("h3", f"{title}: {len(rows)}"),
        tag("div", tag("table", tag("tbody", shown)), class_="scroll", tabindex=0),
        tag("p", f"and {more} more, in run.json", class_="soft") if more > 0 else None,
    )


def _definitions(rows: list[tuple[str, str]]) -> Html:
    return tag("dl", [join(tag("dt", name), tag("dd", words)) for name, words in rows])
