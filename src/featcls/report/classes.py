"""What is taken for what: the confusion matrix and the figures of each class."""

from collections.abc import Sequence
from typing import Any

from featcls.report.html import Html, join, tag
from featcls.report.story import Story
from featcls.report.words import between, figure, metric_name

MATRIX = 30  # classes of the largest confusion matrix; beyond it a list of mistakes
LYING = 7  # classes whose names lie above the columns; those of more stand
SHOWN = 20  # kinds of mistakes
FAINTEST = 0.3  # shade of a single mistake

Counts = Sequence[Sequence[int]]
Scores = dict[str, Any]  # of featcls.evaluate.report


def judged(story: Story) -> tuple[str, Scores] | None:
    """Return the scores to look at: those on test if there are any, else on validation."""
    for name in ("test", "validation"):
        if scores := story.info.get(name):
            return f"the {name} frames", scores
    return None


def confusion(story: Story) -> Html | None:
    """Rows are true classes, columns predicted ones, with recall and precision margins."""
    found = judged(story)
    if found is None or not found[1].get("confusion"):
        return None
    name, scores = found
    labels = [str(label) for label in scores["classes"]]
    if len(labels) > MATRIX:
        return _mistakes(name, labels, scores["confusion"])
    return join(
        tag(
            "p",
            f"Counts on {name}: a row is the true class, a column what the model says. Blue is "
            "right, orange is wrong; recall is at the right, precision below.",
            class_="soft",
        ),
        tag("div", _matrix(labels, scores["confusion"]), class_="scroll", tabindex=0),
    )


def mistakes(labels: Sequence[str], counts: Counts) -> list[tuple[int, str, str]]:
    """Return (count, true class, predicted class) of every kind of mistake, most frequent first.

    Examples
    --------
    >>> mistakes(["a", "b"], [[3, 1], [2, 5]])
    [(2, 'b', 'a'), (1, 'a', 'b')]
    """
    found = [
        (n, labels[i], labels[k])
        for i, row in enumerate(counts)
        for k, n in enumerate(row)
        if n and i != k
    ]
    return sorted(found, key=lambda mistake: -mistake[0])


def _matrix(labels: Sequence[str], counts: Counts) -> Html:
    predicted = [sum(row[k] for row in counts) for k in range(len(labels))]
    rows = [
        tag(
            "tr",
            tag("th", label, scope="row"),
            [_cell(count, sum(row), i == k) for k, count in enumerate(row)],
            tag("td", figure("", _ratio(row[i], sum(row))), class_="margin"),
        )
        for i, (label, row) in enumerate(zip(labels, counts, strict=True))
    ]
    foot = tag(
        "tr",
        tag("th", "precision"),
        [
            tag("td", figure("", _ratio(counts[k][k], total)), class_="margin")
            for k, total in enumerate(predicted)
        ],
        tag("td", ""),
        class_="foot",
    )
    many = len(labels) > LYING
    head = [tag("th", tag("span", label, class_="tall" if many else None)) for label in labels]
    return tag(
        "table",
        tag("thead", tag("tr", tag("th", ""), head, tag("th", "recall"))),
        tag("tbody", rows, foot),
        class_="heat small" if many else "heat",
    )


def _mistakes(name: str, labels: Sequence[str], counts: Counts) -> Html:
    found = mistakes(labels, counts)
    head = tag("tr", tag("th", "true"), tag("th", "said"), tag("th", "frames", class_="num"))
    rows = [
        tag("tr", tag("th", true, scope="row"), tag("td", said), tag("td", n, class_="num"))
        for n, true, said in found[:SHOWN]
    ]
    words = f"The most frequent of {sum(n for n, _, _ in found)} mistakes on {name}, by kind."
    board = tag("table", tag("thead", head), tag("tbody", rows))
    return join(tag("p", words, class_="soft"), tag("div", board, class_="scroll", tabindex=0))


def table(story: Story) -> Html | None:
    """Precision, recall and F1 of each class, with all metrics below."""
    found = judged(story)
    if found is None:
        return None
    name, scores = found
    columns = [key for key in ("n", "precision", "recall", "f1") if _has(scores, key)]
    rows = [
        tag(
            "tr",
            tag("th", row["class"], scope="row"),
            [
                tag("td", row[key] if key == "n" else figure("", row[key]), class_="num")
                for key in columns
            ],
            tag("td", between("", row.get("recall_interval")), class_="num"),
        )
        for row in scores["per_class"]
    ]
    head = [tag("th", {"n": "frames", "f1": "F1"}.get(key, key), class_="num") for key in columns]
    return join(
        tag("p", f"On {name}.", class_="soft"),
        tag(
            "div",
            tag(
                "table",
                tag(
                    "thead",
                    tag("tr", tag("th", "class"), head, tag("th", "recall, 95 %", class_="num")),
                ),
                tag("tbody", rows),
            ),
            class_="scroll",
            tabindex=0,
        ),
        tag("h3", "All metrics"),
        metrics(story),
    )


def metrics(story: Story) -> Html:
    """Every metric on validation and on test."""
    sets = [(name, story.info[name]) for name in ("validation", "test") if story.info.get(name)]
    names = dict.fromkeys(key for _, scores in sets for key in scores["metrics"])
    rows = [
        tag(
            "tr",
            tag("th", metric_name(key), scope="row"),
            [
                tag(
                    "td",
                    figure(key, scores["metrics"].get(key)),
                    tag(
                        "span",
                        "  " + between(key, scores.get("intervals", {}).get(key)),
                        class_="soft",
                    ),
                    class_="num",
                )
                for _, scores in sets
            ],
        )
        for key in names
    ]
    head = tag("tr", tag("th", ""), [tag("th", name, class_="num") for name, _ in sets])
    return tag(
        "div", tag("table", tag("thead", head), tag("tbody", rows)), class_="scroll", tabindex=0
    )


def _has(scores: Scores, key: str) -> bool:
    return any(row.get(key) is not None for row in scores["per_class"])


def _cell(count: int, total: int, right: bool) -> Html:
    """One count, shaded so that a single confusion in a thousand is still seen."""
    share = _ratio(count, total) or 0.0
    shade = share**0.5 if right else max(share**0.5, FAINTEST)
    kind = "cell" if right else "cell miss"
    return tag("td", count or "\u00b7", class_=kind, style=f"--v:{shade if count else 0:.2f}")


def _ratio(part: float, total: float) -> float | None:
    return part / total if total else None
