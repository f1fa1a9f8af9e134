"""Plots as SVG text: no plotting library, and colours that follow the page's theme."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from featcls.report.html import Html, join, tag
from featcls.report.words import RAW_METRICS, figure, metric_name

WIDTH, HEIGHT = 760, 280
LEFT, RIGHT, TOP, BOTTOM = 58, 14, 14, 38
PALETTE = 8  # colours k0..k7 in style.css


class Point(NamedTuple):
    """A finished trial in the history: its number, value, series and words for the pointer."""

    tid: int
    value: float
    series: str
    title: str


def history(
    metric: str, points: Sequence[Point], n: int, levels: Sequence[tuple[str, float]] = ()
) -> Html:
    """Draw each trial's value, the best so far as a line, and named levels as dashes.

    A few bad trials would flatten the plot, so it ends below at the tenth percentile; what lies
    beyond stands on that edge as an open circle, a level that lies far beyond is left out.
    """
    sign = -1 if metric in RAW_METRICS else 1
    good = sorted(sign * point.value for point in points)
    floor = min(good[len(good) // 10], good[-1] - 1e-3)
    levels = [row for row in levels if sign * row[1] > 2 * floor - good[-1]]
    floor = min([floor, *(sign * value for _, value in levels)])
    ticks = nice_ticks(floor, good[-1])
    low, high = ticks[0], max(ticks[-1], good[-1])

    def x(tid: float) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * (tid + 0.5) / max(n, 1), 1)

    def y(value: float) -> float:
        share = (max(sign * value, low) - low) / (high - low)
        return round(HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * share, 1)

    colours = series_colours([point.series for point in points])
    return tag(
        "svg",
        tag("title", f"{metric_name(metric)} of every trial in order"),
        [_rule(y(sign * tick), figure(metric, sign * tick)) for tick in ticks],
        [_tid_label(x(tid), tid) for tid in _tid_ticks(n)],
        tag("text", "trial", x=WIDTH - RIGHT, y=HEIGHT - 4, text_anchor="end"),
        [_level(y(value), name) for name, value in levels],
        _best_line([(x(p.tid), y(p.value), sign * p.value) for p in points], x(n - 0.5)),
        [
            tag(
                "circle",
                tag("title", point.title),
                cx=x(point.tid),
                cy=y(point.value),
                r=3.5 if n <= 200 else 2.2,
                class_=colours[point.series] + (" out" if sign * point.value < low else ""),
            )
            for point in points
        ],
        viewBox=f"0 0 {WIDTH} {HEIGHT}",
        role="img",
        class_="chart",
    )


def legend(names: Sequence[str]) -> Html:
    """Say which colour is which series."""
    colours = series_colours(names)
    return tag(
        "p",
        [
            join(tag("span", tag("i", class_=colour), name, class_="key"), " ")
            for name, colour in colours.items()
        ],
        class_="legend",
    )


def series_colours(names: Sequence[str]) -> dict[str, str]:
    """Give each name its colour's class, in alphabetical order so that it stays the same."""
    return {name: f"k{k % PALETTE}" for k, name in enumerate(sorted(set(names)))}


def shares(parts: Sequence[tuple[str, float, str]]) -> Html:
    """Draw one bar of parts `(name, size, words)` with a legend that gives the words."""
    total = sum(size for _, size, _ in parts) or 1.0
    pieces = [
        tag(
            "span",
            class_=f"k{k % PALETTE}",
            style=f"width:{100 * size / total:.2f}%",
            title=f"{name}: {words}",
        )
        for k, (name, size, words) in enumerate(parts)
    ]
    keys = [
        join(tag("span", tag("i", class_=f"k{k % PALETTE}"), f"{name} {words}", class_="key"), " ")
        for k, (name, _, words) in enumerate(parts)
    ]
    return join(tag("div", pieces, class_="shares"), tag("p", keys, class_="legend"))


def strip(value: float, spread: Sequence[float], low: float, high: float) -> Html:
    """Draw a value as a dot between low and high, with the span of its folds behind it."""
    size = (high - low) or 1.0

    def at(x: float) -> float:
        return 100 * min(max((x - low) / size, 0.0), 1.0)

    left, right = at(min(spread, default=value)), at(max(spread, default=value))
    return tag(
        "span",
        tag("i", style=f"left:{left:.1f}%;width:{right - left:.1f}%"),
        tag("b", style=f"left:{at(value):.1f}%"),
        class_="strip",
    )


def nice_ticks(low: float, high: float, n: int = 5) -> list[float]:
    """Return about n round numbers that enclose the values from low to high.

    Examples
    --------
    >>> nice_ticks(0.13, 0.97)
    [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    """
    rough = max(high - low, 1e-9) / n
    power = 10.0 ** math.floor(math.log10(rough))
    size = next(power * k for k in (1, 2, 5, 10) if power * k >= rough * 0.999)
    first, last = math.floor(low / size + 1e-9), math.ceil(high / size - 1e-9)
    return [round(k * size, 10) for k in range(first, last + 1)]


def _rule(y: float, label: str) -> Html:
    return join(
        tag("line", x1=LEFT, x2=WIDTH - RIGHT, y1=y, y2=y, class_="rule"),
        tag("text", label, x=LEFT - 8, y=y + 4, text_anchor="end"),
    )


def _tid_ticks(n: int) -> list[int]:
    return [int(t) for t in nice_ticks(0, max(n - 1, 1)) if 0 <= t < n and t == int(t)]


def _tid_label(x: float, tid: int) -> Html:
    return tag("text", tid, x=x, y=HEIGHT - BOTTOM + 18, text_anchor="middle")


def _level(y: float, name: str) -> Html:
    return join(
        tag("line", x1=LEFT, x2=WIDTH - RIGHT, y1=y, y2=y, class_="level"),
        tag("text", name, x=WIDTH - RIGHT, y=y - 5, text_anchor="end", class_="level"),
    )


def _best_line(points: Sequence[tuple[float, float, float]], end: float) -> Html:
    """Return the path that steps up at each new best and goes on to the right end."""
    path, best = "", -math.inf
    for x, y, value in points:
        if value > best:
            path += f"H{x}V{y}" if path else f"M{x} {y}"
            best = value
    return tag("path", d=f"{path}H{end}", class_="best")
