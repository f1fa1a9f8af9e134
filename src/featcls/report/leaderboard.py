"""Which pipelines did best: the table, the history and the best of each pair of parts."""

from typing import TYPE_CHECKING, Any

from featcls.report import charts
from featcls.report.html import Html, join, tag
from featcls.report.story import Story, succeeded
from featcls.report.words import classifier_of, duration, extractors_of, plural, short

if TYPE_CHECKING:
    from featcls.search.store import Trial

SHOWN = 15  # rows of the leaderboard that stand open
MORE = 85  # rows that stand folded
PAIRS = 14  # rows of the matrix that stand open


def table(story: Story) -> Html | None:
    """The best pipelines, each config once, with the baselines in their place."""
    if not story.ranked:
        return None
    ends = [v for t in story.ranked[:SHOWN] for v in (story.value(t), *_folds(t))]
    rows = [
        (story.value(trial), _trial_row(story, trial, min(ends), max(ends), k))
        for k, trial in enumerate(story.ranked[: SHOWN + MORE])
    ]
    extra = [(row["value"], _baseline_row(story, row)) for row in story.baselines]
    first = sorted(rows[:SHOWN] + extra, key=lambda row: -story.sign * row[0])
    span = f"from {story.figure(min(ends))} to {story.figure(max(ends))}"
    return join(
        tag(
            "p",
            f"Ranked by {story.metric_name} on validation, each config once; the bar spans the "
            f"folds, {span}. All trials stand in leaderboard.csv.",
            class_="soft",
        ),
        _board(story, [row for _, row in first]),
        _folded(
            f"The next {len(rows) - SHOWN} of {len(story.ranked)}",
            _board(story, [row for _, row in rows[SHOWN:]]),
        )
        if len(rows) > SHOWN
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
        tag("div", charts.history(story.metric, points, n, best), class_="scroll"),
        charts.legend([point.series for point in points]),
    )


def matrix(story: Story) -> Html | None:
    """Best value of every set of extractors with every classifier."""
    best: dict[tuple[str, str], float] = {}
    for trial in story.ranked:
        pair = extractors_of(trial.config), classifier_of(trial.config)
        best.setdefault(pair, story.value(trial))
    if len(best) < 2:
        return None
    names = list(dict.fromkeys(name for name, _ in best))  # in order of their best
    columns = sorted({column for _, column in best})
    order = sorted(best.values(), key=lambda value: -story.sign * value)
    rows = [_pair_row(story, name, columns, best, order) for name in names]
    return join(
        tag(
            "p",
            f"Best {story.metric_name} on validation of each set of features with each "
            "classifier; a dot where the search tried none or none succeeded.",
            class_="soft",
        ),
        _pairs(columns, rows[:PAIRS]),
        _folded(plural(len(rows) - PAIRS, "more set"), _pairs(columns, rows[PAIRS:]))
        if len(rows) > PAIRS
        else None,
    )


def _folds(trial: "Trial") -> list[float]:
    return [float(value) for value in trial.metrics.get("folds", [])]


def _folded(words: str, body: Html) -> Html:
    return tag("details", tag("summary", words), body)


def _board(story: Story, rows: list[Html]) -> Html:
    head = [
        tag("th", "trial", class_="num"),
        tag("th", "features"),
        tag("th", "classifier"),
        tag("th", story.metric_name, class_="num"),
        tag("th", ""),
        tag("th", "time", class_="num"),
    ]
    return tag(
        "div",
        tag("table", tag("thead", tag("tr", head)), tag("tbody", rows), class_="wide"),
        class_="scroll",
    )


def _trial_row(story: Story, trial: "Trial", low: float, high: float, rank: int) -> Html:
    value = story.value(trial)
    return tag(
        "tr",
        tag("td", trial.tid, class_="num"),
        tag("th", extractors_of(trial.config), scope="row"),
        tag("td", classifier_of(trial.config)),
        tag("td", story.figure(value), class_="num"),
        tag("td", charts.strip(value, _folds(trial), low, high)),
        tag("td", duration(trial.seconds), class_="num"),
        class_="best" if rank == 0 else None,
    )


def _baseline_row(story: Story, row: dict[str, Any]) -> Html:
    return tag(
        "tr",
        tag("td", "", class_="num"),
        tag("th", row["name"], scope="row"),
        tag("td", "baseline"),
        tag("td", story.figure(row["value"]), class_="num"),
        tag("td", ""),
        tag("td", ""),
        class_="baseline",
    )


def _pairs(columns: list[str], rows: list[Html]) -> Html:
    head = tag("tr", tag("th", ""), [tag("th", column) for column in columns])
    return tag(
        "div", tag("table", tag("thead", head), tag("tbody", rows), class_="heat"), class_="scroll"
    )


def _pair_row(
    story: Story,
    name: str,
    columns: list[str],
    best: dict[tuple[str, str], float],
    order: list[float],
) -> Html:
    """One set of extractors; shaded by rank, so that values near the top stay apart."""
    cells = []
    for column in columns:
        value = best.get((name, column))
        if value is None:
            cells.append(tag("td", "\u00b7", class_="cell none"))
            continue
        shade = 1 - order.index(value) / max(len(order) - 1, 1)
        words = story.figure(value)
        cells.append(tag("td", words, class_="cell", style=f"--v:{shade:.2f}"))
    return tag("tr", tag("th", name, scope="row"), cells)
