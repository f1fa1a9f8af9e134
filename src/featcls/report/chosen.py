"""What the model is made of: members, calibration, operating point."""

from typing import Any

from featcls.report.html import Html, join, tag
from featcls.report.story import Story
from featcls.report.words import figure, listed, metric_name, plural


def section(story: Story) -> Html | None:
    """Say what the model is besides one pipeline; nothing where it is just that."""
    parts = [
        _members(story, story.info.get("ensemble")),
        _calibration(story.info.get("calibration")),
        _point(story.info.get("operating_point")),
        _fitted(story.info.get("fitted_on") or ["train"]),
    ]
    return join(parts) if any(parts) else None


def _members(story: Story, told: dict[str, Any] | None) -> Html | None:
    if not told:
        return None
    tids = listed([str(tid) for tid in told["tids"]])
    low, high = (-100 * end for end in reversed(told["difference_interval"]))
    gain = -100 * told["loss_difference"]
    rule = {
        "soft": "their scores are averaged",
        "majority": "the class that most of them say",
        "intersection": f"a hit ({listed(told['hit_classes'])}) only where all agree",
    }[told["vote"]]
    sure = "" if low > 0 or high < 0 else "; that may be chance"
    return tag(
        "p",
        f"{plural(len(told['tids']), 'pipeline')} vote, trials {tids}: {rule}. On validation "
        f"they get {story.figure(told['value'])} {story.metric_name}, the best alone "
        f"{story.figure(told['single'])}: {gain:+.1f} points ({low:+.1f} to {high:+.1f}{sure}).",
    )


def _calibration(told: dict[str, Any] | None) -> Html | None:
    if not told:
        return None
    gains = [
        f"{metric_name(name)} from {figure(name, before)} to {figure(name, after)}"
        for name, (before, after) in ((k, v) for k, v in told.items() if k != "method")
    ]
    return tag(
        "p",
        f"Scores are made probabilities ({told['method']}), which takes the "
        f"{listed(gains)} on validation frames that others calibrated.",
    )


def _point(told: dict[str, Any] | None) -> Html | None:
    if not told:
        return None
    kept, n = told["n_hits"] - told["n_lost"], told["n_hits"]
    dropped = told["n_misses"] - told["n_kept_misses"]
    return tag(
        "p",
        f"Operating point: a frame counts as a hit ({listed(told['hit_classes'])}) from a score "
        f"of {told['threshold']:.4g}. On {plural(n, 'hit')} that neither fitted nor chose the "
        f"model it keeps {kept}; with {figure('', told['confidence'])} confidence it loses at "
        f"most {figure('', told['bound'])} (asked: {figure('', told['max_lost_hits'])}). "
        f"It drops {dropped} of {plural(told['n_misses'], 'miss', 'misses')}.",
    )


def _fitted(roles: list[str]) -> Html | None:
    if roles == ["train"]:
        return None
    return tag("p", f"The model was fitted on the {listed(roles)} frames together.")
