"""The page: its sections in the order a person asks for them."""

from collections.abc import Callable
from importlib.resources import files
from typing import TYPE_CHECKING

from featcls._version import __version__
from featcls.report import (
    account,
    classes,
    coordinates,
    cost,
    curves,
    gallery,
    importance,
    leaderboard,
    parts,
    summary,
)
from featcls.report.html import Html, join, tag
from featcls.report.story import Story

if TYPE_CHECKING:
    from featcls.search import Run

Section = Callable[[Story], Html | None]

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"  # nothing from anywhere

SECTIONS: tuple[tuple[str, str, Section], ...] = (
    ("leaderboard", "Leaderboard", leaderboard.table),
    ("history", "The search, trial by trial", leaderboard.progress),
    ("coordinates", "Parallel coordinates", coordinates.section),
    ("importance", "What mattered", importance.section),
    ("extractors", "Best of each extractor", parts.extractors),
    ("matrix", "Best of each pair", parts.matrix),
    ("latency", "Quality and time a frame", cost.latency),
    ("rungs", "Rungs", cost.rungs),
    ("confusion", "What is taken for what", classes.confusion),
    ("classes", "Class by class", classes.table),
    ("roc", "ROC and precision", curves.roc_and_pr),
    ("calibration", "Calibration", curves.calibration),
    ("errors", "Worst errors", gallery.errors),
    ("doubts", "Most uncertain frames", gallery.doubts),
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
    made = [(key, title, section(story)) for key, title, section in SECTIONS]
    there = [(key, title, body) for key, title, body in made if body is not None]
    style = files("featcls.report").joinpath("style.css").read_text(encoding="utf-8")
    page = tag(
        "html",
        tag(
            "head",
            tag("meta", charset="utf-8"),
            tag("meta", http_equiv="Content-Security-Policy", content=POLICY),
            tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
            tag("meta", name="generator", content=f"featcls {__version__}"),
            tag("title", f"{name} - featcls report"),
            tag("style", Html(style)),
        ),
        tag(
            "body",
            tag(
                "main",
                summary.header(story, name),
                summary.cards(story),
                summary.notes(story),
                tag("nav", [join(tag("a", t, href=f"#{key}"), " ") for key, t, _ in there]),
                [tag("section", tag("h2", t), body, id=key) for key, t, body in there],
                tag(
                    "footer",
                    tag(
                        "p",
                        f"Made by featcls {__version__}. Nothing here was sent "
                        "anywhere, and the page loads nothing.",
                    ),
                ),
            ),
        ),
        lang="en",
    )
    return f"<!doctype html>\n{page}\n"
