"""The learning curve: would more labelled frames help?"""

from typing import TYPE_CHECKING, Any

import numpy as np

from featcls.errors import DataError, RunError
from featcls.report.html import Html, join, tag
from featcls.report.plane import Plane
from featcls.report.story import Story
from featcls.report.words import between, figure

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from featcls.search import Run
    from featcls.search.problem import Problem

SHARES = (0.1, 0.2, 0.4, 0.7, 1.0)  # of the frames a fold learns from


def measure_curve(run: "Run", n_threads: int) -> list[dict[str, Any]]:
    """Refit the winner on growing shares of its training frames and score it as the search did.

    The test split stays untouched. The result is kept in `run.json` and drawn in reports.

    Parameters
    ----------
    run : Run
        With a chosen pipeline, and its data still where they were.
    n_threads : int

    Returns
    -------
    list of dict
        `share`, `n` (training frames, mean over the folds), `value` and `folds` of the run's
        metric; shares with too few frames to fit, or to show each class, are passed over.

    Raises
    ------
    RunError
        No pipeline was chosen, or the data are not those of the run.
    """
    from featcls.cache import Cache, cache_root
    from featcls.plugins import registry
    from featcls.search.problem import open_problem
    from featcls.search.worker import Worker

    best = run.info.get("best")
    if best is None:
        raise RunError(f"{run.path} has no chosen pipeline", "finish the search with --resume")
    try:
        problem = open_problem(run.info["task"])
    except DataError as error:
        raise RunError(f"the data of {run.path} cannot be opened: {error}") from error
    if problem.dataset.dataset_id != run.info["dataset"]["dataset_id"]:
        raise RunError(
            f"the data of {run.path} have changed since the search", "search again on them"
        )
    installed = registry(tuple(run.info["task"]["plugins"]))
    (trial,) = (trial for trial in run.trials if trial.tid == best["tid"])
    worker = Worker(trial.config, problem, installed, Cache(cache_root()), n_threads)
    points = [_point(run, worker, problem, share) for share in SHARES]
    curve = [point for point in points if point]
    run.save(learning_curve=curve)
    return curve


def section(story: Story) -> Html | None:
    """Draw the value over the number of training frames, where it was measured."""
    curve = story.info.get("learning_curve")
    if not curve:
        return None
    spans = [(min(p["folds"]), max(p["folds"])) for p in curve]
    ends = [end for span in spans for end in span] + [p["value"] for p in curve]
    pad = 0.05 * ((max(ends) - min(ends)) or 0.1)
    sizes = [p["n"] for p in curve]
    limits = (0.9 * min(sizes), 1.1 * max(sizes)), (min(ends) - pad, max(ends) + pad)
    plane = Plane(*limits, 760, 300, log_x=True, y_text=story.figure)
    points = [(p["n"], p["value"]) for p in curve]
    dots = [(n, v, "k0", f"{n} frames: {figure(story.metric, v)}") for n, v in points]
    gain = story.sign * (curve[-1]["value"] - curve[-2]["value"]) if len(curve) > 1 else 0.0
    words = (
        "It still rises at its end: more labelled frames are likely to help."
        if gain > 0.005
        else "It is flat at its end: more frames of the same kind will hardly help."
    )
    rows = [
        tag(
            "tr",
            tag("th", f"{p['n']:,}", scope="row", class_="num"),
            tag("td", story.figure(p["value"]), class_="num"),
            tag("td", between(story.metric, span) if len(p["folds"]) > 1 else "", class_="num"),
        )
        for p, span in zip(curve, spans, strict=True)
    ]
    heads = [tag("th", w, class_="num") for w in ("frames", story.metric_name, "folds")]
    return join(
        tag(
            "p",
            f"The chosen pipeline, fitted on growing shares of the training frames and scored on "
            f"the validation frames; bars span the folds. {words}",
            class_="soft",
        ),
        tag(
            "div",
            plane.picture(
                f"{story.metric_name} over the number of training frames",
                "training frames",
                story.metric_name,
                plane.bars([(n, *s) for n, s in zip(sizes, spans, strict=True)], "whisker k0"),
                plane.line(points, "curve k0"),
                plane.dots(dots),
            ),
            class_="scroll",
            tabindex=0,
        ),
        tag("table", tag("thead", tag("tr", heads)), tag("tbody", rows)),
    )


def _point(run: "Run", worker: Any, problem: "Problem", share: float) -> dict[str, Any] | None:
    from featcls.evaluate import measure

    metric, classes = run.info["metric"], problem.dataset.classes
    parts, sizes = [], []
    for k, (train, scored) in enumerate(problem.folds):
        some = subset(train, problem.y[train], share)
        if len(np.unique(problem.y[some], axis=0)) < len(np.unique(problem.y[train], axis=0)):
            return None
        try:
            fitted = worker.fit(some, worker.seed(run.info["task"], k))
            parts.append((worker.scores(fitted, scored), problem.y[scored]))
        except ValueError:  # a classifier may need more frames, such as neighbours
            if share == 1.0:
                raise
            return None
        sizes.append(len(some))
    scores, y = (np.concatenate([part[i] for part in parts]) for i in (0, 1))
    return {
        "share": share,
        "n": round(float(np.mean(sizes))),
        "value": measure(metric, scores, y, classes),
        "folds": [measure(metric, *part, classes) for part in parts],
    }


def subset(train: "NDArray[np.int64]", y: "NDArray[Any]", share: float) -> "NDArray[np.int64]":
    """Return a share of the frames, from each class alike; larger shares hold the smaller ones.

    Examples
    --------
    >>> subset(np.arange(10, 20), np.repeat([0, 1], 5), 0.4).tolist()
    [12, 14, 16, 19]
    """
    rng = np.random.default_rng(0)
    _, kinds = np.unique(y, axis=0, return_inverse=True)
    kept = []
    for kind in range(kinds.max() + 1):
        own = rng.permutation(np.flatnonzero(kinds == kind))
        kept.append(own[: round(share * len(own))])
    some: NDArray[np.int64] = train[np.sort(np.concatenate(kept))]
    return some
