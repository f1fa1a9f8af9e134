"""What each part was good for: the best of each extractor, and of each pair of parts."""

from typing import Any

from featcls.report.html import Html, join, tag
from featcls.report.leaderboard import folded
from featcls.report.story import Story
from featcls.report.words import classifier_of, duration, extractors_of, plural

PAIRS = 14  # rows of the matrix that stand open


def extractors(story: Story) -> Html | None:
    """Best value of each extractor alone, and in company."""
    names = sorted({name for trial in story.ranked for name in _names(trial.config)})
    if len(names) < 2:
        return None
    head = ("alone", "classifier", "with others", "the set", "trials", "their time")
    rows = []
    for name in names:
        own = [trial for trial in story.ranked if name in _names(trial.config)]
        alone = [trial for trial in own if _names(trial.config) == {name}][:1]
        company = [trial for trial in own if _names(trial.config) != {name}][:1]
        cells = [
            *([story.figure(story.value(t)), classifier_of(t.config)] for t in alone),
            *([] if alone else [["-", ""]]),
            *([story.figure(story.value(t)), extractors_of(t.config)] for t in company),
            *([] if company else [["-", ""]]),
            [f"{len(own):,}", duration(sum(trial.seconds or 0.0 for trial in own))],
        ]
        words = [word for pair in cells for word in pair]
        kinds = ("num", None, "num", None, "num", "num")
        rows.append(
            tag(
                "tr",
                tag("th", name, scope="row"),
                [tag("td", w, class_=kind) for w, kind in zip(words, kinds, strict=True)],
            )
        )
    heads = [tag("th", word, class_=kind) for word, kind in zip(head, kinds, strict=True)]
    return join(
        tag("p", f"Best {story.metric_name} on validation with each extractor.", class_="soft"),
        tag(
            "div",
            tag(
                "table", tag("thead", tag("tr", tag("th", "extractor"), heads)), tag("tbody", rows)
            ),
            class_="scroll",
            tabindex=0,
        ),
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
        folded(plural(len(rows) - PAIRS, "more set"), _pairs(columns, rows[PAIRS:]))
        if len(rows) > PAIRS
        else None,
    )


def _names(config: dict[str, Any]) -> set[str]:
    return {item["name"] for item in config.get("extractors", [])}


def _pairs(columns: list[str], rows: list[Html]) -> Html:
    head = tag("tr", tag("th", ""), [tag("th", column) for column in columns])
    return tag(
        "div",
        tag("table", tag("thead", head), tag("tbody", rows), class_="heat"),
        class_="scroll",
        tabindex=0,
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
