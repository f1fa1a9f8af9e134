"""Which choices mattered for the value, as far as the trials can tell."""

from collections.abc import Sequence

from featcls.report.html import Html, join, tag
from featcls.report.story import Story
from featcls.report.words import figure

LEAST = 0.1  # share of the variance that the forest has to explain on trials it has not seen
SHOWN = 12


def section(story: Story) -> Html | None:
    """Draw how much worse a forest foretells the rank of a trial without each choice."""
    found = story.weights
    if found is None:
        return None
    if found.explained < LEAST:
        return tag(
            "p",
            "A forest over the choices does not foretell how well a trial does "
            f"({figure('', max(found.explained, 0))} of the variance on trials it has not seen), "
            "so nothing is said here of which choice matters.",
            class_="soft",
        )
    return join(
        tag(
            "p",
            f"A random forest that foretells the rank of a trial from its choices explains "
            f"{figure('', found.explained)} of the variance on trials it has not seen. Shares "
            "say how much of that goes when one choice is shuffled. They hold for where the "
            "search has looked: it looks most where it is good already, choices that come "
            "together share their weight, and a parameter counts only in trials that have it.",
            class_="soft",
        ),
        bars([(name, share) for name, share in found.shares[:SHOWN] if share > 0]),
    )


def bars(shares: Sequence[tuple[str, float]]) -> Html:
    """Draw positive shares of 1, the largest first."""
    rows = [
        tag(
            "tr",
            tag("th", name, scope="row"),
            tag("td", figure("", share), class_="num"),
            tag("td", tag("span", class_="bar", style=f"width:{100 * share / shares[0][1]:.0f}%")),
        )
        for name, share in shares
    ]
    return tag("table", tag("tbody", rows), class_="wide bars")
