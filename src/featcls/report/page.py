"""The page: its sections in the order a person asks for them."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from featcls.report import (
    account,
    chosen,
    classes,
    coordinates,
    cost,
    curves,
    gallery,
    importance,
    leaderboard,
    learning,
    parts,
    summary,
    why,
)
from featcls.report.html import Html
from featcls.report.sheet import sheet
from featcls.report.story import Story

if TYPE_CHECKING:
    from featcls.search import Run

Section = Callable[[Story], Html | None]

SECTIONS: tuple[tuple[str, str, Section], ...] = (
    ("leaderboard", "Leaderboard", leaderboard.table),
    ("history", "The search, trial by trial", leaderboard.progress),
    ("coordinates", "Parallel coordinates", coordinates.section),
    ("importance", "What mattered", importance.section),
    ("extractors", "Best of each extractor", parts.extractors),
    ("matrix", "Best of each pair", parts.matrix),
    ("learning", "Learning curve", learning.section),
    ("latency", "Quality and time a frame", cost.latency),
    ("rungs", "Rungs", cost.rungs),
    ("confusion", "What is taken for what", classes.confusion),
    ("classes", "Class by class", classes.table),
    ("roc", "ROC and precision", curves.roc_and_pr),
    ("calibration", "Calibration", curves.calibration),
    ("errors", "Worst errors", gallery.errors),
    ("doubts", "Most uncertain frames", gallery.doubts),
    ("why", "Why it says so", why.section),
    ("model", "The model", chosen.section),
    ("pipeline", "The chosen pipeline", account.pipeline),
    ("time", "Where the time went", account.time_split),
    ("data", "Data", account.data),
    ("missing", "Left out, failed, unreadable", account.missing),
    ("again", "Environment and how to run it again", account.environment),
)


def render(run: "Run") -> str:
    """Return the whole page as text."""
    story = Story(run)
    name = str(story.info.get("name") or story.path.name)
    top = [summary.header(story, name), summary.cards(story), summary.notes(story)]
    return sheet(name, top, [(key, title, section(story)) for key, title, section in SECTIONS])
