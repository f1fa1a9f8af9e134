"""Quality against latency: the trials that no other beats in both."""

from collections.abc import Iterable

from featcls.search.store import Trial


def front(trials: Iterable[Trial]) -> list[Trial]:
    """Return the trials for which no other is both as good and as fast, fastest first.

    Parameters
    ----------
    trials : iterable of Trial
        Those without a loss, or without `metrics["ms"]`, count for nothing.

    Examples
    --------
    >>> slow = Trial(0, loss=0.1, metrics={"ms": 9.0})
    >>> fast = Trial(1, loss=0.3, metrics={"ms": 2.0})
    >>> beaten = Trial(2, loss=0.3, metrics={"ms": 4.0})
    >>> [trial.tid for trial in front([slow, fast, beaten])]
    [1, 0]
    """
    known = [t for t in trials if t.loss is not None and t.metrics.get("ms") is not None]
    kept: list[Trial] = []
    for trial in sorted(known, key=lambda t: (t.metrics["ms"], t.loss, t.tid)):
        if not kept or (trial.loss or 0.0) < (kept[-1].loss or 0.0):
            kept.append(trial)
    return kept
