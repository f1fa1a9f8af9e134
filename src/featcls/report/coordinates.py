"""Parallel coordinates: every trial a line across its choices to its value."""

import numpy as np
from numpy.typing import NDArray

from featcls.report.html import Html, join, tag
from featcls.report.params import CLASSIFIER, FEATURES, Column, columns
from featcls.report.story import Story, succeeded
from featcls.report.words import short, value_text

AXES = 6  # choices drawn, the value not counted
LEVELS = 20  # names written along an axis
WIDTH, HEIGHT, SIDE, TOP, BOTTOM = 900, 400, 66, 46, 26
SEEN = 0.2  # share of the trials that have had a choice, at least
LONGEST = 19  # letters of a name along an axis
Floats = NDArray[np.float64]
NONE = -0.09  # where a trial crosses an axis that it has no value on


def section(story: Story) -> Html | None:
    """Draw the trials across features, classifier and what mattered most beside them."""
    trials = [trial for trial in story.trials if succeeded(trial)]
    if len(trials) < 2:
        return None
    axes = _axes(story, columns(trials))
    if not axes:
        return None
    places = np.column_stack([_places(axis) for axis in axes])
    rank = np.argsort(np.argsort([-(trial.loss or 0.0) for trial in trials], kind="stable"))
    share = rank / (len(trials) - 1)
    value = _scaled([story.sign * story.value(trial) for trial in trials])
    lines = [
        tag(
            "path",
            tag("title", f"trial {trial.tid}: {short(trial.config)}: {story.figure(v)}"),
            d=_path([*places[i], value[i]]),
            class_="way",
            style=f"--v:{share[i] ** (1 + len(trials) / 100):.2f}",  # few stand out of many
        )
        for i in np.argsort(share, kind="stable")
        for trial, v in [(trials[i], story.value(trials[i]))]
    ]
    ends = [story.value(trials[i]) for i in (int(np.argmin(value)), int(np.argmax(value)))]
    drawn = tag(
        "svg",
        tag("title", "Parallel coordinates of all finished trials"),
        lines,
        [_axis(k, axis, len(axes)) for k, axis in enumerate(axes)],
        _value_axis(len(axes), story.metric_name, [story.figure(end) for end in ends]),
        viewBox=f"0 0 {WIDTH} {HEIGHT}",
        role="img",
        class_="chart wide",
    )
    return join(
        tag(
            "p",
            "Each line is a finished trial: the stronger its colour, the better its rank; point "
            "at one to bring it out. A line below an axis is a trial without that choice.",
            class_="soft",
        ),
        tag("div", drawn, class_="scroll", tabindex=0),
    )


def _axes(story: Story, found: list[Column]) -> list[Column]:
    """Return features and classifier, then the choices that weigh most."""
    first = [column for column in found if column.name in (FEATURES, CLASSIFIER)]
    rest = [c for c in found if c not in first and np.mean(~np.isnan(c.codes)) >= SEEN]
    if story.weights is not None:
        order = {name: k for k, (name, _) in enumerate(story.weights.shares)}
        rest.sort(key=lambda column: order.get(column.name, len(order)))
    return (first + rest)[:AXES]


def _places(column: Column) -> Floats:
    """Return where each trial crosses the axis, from 0 below to 1 above."""
    there = ~np.isnan(column.codes)
    places = np.full(len(there), NONE)
    places[there] = _scaled(_spaced(column)[there])
    return places


def _spaced(column: Column) -> Floats:
    """Return the numbers, as logarithms where they span decades."""
    codes = column.codes
    there = codes[~np.isnan(codes)]
    wide = not column.levels and there.min() > 0 and there.max() > 30 * there.min()
    spaced: Floats = np.log10(codes) if wide else codes
    return spaced


def _scaled(values: list[float] | Floats) -> Floats:
    made = np.asarray(values, np.float64)
    scaled: Floats = (made - made.min()) / (np.ptp(made) or 1.0)
    return scaled


def _x(k: int, n: int) -> float:
    return round(SIDE + (WIDTH - 2 * SIDE) * k / n, 1)


def _y(place: float) -> float:
    return round(HEIGHT - BOTTOM - 24 - (HEIGHT - BOTTOM - 24 - TOP) * place, 1)


def _path(places: list[float]) -> str:
    n = len(places) - 1
    return "M" + "L".join(f"{_x(k, n)} {_y(place)}" for k, place in enumerate(places))


def _axis(k: int, column: Column, n: int) -> Html:
    codes = _spaced(column)
    low, high = float(np.nanmin(codes)), float(np.nanmax(codes))
    marks: list[tuple[str, float]]
    if column.levels:
        marks = [(level, place) for place, level in enumerate(column.levels)]
        marks = marks[:: -(-len(marks) // LEVELS)]
    else:
        numbers = column.codes[~np.isnan(column.codes)]
        marks = [(value_text(numbers.min()), low), (value_text(numbers.max()), high)]
    labels = [(text, (place - low) / ((high - low) or 1.0)) for text, place in marks]
    return _upright(k, column.name, labels, n)


def _value_axis(n: int, name: str, ends: list[str]) -> Html:
    return _upright(n, name, [(ends[0], 0.0), (ends[1], 1.0)], n)


def _upright(k: int, name: str, labels: list[tuple[str, float]], n: int) -> Html:
    x, above = _x(k, n), TOP - 24 + 13 * (k % 2)
    return join(
        tag("line", x1=x, x2=x, y1=_y(0), y2=_y(1), class_="axis"),
        tag("text", _cut(name), x=x, y=above, text_anchor="middle", class_="name"),
        [
            tag("text", tag("title", text), _cut(text), x=x + 5, y=_y(place) + 4)
            for text, place in labels
        ],
    )


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}\u2026"
