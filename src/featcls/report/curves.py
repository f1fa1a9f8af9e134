"""How well the scores part the classes, and whether they can be taken for probabilities."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from featcls.evaluate.intervals import Z_95, wilson
from featcls.report import charts
from featcls.report.html import Html, join, tag
from featcls.report.plane import Plane
from featcls.report.story import Story
from featcls.report.words import figure

DRAWN = 8  # classes, those hardest to tell from the rest; there are so many colours
POINTS = 100  # of a curve
BINS = 10  # of the calibration, with equal numbers of frames

Floats = NDArray[np.float64]


class Curve(NamedTuple):
    """One class against the rest."""

    name: str
    n: int
    auc: float
    interval: tuple[float, float] | None
    precision: float  # averaged over recall
    roc: Floats  # (m, 2): share of false alarms, recall
    pr: Floats  # (m, 2): recall, precision


def roc_and_pr(story: Story) -> Html | None:
    """Draw each class against the rest, with the areas below the curves."""
    seen = story.judged
    if seen is None:
        return None
    y = seen.y if seen.y.ndim == 2 else np.eye(seen.scores.shape[1], dtype=np.int64)[seen.y]
    found = [
        curve(name, y[:, k], seen.scores[:, k])
        for k, name in enumerate(story.classes)
        if 0 < y[:, k].sum() < len(y)
    ]
    if not found:
        return None
    drawn = sorted(found, key=lambda one: one.auc)[:DRAWN]
    colours = charts.series_colours([one.name for one in drawn])
    plane = Plane((0, 1), (0, 1))
    few = f" The {DRAWN} classes that are hardest to tell are drawn." if len(found) > DRAWN else ""
    return join(
        tag(
            "p",
            f"On the {seen.role} frames, each class against all others by its score alone. "
            f"The area is the chance that a frame of the class scores above another one.{few}",
            class_="soft",
        ),
        tag(
            "div",
            plane.picture(
                "ROC curves: recall over the share of false alarms",
                "share of others taken for it",
                "recall",
                plane.line([(0, 0), (1, 1)], "level"),
                [plane.line(one.roc, f"curve {colours[one.name]}", one.name) for one in drawn],
            ),
            plane.picture(
                "Precision over recall",
                "recall",
                "precision",
                [plane.line(one.pr, f"curve {colours[one.name]}", one.name) for one in drawn],
            ),
            class_="plots",
        ),
        charts.legend([one.name for one in drawn]),
        _areas(found),
    )


def calibration(story: Story) -> Html | None:
    """Draw how often the model is right where it says it is so sure."""
    seen = story.judged
    if seen is None:
        return None
    if seen.y.ndim == 2:
        said, right = seen.scores.ravel(), seen.y.ravel().astype(bool)
        what = "of its labels have a score"
    else:
        said, right = seen.scores.max(axis=1), seen.scores.argmax(axis=1) == seen.y
        what = "of its answers have a score"
    chance = np.random.default_rng(0).permutation(len(said))  # who of equal scores goes first
    parts = np.array_split(np.lexsort((chance, said)), min(BINS, len(said)))
    means = [(float(said[part].mean()), float(right[part].mean())) for part in parts]
    spans = [wilson(int(right[part].sum()), len(part)) or (0.0, 1.0) for part in parts]
    low = np.floor(10 * min(low for pair in (*means, *spans) for low in pair)) / 10
    gap = sum(len(p) * abs(a - b) for p, (a, b) in zip(parts, means, strict=True)) / len(said)
    plane = Plane((low, 1), (low, 1))
    dots = [
        (sure, true, "k0", f"{len(part)} frames: score {sure:.3f}, right {figure('', true)}")
        for part, (sure, true) in zip(parts, means, strict=True)
    ]
    drawn = plane.picture(
        "Calibration: share of right answers over the score",
        "mean score of the answer",
        "share that is right",
        plane.line([(low, low), (1, 1)], "level"),
        plane.bars([(x, *span) for (x, _), span in zip(means, spans, strict=True)], "whisker k0"),
        plane.dots(dots),
    )
    return join(
        tag(
            "p",
            f"On the {seen.role} frames, a tenth {what} about that high; bars are 95 % intervals. "
            "Points below the dashes mean that the model is surer than it should be. On average "
            f"scores miss the truth by {figure('', gap)} (expected calibration error).",
            class_="soft",
        ),
        tag("div", drawn, class_="plots"),
    )


def curve(name: str, truth: NDArray[Any], score: Floats) -> Curve:
    """Return the curves of one class.

    Parameters
    ----------
    name : str
    truth : (n,) array of 0 and 1, both
    score : (n,) array

    Examples
    --------
    >>> made = curve("a", np.array([1, 1, 0, 0]), np.array([0.9, 0.4, 0.6, 0.1]))
    >>> made.auc, round(made.precision, 3)
    (0.75, 0.833)
    """
    from sklearn.metrics import average_precision_score, precision_recall_curve, roc_curve

    false, recall, _ = roc_curve(truth, score)
    precision, found, _ = precision_recall_curve(truth, score)
    auc, interval = area(truth.astype(bool), score)
    return Curve(
        name,
        int(truth.sum()),
        auc,
        interval,
        float(average_precision_score(truth, score)),
        _thinned(np.column_stack([false, recall])),
        _thinned(np.column_stack([found, precision])[::-1]),
    )


def area(truth: NDArray[np.bool_], score: Floats) -> tuple[float, tuple[float, float] | None]:
    """Return the area under the ROC curve and its 95 % interval.

    The variance is DeLong's (1988, doi:10.2307/2531595), by midranks; the interval is held
    within 0 and 1. Scores that part the classes without a fault give no interval.

    Examples
    --------
    >>> area(np.array([True, False]), np.array([0.7, 0.2]))
    (1.0, None)
    """
    from scipy.stats import rankdata

    n, m = int(truth.sum()), int((~truth).sum())
    ranks = rankdata(score)
    above = (ranks[truth] - rankdata(score[truth])) / m  # share of the others below each
    below = 1 - (ranks[~truth] - rankdata(score[~truth])) / n
    auc = float(above.mean())
    variance = sum(np.var(part, ddof=1) / len(part) for part in (above, below) if len(part) > 1)
    if not variance:
        return auc, None
    half = Z_95 * float(np.sqrt(variance))
    return auc, (max(auc - half, 0.0), min(auc + half, 1.0))


def _thinned(points: Floats) -> Floats:
    """Return about as many points as can be seen, ends included, evenly along the curve."""
    if len(points) <= POINTS:
        return points
    gone = np.r_[0, np.cumsum(np.abs(np.diff(points, axis=0)).sum(axis=1))]
    picked = np.searchsorted(gone, np.linspace(0, gone[-1], POINTS))
    ends = np.r_[0, picked.clip(max=len(points) - 1), len(points) - 1]
    thinned: Floats = points[np.unique(ends)]
    return thinned


def _span(interval: tuple[float, float] | None) -> str:
    return "-" if interval is None else "{:.4f} to {:.4f}".format(*interval)


def _areas(found: list[Curve]) -> Html:
    head = [tag("th", name, class_="num") for name in ("frames", "area under ROC", "95 %")]
    rows = [
        tag(
            "tr",
            tag("th", one.name, scope="row"),
            tag("td", one.n, class_="num"),
            tag("td", f"{one.auc:.4f}", class_="num"),
            tag("td", _span(one.interval), class_="num"),
            tag("td", figure("", one.precision), class_="num"),
        )
        for one in found
    ]
    last = tag("th", "mean precision", class_="num")
    table = tag(
        "table", tag("thead", tag("tr", tag("th", "class"), head, last)), tag("tbody", rows)
    )
    return tag("div", table, class_="scroll", tabindex=0)
