"""A plane of two axes to draw curves and points in, as SVG text."""

import math
from collections.abc import Callable, Iterable, Sequence

from featcls.report.charts import nice_ticks
from featcls.report.html import Html, join, tag
from featcls.report.words import value_text

LEFT, RIGHT, TOP, BOTTOM = 66, 16, 14, 44

Pairs = Iterable[tuple[float, float]]


class Plane:
    """Places values between two pairs of limits on a picture.

    Parameters
    ----------
    x, y : (low, high)
        What the axes span.
    width, height : int
        Units of the picture.
    log_x : bool
        The x axis is logarithmic; its limits are above 0.
    y_text : callable
        Writes a value of the y axis.
    """

    def __init__(
        self,
        x: tuple[float, float],
        y: tuple[float, float],
        width: int = 380,
        height: int = 320,
        log_x: bool = False,
        y_text: Callable[[float], str] = value_text,
    ) -> None:
        self.x, self.y, self.width, self.height, self.log_x = x, y, width, height, log_x
        self.y_text = y_text

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Return where a value lies on the picture; what lies beyond is held at the edge."""
        across = _share(x, *self.x, self.log_x) * (self.width - LEFT - RIGHT)
        up = _share(y, *self.y, False) * (self.height - TOP - BOTTOM)
        return round(LEFT + across, 1), round(self.height - BOTTOM - up, 1)

    def line(self, points: Pairs, class_: str, title: str = "", steps: bool = False) -> Html:
        """Draw a line through points; with steps it goes across before it goes up."""
        path = ""
        for x, y in points:
            px, py = self.at(x, y)
            join_ = f"H{px}V{py}" if steps else f"L{px} {py}"
            path += join_ if path else f"M{px} {py}"
        return tag("path", tag("title", title) if title else None, d=path, class_=class_)

    def dots(self, points: Sequence[tuple[float, float, str, str]], r: float = 3.5) -> list[Html]:
        """Draw points `(x, y, class, words for the pointer)`."""
        made = []
        for x, y, class_, words in points:
            px, py = self.at(x, y)
            made.append(tag("circle", tag("title", words), cx=px, cy=py, r=r, class_=class_))
        return made

    def bars(self, spans: Iterable[tuple[float, float, float]], class_: str) -> list[Html]:
        """Draw upright bars `(x, low, high)`: intervals."""
        return [self.line([(x, low), (x, high)], class_) for x, low, high in spans]

    def picture(self, title: str, x_label: str, y_label: str, *drawn: Html | list[Html]) -> Html:
        """Return the whole chart, with its axes below what is drawn."""
        middle = (self.height - BOTTOM + TOP) / 2
        return tag(
            "svg",
            tag("title", title),
            [self._across(tick) for tick in _ticks(*self.y, False)],
            [self._upright(tick) for tick in _ticks(*self.x, self.log_x)],
            tag("text", x_label, x=self.width - RIGHT, y=self.height - 6, text_anchor="end"),
            tag(
                "text",
                y_label,
                x=13,
                y=middle,
                text_anchor="middle",
                transform=f"rotate(-90 13 {middle})",
            ),
            *drawn,
            viewBox=f"0 0 {self.width} {self.height}",
            role="img",
            class_="chart small" if self.width < 500 else "chart",
        )

    def _across(self, tick: float) -> Html:
        _, y = self.at(self.x[0], tick)
        return join(
            tag("line", x1=LEFT, x2=self.width - RIGHT, y1=y, y2=y, class_="rule"),
            tag("text", self.y_text(tick), x=LEFT - 7, y=y + 4, text_anchor="end"),
        )

    def _upright(self, tick: float) -> Html:
        x, y = self.at(tick, self.y[0])
        return tag("text", value_text(tick), x=x, y=y + 17, text_anchor="middle")


def _share(value: float, low: float, high: float, log: bool) -> float:
    if log:
        value, low, high = (math.log10(max(v, 1e-12)) for v in (value, low, high))
    return min(max((value - low) / ((high - low) or 1.0), 0.0), 1.0)


def _ticks(low: float, high: float, log: bool) -> list[float]:
    if not log:
        return [tick for tick in nice_ticks(low, high) if low <= tick <= high]
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    ticks = [float(f"{k}e{power}") for power in powers for k in (1, 2, 5)]
    return [tick for tick in ticks if low <= tick <= high]
