"""The first screen: what was found, in words and in four figures."""

from typing import TYPE_CHECKING, Any

from featcls.report.html import Html, join, tag
from featcls.report.words import (
    between,
    describe,
    duration,
    figure,
    listed,
    metric_name,
    plural,
    short,
)

if TYPE_CHECKING:
    from featcls.search import Run

FILES = {"model": "model.featcls", "report": "report.html"}


def header(run: "Run", name: str) -> Html:
    """Title and the result as a paragraph."""
    info = run.info
    when = str(info.get("finished_utc") or info.get("created_utc") or "")[:16].replace("T", " ")
    status = str(info.get("status", ""))
    return join(
        tag("p", f"featcls search, {when} UTC, {status}", class_="kicker"),
        tag("h1", name),
        tag("p", headline(run), class_="lead"),
    )


def headline(run: "Run") -> Html:
    """Say in words what the search found and how far it can be trusted."""
    info, best = run.info, run.info.get("best")
    counted = [trial for trial in run.trials if trial.kind == "trial"]
    if not best:
        return join(
            f"None of {plural(len(counted), 'trial')} has succeeded; the reasons are below."
        )
    metric = str(info["metric"])
    sentences: list[Any] = [
        f"The best of {plural(len(counted), 'pipeline')} is ",
        tag("b", short(best["config"])),
        ". ",
    ]
    if test := info.get("test"):
        sentences += [
            f"On {plural(test_size(info), 'test frame')} that nobody used for choosing it gets ",
            tag("b", figure(metric, test["metrics"].get(metric))),
            f" {metric_name(metric)}{interval_words(metric, test)}. ",
        ]
    sentences += [
        f"On validation ({objective(info)}) it got ",
        tag("b", figure(metric, best["value"])),
        f"{'' if test else ' ' + metric_name(metric)}{spread_words(info)}. ",
        _baseline_words(info, metric),
    ]
    return join(sentences)


def result_rows(run: "Run") -> tuple[str, list[tuple[str, str]]]:
    """Return the result as a title and named lines, for a screen of text."""
    info, best = run.info, run.info.get("best")
    counted = [trial for trial in run.trials if trial.kind == "trial"]
    failed = sum(trial.state == "failed" for trial in counted)
    title = f"{plural(len(counted), 'pipeline')} in {duration(info.get('seconds'))}"
    title += f", {failed} failed" if failed else ""
    if not best:
        return title, [("best", "none has succeeded; the report has the reasons")]
    metric = str(info["metric"])
    rows = describe(best["config"])
    value = f"{figure(metric, best['value'])} {metric_name(metric)}"
    rows.append(("validation", f"{value}, {objective(info)}{spread_words(info)}"))
    if test := info.get("test"):
        words = figure(metric, test["metrics"].get(metric)) + interval_words(metric, test)
        rows.append(("test", f"{words}, {plural(test_size(info), 'frame')} never used to choose"))
    else:
        rows.append(("test", "none: the validation figure is likely a little too good"))
    rows += [
        ("baseline", f"{figure(metric, row['value'])} {row['name']}")
        for row in info.get("baselines") or []
    ]
    rows += [(name, str(run.path / file)) for name, file in FILES.items()]
    return title, rows


def cards(run: "Run") -> Html:
    """The figures to remember."""
    info, best = run.info, run.info.get("best")
    metric = str(info.get("metric", ""))
    made: list[Html] = []
    if best and info.get("test"):
        test = info["test"]
        words = between(metric, test.get("intervals", {}).get(metric))
        made.append(
            _card(
                figure(metric, test["metrics"].get(metric)),
                f"{metric_name(metric)} on test",
                f"95 % interval {words}" if words else "",
                main=True,
            )
        )
    if best:
        made.append(
            _card(
                figure(metric, best["value"]),
                f"{metric_name(metric)} on validation",
                objective(info) + spread_words(info),
                main=not made,
            )
        )
    if baselines := info.get("baselines"):
        top = max(baselines, key=lambda row: row["value"] if row["value"] is not None else -1e9)
        made.append(
            _card(figure(metric, top["value"]), "trivial baseline", f"{top['name']}, validation")
        )
    trials = [trial for trial in run.trials if trial.kind == "trial"]
    failed = sum(trial.state == "failed" for trial in trials)
    made.append(
        _card(
            f"{len(trials):,}",
            "trials",
            f"{failed} failed, {duration(info.get('seconds'))}"
            if failed
            else f"none failed, {duration(info.get('seconds'))}",
        )
    )
    return tag("div", made, class_="cards")


def notes(run: "Run") -> Html | None:
    """Whatever a reader has to know before trusting a figure."""
    info = run.info
    told = []
    if info.get("status") == "interrupted":
        told.append("The search was interrupted: it is the best so far, and can be resumed.")
    if info.get("status") == "failed":
        told.append("The search failed before it ended; what it had found is here.")
    if info.get("best") and not info.get("test"):
        told.append(
            "There is no independent test figure. The value above comes from the frames that "
            "the search chose by, so it is likely a little too good. Mark rows as test in the "
            "manifest, or run without --test-size 0."
        )
    if len(looks := info.get("test_looks") or []) > 1:
        told.append(
            f"The test frames have been looked at {len(looks)} times; whoever chose between "
            "models by those looks has used them up."
        )
    if not told:
        return None
    return tag("div", [tag("p", words) for words in told], class_="note")


def objective(info: dict[str, Any]) -> str:
    """Say what a trial was judged by."""
    given = info.get("objective") or {}
    if given.get("kind") == "folds":
        return f"{given.get('n_splits')} folds"
    n = (info.get("dataset") or {}).get("roles", {}).get("validation")
    return plural(n, "validation frame") if n else "the validation split"


def spread_words(info: dict[str, Any]) -> str:
    """Say how far the folds lie apart, where there are folds."""
    folds = (info.get("best") or {}).get("metrics", {}).get("folds")
    metric = str(info.get("metric"))
    if not folds or len(folds) < 2:
        return ""
    return f", folds from {between(metric, (min(folds), max(folds)))}"


def interval_words(metric: str, scores: dict[str, Any]) -> str:
    """Say the 95 % interval of a metric where the scores have one."""
    words = between(metric, scores.get("intervals", {}).get(metric))
    return f" (95 % interval {words})" if words else ""


def test_size(info: dict[str, Any]) -> int:
    """Return the number of test frames."""
    return int(info["dataset"]["roles"]["test"])


def _baseline_words(info: dict[str, Any], metric: str) -> str:
    """Say what pipelines without any merit get, on the same frames as the last figure told."""
    rows = [row for row in info.get("baselines") or [] if row["value"] is not None]
    if not rows:
        return ""
    parts = [f"{row['name']} {figure(metric, row['value'])}" for row in rows]
    return f"There, trivial baselines get: {listed(parts)}."


def _card(value: str, name: str, more: str = "", main: bool = False) -> Html:
    return tag(
        "div",
        tag("b", value),
        tag("span", name, class_="name"),
        tag("span", more) if more else None,
        class_="card main" if main else "card",
    )
