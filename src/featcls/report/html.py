"""Markup that is safe by construction: text is escaped where it enters, once."""

from collections.abc import Iterable
from html import escape


class Html(str):
    """Text that is markup already; everything else is escaped on its way in."""


Child = str | int | float | None | Iterable["Child"]
VOID = frozenset({"br", "col", "hr", "img", "meta"})


def tag(name: str, /, *children: Child, **attributes: str | int | float | bool | None) -> Html:
    """Return one element.

    Attribute names lose a trailing underscore, others become hyphens; None and False leave
    the attribute out.

    Examples
    --------
    >>> tag("p", "a < b", tag("br"), class_="note")
    '<p class="note">a &lt; b<br></p>'
    """
    given = "".join(
        f" {key.rstrip('_').replace('_', '-')}" + ("" if value is True else f'="{_text(value)}"')
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    if name in VOID:
        return Html(f"<{name}{given}>")
    return Html(f"<{name}{given}>{join(*children)}</{name}>")


def join(*children: Child) -> Html:
    """Return children one after the other; plain text is escaped, None is nothing."""
    return Html("".join(map(_child, children)))


def _child(child: Child) -> str:
    if child is None:
        return ""
    if isinstance(child, Html):
        return str.__str__(child)
    if isinstance(child, str | int | float):
        return _text(child).replace(" %", "&nbsp;%")  # a figure keeps its unit on its line
    return "".join(map(_child, child))


def _text(value: str | int | float) -> str:
    return escape(str(value).replace("\0", ""), quote=True)
