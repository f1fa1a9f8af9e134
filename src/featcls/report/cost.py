"""What quality costs: milliseconds a frame, and the rungs of a budgeted search."""

from typing import TYPE_CHECKING

from featcls.report import charts
from featcls.report.html import Html, join, tag
from featcls.report.plane import Plane
from featcls.report.story import Story, succeeded
from featcls.report.words import classifier_of, duration, milliseconds, short

if TYPE_CHECKING:
    from featcls.search.store import Trial


def latency(story: Story) -> Html | None:
    """Draw quality over time a frame, with those that no other trial beats in both."""
    from featcls.search.pareto import front

    timed = [trial for trial in story.finalists if trial.metrics.get("ms")]
    if len(timed) < 2:
        return None
    best = front(timed)
    values = sorted(story.value(trial) for trial in timed)
    floor = values[len(values) // 10] if story.sign > 0 else values[0]
    top = values[-1] if story.sign > 0 else values[-1 - len(values) // 10]
    ticks = charts.nice_ticks(min(floor, story.value(best[0])), top)
    times = [trial.metrics["ms"] for trial in timed]
    ends = (min(times), 1.05 * max(times)), (ticks[0], ticks[-1])
    plane = Plane(*ends, 760, 320, log_x=True, y_text=story.figure)
    colours = charts.series_colours([classifier_of(trial.config) for trial in timed])
    dots = [
        (t.metrics["ms"], story.value(t), colours[classifier_of(t.config)], _point(story, t))
        for t in timed
    ]
    return join(
        tag(
            "p",
            "Each point is a finished trial; time is that of one frame on one thread of the "
            "machine that ran it, from the frame in memory to its scores. The dashes join the "
            "trials that no other beats in both. Trials far below stand on the lower edge.",
            class_="soft",
        ),
        tag(
            "div",
            plane.picture(
                f"{story.metric_name} over milliseconds a frame",
                "milliseconds a frame",
                story.metric_name,
                plane.line([(t.metrics["ms"], story.value(t)) for t in best], "front", steps=True),
                plane.dots(dots),
            ),
            class_="scroll",
            tabindex=0,
        ),
        charts.legend(list(colours)),
        _front(story, best),
    )


def rungs(story: Story) -> Html | None:
    """List what each rung of a budgeted search did."""
    levels = sorted({trial.rung for trial in story.trials if trial.rung is not None})
    if not levels:
        return None
    promoted = {trial.parent for trial in story.trials}
    head = ("budgets", "trials", "failed", "went on", f"best {story.metric_name}", "time")
    rows = []
    for level in levels:
        own = [trial for trial in story.trials if trial.rung == level]
        done = [story.value(trial) for trial in own if succeeded(trial)]
        best = max(done, key=lambda value: story.sign * value, default=None)
        budgets = sorted({trial.budget for trial in own if trial.budget is not None})
        words = (
            ", ".join(map(str, budgets)),
            f"{len(own):,}",
            str(sum(trial.state == "failed" for trial in own)),
            str(sum(trial.tid in promoted for trial in own)),
            story.figure(best),
            duration(sum(trial.seconds or 0.0 for trial in own)),
        )
        cells = [tag("td", word, class_="num") for word in words]
        rows.append(tag("tr", tag("th", str(level), scope="row"), cells))
    heads = [tag("th", word, class_="num") for word in head]
    return join(
        tag(
            "p",
            "Many configs were tried at a small budget, and the best went on to a larger one. "
            "Only the highest rung, and classifiers without a budget, can win.",
            class_="soft",
        ),
        tag(
            "div",
            tag("table", tag("thead", tag("tr", tag("th", "rung"), heads)), tag("tbody", rows)),
            class_="scroll",
            tabindex=0,
        ),
    )


def _point(story: Story, trial: "Trial") -> str:
    value = story.figure(story.value(trial))
    spent = milliseconds(trial.metrics["ms"])
    return f"trial {trial.tid}: {short(trial.config)}: {value}, {spent}"


def _front(story: Story, best: "list[Trial]") -> Html:
    rows = [
        tag(
            "tr",
            tag("td", trial.tid, class_="num"),
            tag("th", short(trial.config), scope="row"),
            tag("td", story.figure(story.value(trial)), class_="num"),
            tag("td", milliseconds(trial.metrics["ms"]), class_="num"),
            tag("td", f"{1000 / trial.metrics['ms']:,.0f}", class_="num"),
        )
        for trial in best
    ]
    names = (story.metric_name, "a frame", "frames a second")
    head = [tag("th", name, class_="num") for name in names]
    return tag(
        "div",
        tag(
            "table",
            tag(
                "thead",
                tag("tr", tag("th", "trial", class_="num"), tag("th", "pipeline"), head),
            ),
            tag("tbody", rows),
        ),
        class_="scroll",
        tabindex=0,
    )
