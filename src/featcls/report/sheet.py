"""One HTML file from its parts: style inside, nothing loaded from anywhere."""

from collections.abc import Sequence
from importlib.resources import files

from featcls._version import __version__
from featcls.report.html import Child, Html, join, tag

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"  # browsers hold us to it

Section = tuple[str, str, Html | None]  # key, title, content


def sheet(title: str, top: Child, sections: Sequence[Section]) -> str:
    """Return a whole page as text; sections without content are left out."""
    style = files("featcls.report").joinpath("style.css").read_text(encoding="utf-8")
    there = [section for section in sections if section[2] is not None]
    page = tag(
        "html",
        tag(
            "head",
            tag("meta", charset="utf-8"),
            tag("meta", http_equiv="Content-Security-Policy", content=POLICY),
            tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
            tag("meta", name="generator", content=f"featcls {__version__}"),
            tag("title", f"{title} - featcls report"),
            tag("style", Html(style)),
        ),
        tag(
            "body",
            tag("a", "To the results", href=f"#{there[0][0]}", class_="skip") if there else None,
            tag(
                "main",
                top,
                tag(
                    "nav",
                    [join(tag("a", words, href=f"#{key}"), " ") for key, words, _ in there],
                    aria_label="Sections",
                ),
                [_section(*section) for section in there],
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


def _section(key: str, title: str, body: Html | None) -> Html:
    heading = f"{key}-title"
    return tag("section", tag("h2", title, id=heading), body, id=key, aria_labelledby=heading)
