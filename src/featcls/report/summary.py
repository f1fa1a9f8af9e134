"""The first screen: what was found, in words and in four figures."""

from typing import Any

from featcls.operating_point import OperatingPoint
from featcls.report.html import Html, join, tag
from featcls.report.story import Story
from featcls.report.words import duration, listed, plural, short

FILES = {"model": "model.featcls", "report": "report.html"}


def header(story: Story, name: str) -> Html:
    """Title and the result as a paragraph."""
    info = story.info
    when = str(info.get("finished_utc") or info.get("created_utc") or "")[:16].replace("T", " ")
    return join(
        tag("p", f"featcls search, {when} UTC, {story.run.status}", class_="kicker"),
        tag("h1", name),
        tag("p", headline(story), class_="lead"),
    )


def headline(story: Story) -> Html:
    """Say in words what the search found and how far it can be trusted."""
    best = story.best
    if best is None:
        return join(
            f"None of {plural(len(story.trials), 'trial')} has succeeded; the reasons are below."
        )
    so_far = "" if story.finished else " so far"
    sentences: list[Any] = [
        f"The best{so_far} of {plural(len(story.trials), 'pipeline')} is ",
        tag("b", short(best["config"])),
        _vote(story),
        ". ",
    ]
    if story.test:
        interval = f" ({story.test_interval})" if story.test_interval else ""
        sentences += [
            f"On {story.test_size} that nobody used for choosing it gets ",
            tag("b", story.test_value),
            f" {story.metric_name}{interval}",
            against(story),
            ". ",
        ]
    sentences += [
        f"On validation ({story.objective}) it got ",
        tag("b", story.figure(best["value"])),
        "" if story.test else f" {story.metric_name}",
        f", folds from {story.spread}" if story.spread else "",
        "" if story.test else against(story),
        ".",
    ]
    return join(sentences)


def _vote(story: Story) -> str:
    """Say that the model is more than the best pipeline, where it is."""
    told = story.info.get("ensemble")
    return f"; the model is a vote of the best {len(told['tids'])}" if told else ""


def against(story: Story) -> str:
    """Say what baselines without any merit get on the frames just spoken of."""
    parts = [f"{story.baseline_figure(row)} ({row['name']})" for row in story.baselines]
    return f"; there, trivial baselines get {listed(parts)}" if parts else ""


def result_rows(story: Story) -> tuple[str, list[tuple[str, str]]]:
    """Return the result as a title and named lines, for a screen of text."""
    title = f"{plural(len(story.trials), 'pipeline')} in {duration(story.info.get('seconds'))}"
    title += f", {story.n_failed} failed" if story.n_failed else ""
    best = story.best
    if best is None:
        return title, [("best", "none has succeeded")]
    rows = story.pipeline
    value = f"{story.figure(best['value'])} {story.metric_name}, {story.objective}"
    rows.append(("validation", value + (f" from {story.spread}" if story.spread else "")))
    if told := story.info.get("ensemble"):
        words = (
            f"{story.figure(told['value'])} by the best {len(told['tids'])}: they are the model"
        )
        rows.append((f"{told['vote']} vote", words))
    if story.test:
        parts = [story.test_value, f"{story.test_size} never used to choose", story.test_interval]
        rows.append(("test", ", ".join(filter(None, parts))))
    elif story.finished:
        rows.append(("test", "none: the validation figure is likely a little too good"))
    if point := story.info.get("operating_point"):
        rows.append(("threshold", OperatingPoint.of(point).words()))
    where = " (on test)" if story.test else ""
    rows += [
        ("baseline", f"{story.baseline_figure(row)} {row['name']}{where}")
        for row in story.baselines
    ]
    rows += [(name, str(story.path / file)) for name, file in FILES.items() if _is(story, file)]
    return title, rows


def cards(story: Story) -> Html:
    """The figures to remember."""
    made: list[Html] = []
    name = story.metric_name
    if story.test:
        made.append(_card(story.test_value, f"{name} on test", story.test_interval, main=True))
    if story.best:
        words = story.objective + (f" from {story.spread}" if story.spread else "")
        value = story.figure(story.best["value"])
        made.append(_card(value, f"{name} on validation", words, main=not made))
    if story.baselines:
        top = max(story.baselines, key=lambda row: story.sign * row["value"])
        words = f"{top['name']}, {'test' if story.test else 'validation'}"
        made.append(_card(story.baseline_figure(top), "best trivial baseline", words))
    failed = f"{story.n_failed or 'none'} failed, {duration(story.info.get('seconds'))}"
    made.append(_card(f"{len(story.trials):,}", "trials", failed))
    return tag("div", made, class_="cards")


def notes(story: Story) -> Html | None:
    """Whatever a reader has to know before trusting a figure."""
    told = []
    if (status := story.run.status) in ("interrupted", "killed"):
        told.append(f"The search was {status}: this is the best so far, and it can be resumed.")
    if status == "failed":
        told.append("The search failed before it ended; what it had found is here.")
    if story.best and not story.test:
        told.append(
            "There is no independent test figure. The value above comes from the frames that "
            "the search chose by, so it is likely a little too good."
        )
    if story.finished and not story.test:
        told.append("Mark rows as test in a manifest, or run without --test-size 0.")
    if story.rivals:
        told.append(
            f"A trivial baseline does as well: {listed(story.rivals)}. Either the classes differ "
            "in something plain, such as brightness, or the search has not found what tells them "
            "apart."
        )
    if len(looks := story.info.get("test_looks") or []) > 1:
        told.append(
            f"The test frames have been looked at {len(looks)} times; whoever chose between "
            "models by those looks has used them up."
        )
    if not told:
        return None
    return tag("div", [tag("p", words) for words in told], class_="note")


def _is(story: Story, file: str) -> bool:
    return (story.path / file).exists()


def _card(value: str, name: str, more: str = "", main: bool = False) -> Html:
    return tag(
        "div",
        tag("b", value),
        tag("span", name, class_="name"),
        tag("span", more) if more else None,
        class_="card main" if main else "card",
    )
