"""Which pipelines did best: the table and the history."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from featcls.report import charts
from featcls.report.html import Html, join, tag
from featcls.report.story import Story, defined, succeeded
from featcls.report.words import between, classifier_of, duration, extractors_of, short

if TYPE_CHECKING:
    from featcls.search.store import Trial

SHOWN = 15  # rows of the leaderboard that stand open
MORE = 85  # rows that stand folded


def table(story: Story) -> Html | None:
    """The best pipelines, each config once, with the baselines in their place."""
    if not story.ranked:
        return None
    first = [_Row.of(story, trial, story.interval(trial)) for trial in story.ranked[:SHOWN]]
    first[0] = first[0]._replace(class_="best")
    first += [_Row.of_baseline(story, row) for row in story.baselines]
    rest = [_Row.of(story, trial, None) for trial in story.ranked[SHOWN : SHOWN + MORE]]
    ends = [end for row in first if row.tid is not None for end in (row.value, *row.spread)]
    first.sort(key=lambda row: -story.sign * row.value)
    return join(
        tag(
            "p",
            f"Ranked by {story.metric_name} on validation, each config once. "
            + _bars(story, first, f"from {story.figure(min(ends))} to {story.figure(max(ends))}")
            + " All trials stand in leaderboard.csv.",
            class_="soft",
        ),
        _board(story, first, min(ends), max(ends)),
        folded(
            f"The next {len(rest)} of {len(story.ranked):,}",
            _board(story, rest, min(ends), max(ends)),
        )
        if rest
        else None,
    )


def progress(story: Story) -> Html | None:
    """Every trial's value in order, with the best so far and the best baseline."""
    points = [
        charts.Point(
            trial.tid,
            story.value(trial),
            classifier_of(trial.config),
            f"trial {trial.tid}: {short(trial.config)}: {story.figure(story.value(trial))}",
        )
        for trial in story.trials
        if succeeded(trial)
    ]
    if len(points) < 2:
        return None
    levels = [(str(row["name"]), float(row["value"])) for row in story.baselines]
    best = sorted(levels, key=lambda level: -story.sign * level[1])[:1]
    n = max(trial.tid for trial in story.trials) + 1
    return join(
        tag(
            "p",
            "Each point is a finished trial, coloured by its classifier; the line is the best so "
            "far. Open circles on the lower edge lie below the plot.",
            class_="soft",
        ),
        tag("div", charts.history(story.metric, points, n, best), class_="scroll", tabindex=0),
        charts.legend([point.series for point in points]),
    )


class _Row(NamedTuple):
    """A line of the leaderboard."""

    tid: int | None  # None of a baseline
    features: str
    classifier: str
    value: float
    interval: tuple[float, float] | None
    folds: list[float]
    seconds: float | None
    class_: str | None = None

    @classmethod
    def of(cls, story: Story, trial: "Trial", interval: tuple[float, float] | None) -> "_Row":
        folds = defined(trial.metrics.get("folds", []))
        parts = extractors_of(trial.config), classifier_of(trial.config)
        return cls(trial.tid, *parts, story.value(trial), interval, folds, trial.seconds)

    @classmethod
    def of_baseline(cls, story: Story, row: dict[str, Any]) -> "_Row":
        value = float(row["value"])
        return cls(None, row["name"], "baseline", value, None, [], None, "baseline")

    @property
    def spread(self) -> Sequence[float]:
        """What its bar spans: the interval, else the folds."""
        return self.interval or self.folds


def folded(words: str, body: Html) -> Html:
    """Return what unfolds where somebody clicks on the words."""
    return tag("details", tag("summary", words), body)


def _bars(story: Story, rows: Sequence[_Row], ends: str) -> str:
    """Say what the bars are."""
    if any(row.interval for row in rows):
        return (
            f"The bar is the 95 % interval over frames ({ends}); it does not know that the best "
            "of many was picked, so the winner's is a little too high."
        )
    return f"The bar spans the folds, {ends}."


def _board(story: Story, rows: Sequence[_Row], low: float, high: float) -> Html:
    told = any(row.interval for row in rows)
    head = [
        tag("th", "trial", class_="num"),
        tag("th", "features"),
        tag("th", "classifier"),
        tag("th", story.metric_name, class_="num"),
        tag("th", "95 %" if told else "", class_="num"),
        tag("th", ""),
        tag("th", "time", class_="num"),
    ]
    return tag(
        "div",
        tag(
            "table",
            tag("thead", tag("tr", head)),
            tag("tbody", [_line(story, row, low, high) for row in rows]),
            class_="wide",
        ),
        class_="scroll",
        tabindex=0,
    )


def _line(story: Story, row: _Row, low: float, high: float) -> Html:
    baseline = row.tid is None
    return tag(
        "tr",
        tag("td", row.tid, class_="num"),
        tag("th", row.features, scope="row"),
        tag("td", row.classifier),
        tag("td", story.figure(row.value), class_="num"),
        tag("td", between(story.metric, row.interval), class_="num"),
        tag("td", None if baseline else charts.strip(row.value, row.spread, low, high)),
        tag("td", "" if baseline else duration(row.seconds), class_="num"),
        class_=row.class_,
    )
