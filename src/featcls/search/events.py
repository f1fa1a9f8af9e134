"""What a search tells its observer: dicts of JSON values, one an event."""

from collections.abc import Sequence
from typing import Any

from featcls.search.store import Trial


def begin_event(trial: Trial) -> dict[str, Any]:
    """Return the event of a trial that is under way: it waits for features, then runs."""
    return {"event": "begin", **_named(trial)}


def trial_event(
    trial: Trial, asked: Sequence[Trial], best: Trial | None, metric: str, max_evals: int
) -> dict[str, Any]:
    """Return the event of a trial that ended, with how the search stands."""
    return {
        "event": "trial",
        **_named(trial),
        "state": trial.state,
        "loss": trial.loss,
        "metric": metric,
        "value": trial.metrics.get(metric),
        "seconds": trial.seconds,
        "reason": trial.reason,
        "best": best and {"tid": best.tid, "value": best.metrics[metric]},
        "n_done": sum(t.state == "ok" for t in asked),
        "n_failed": sum(t.state == "failed" for t in asked),
        "max_evals": max_evals,
    }


def _named(trial: Trial) -> dict[str, Any]:
    return {
        "tid": trial.tid,
        "kind": trial.kind,
        "rung": trial.rung,
        "budget": trial.budget,
        "config_id": trial.config_id,
        "extractors": [item["name"] for item in trial.config.get("extractors", [])],
        "classifier": trial.config.get("classifier", {}).get("name", ""),
    }
