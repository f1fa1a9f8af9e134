"""The end of a search: the model of its best trial, and what it all took."""

import time
from collections import Counter
from typing import Any

from featcls.errors import NoTrialSucceeded
from featcls.search.asking import asked_of
from featcls.search.finish import Finish
from featcls.search.loop import Loop
from featcls.search.run import Run
from featcls.search.rungs import finalists
from featcls.search.store import now


def end(run: Run, loop: Loop, finish: Finish) -> None:
    """Make the model of the best trials, where the run does not hold it already.

    Raises
    ------
    NoTrialSucceeded
        There is none; says why most of them failed.
    """
    best = loop.best()
    if best is None:
        reasons = Counter(t.reason for t in loop.trials.values() if t.kind == "trial")
        reason, n = reasons.most_common(1)[0] if reasons else ("no trial was started", 0)
        run.save(status="failed", finished_utc=now())
        raise NoTrialSucceeded(
            f"none of {sum(reasons.values())} trials succeeded; {n} of them: {reason}",
            f"`featcls report {run.path}` has the reason of each; or try another --space",
        )
    rows = [t for t in loop.trials.values() if t.kind == "baseline" and t.state == "ok"]
    done = (run.info.get("best") or {}).get("tid") == best.tid
    done = done and run.info.get("choice") == finish.choice.document()
    if not (done and (run.path / "model.featcls").exists()):
        finish.best(run, finalists(asked_of(loop.trials)), sorted(rows, key=lambda t: t.tid))


def spent(run: Run, loop: Loop, started: float, searched: float) -> dict[str, Any]:
    """Return what `run.json` says of time: seconds in all, for extraction, after the search.

    `started` and `searched` are of `time.monotonic`; what a resumed run spent before counts.
    """
    ended = time.monotonic()
    times = run.info["times"]
    extract = dict(times["extract"])
    for what, seconds in loop.extract_seconds.items():
        extract[what] = round(extract.get(what, 0.0) + seconds, 3)
    return {
        "seconds": round(float(run.info.get("seconds") or 0.0) + ended - started, 3),
        "times": {"extract": extract, "finish": round(times["finish"] + ended - searched, 3)},
    }
