"""Which pipelines did best: the table, the history and the best of each pair of parts."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from featcls.report import charts
from featcls.report.html import Html, join, tag
from featcls.report.words import (
    RAW_METRICS,
    classifier_of,
    duration,
    extractors_of,
    figure,
    metric_name,
    plural,
    short,
)

if TYPE_CHECKING:
    from featcls.search import Run
    from featcls.search.store import Trial

SHOWN = 15  # rows of the leaderboard that stand open
MORE = 85  # rows that stand folded
PAIRS = 14  # rows of the matrix that stand open


def table(run: "Run") -> Html | None:
    """The best pipelines, each config once, with the baselines in their place."""
    metric = str(run.info.get("metric"))
    ranked = unique(ranking(run))
    if not ranked:
        return None
    shown = ranked[:SHOWN]
    ends = [v for trial in shown for v in (_value(trial, metric), *_folds(trial))]
    rows = [
        (_value(trial, metric), _trial_row(trial, metric, min(ends), max(ends), k))
        for k, trial in enumerate(ranked[: SHOWN + MORE])
    ]
    extra = [
        (row["value"], _baseline_row(row, metric))
        for row in run.info.get("baselines") or []
        if row["value"] is not None
    ]
    sign = 1 if metric in RAW_METRICS else -1
    first = sorted(rows[:SHOWN] + extra, key=lambda row: sign * row[0])
    ends_words = f"{figure(metric, min(ends))} to {figure(metric, max(ends))}"
    return join(
        tag(
            "p",
            f"Ranked by {metric_name(metric)} on validation, each config once; the bar spans the "
            f"folds, from {ends_words}. All trials stand in leaderboard.csv.",
            class_="soft",
        ),
        _board(metric, [row for _, row in first]),
        tag(
            "details",
            tag("summary", f"The next {len(rows) - SHOWN} of {len(ranked)}"),
            _board(metric, [row for _, row in rows[SHOWN:]]),
        )
        if len(rows) > SHOWN
        else None,
    )


def progress(run: "Run") -> Html | None:
    """Every trial's value in order, with the best so far and the baselines."""
    metric = str(run.info.get("metric"))
    points = [
        charts.Point(
            trial.tid,
            _value(trial, metric),
            classifier_of(trial.config),
            f"trial {trial.tid}: {short(trial.config)}: {figure(metric, _value(trial, metric))}",
        )
        for trial in _succeeded(run.trials)
    ]
    if len(points) < 2:
        return None
    levels = [
        (str(row["name"]), float(row["value"]))
        for row in run.info.get("baselines") or []
        if row["value"] is not None
    ]
    best = max(levels, key=lambda level: level[1]) if levels else None
    n = max(trial.tid for trial in run.trials if trial.kind == "trial") + 1
    return join(
        tag(
            "p",
            "Each point is a finished trial, coloured by its classifier; the line is the best so "
            "far. Open circles on the lower edge lie below the plot.",
            class_="soft",
        ),
        tag(
            "div",
            charts.history(metric, points, n, [best] if best else []),
            class_="scroll",
        ),
        charts.legend([point.series for point in points]),
    )


def matrix(run: "Run") -> Html | None:
    """Best value of every set of extractors with every classifier."""
    metric = str(run.info.get("metric"))
    best: dict[tuple[str, str], float] = {}
    for trial in reversed(ranking(run)):
        pair = extractors_of(trial.config), classifier_of(trial.config)
        best[pair] = _value(trial, metric)
    if len(best) < 2:
        return None
    sign = -1 if metric in RAW_METRICS else 1
    tops: dict[str, float] = {}
    for (name, _), value in best.items():
        tops[name] = max(sign * value, tops.get(name, -1e300))
    names = sorted(tops, key=lambda name: -tops[name])
    columns = sorted({column for _, column in best})
    shades = sorted(sign * value for value in best.values())
    rows = [_pair_row(name, columns, best, metric, shades) for name in names]
    return join(
        tag(
            "p",
            f"Best {metric_name(metric)} on validation of each set of features with each "
            "classifier; a dot where the search tried none or none succeeded.",
            class_="soft",
        ),
        _pairs(columns, rows[:PAIRS]),
        tag(
            "details",
            tag("summary", plural(len(rows) - PAIRS, "more set")),
            _pairs(columns, rows[PAIRS:]),
        )
        if len(rows) > PAIRS
        else None,
    )


def ranking(run: "Run") -> list["Trial"]:
    """Return succeeded trials, best first, without baselines."""
    return _succeeded(run.leaderboard())


def unique(trials: Iterable["Trial"]) -> list["Trial"]:
    """Return the first trial of each config."""
    first: dict[str, Trial] = {}
    for trial in trials:
        first.setdefault(trial.config_id, trial)
    return list(first.values())


def _succeeded(trials: Iterable["Trial"]) -> list["Trial"]:
    return [t for t in trials if t.kind == "trial" and t.state == "ok" and t.loss is not None]


def _value(trial: "Trial", metric: str) -> float:
    return float(trial.metrics[metric])


def _board(metric: str, rows: list[Html]) -> Html:
    head = [
        tag("th", "trial", class_="num"),
        tag("th", "features"),
        tag("th", "classifier"),
        tag("th", metric_name(metric), class_="num"),
        tag("th", ""),
        tag("th", "time", class_="num"),
    ]
    return tag(
        "div",
        tag("table", tag("thead", tag("tr", head)), tag("tbody", rows), class_="wide"),
        class_="scroll",
    )


def _trial_row(trial: "Trial", metric: str, low: float, high: float, rank: int) -> Html:
    value = _value(trial, metric)
    return tag(
        "tr",
        tag("td", trial.tid, class_="num"),
        tag("th", extractors_of(trial.config), scope="row"),
        tag("td", classifier_of(trial.config)),
        tag("td", figure(metric, value), class_="num"),
        tag("td", charts.strip(value, _folds(trial), low, high)),
        tag("td", duration(trial.seconds), class_="num"),
        class_="best" if rank == 0 else None,
    )


def _baseline_row(row: dict[str, Any], metric: str) -> Html:
    return tag(
        "tr",
        tag("td", "", class_="num"),
        tag("th", row["name"], scope="row"),
        tag("td", "baseline"),
        tag("td", figure(metric, row["value"]), class_="num"),
        tag("td", ""),
        tag("td", ""),
        class_="baseline",
    )


def _folds(trial: "Trial") -> list[float]:
    return [float(value) for value in trial.metrics.get("folds", [])]


def _pairs(columns: list[str], rows: list[Html]) -> Html:
    head = tag("tr", tag("th", ""), [tag("th", column, class_="wrap") for column in columns])
    return tag(
        "div", tag("table", tag("thead", head), tag("tbody", rows), class_="heat"), class_="scroll"
    )


def _pair_row(
    name: str,
    columns: list[str],
    best: dict[tuple[str, str], float],
    metric: str,
    shades: list[float],
) -> Html:
    cells = []
    for column in columns:
        value = best.get((name, column))
        if value is None:
            cells.append(tag("td", "·", class_="cell none"))
            continue
        cells.append(
            tag(
                "td",
                figure(metric, value),
                class_="cell",
                style=f"--v:{_shade(value, metric, shades):.2f}",
            )
        )
    return tag("tr", tag("th", name, scope="row"), cells)


def _shade(value: float, metric: str, shades: list[float]) -> float:
    """Shade by rank: neighbouring values near the top stay apart."""
    sign = -1 if metric in RAW_METRICS else 1
    return shades.index(sign * value) / max(len(shades) - 1, 1)
