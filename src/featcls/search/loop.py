"""The search loop: ask, write, submit, wait, write, tell.

A row is on disk before its trial starts and before it is told; a kill loses at most what was
in flight, and that is run again under the same number with the same config.
"""

import signal
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from featcls.cache import Cache
from featcls.errors import RunError
from featcls.evaluate import loss_of
from featcls.plugins import Registry
from featcls.search.asking import Asking, asked_of, best_of
from featcls.search.backends import ATTEMPTS, Backend, BackendLost
from featcls.search.checkpoints import Checkpoints
from featcls.search.events import begin_event, trial_event
from featcls.search.extraction import Extraction, Job
from featcls.search.problem import Problem, Task
from featcls.search.run import Run
from featcls.search.space import SearchSpace
from featcls.search.store import Store, Trial, now
from featcls.search.trial import run_trial

POLL = 0.2  # seconds

Observer = Callable[[dict[str, Any]], None]


@dataclass(frozen=True)
class Settings:
    """How to run: none of it changes what a config scores."""

    metric: str
    timeout: float | None = None
    trial_timeout: float | None = None
    n_threads: int = 1


@dataclass
class _Flight:
    """A trial under way: it waits for blocks of the cache, then runs."""

    trial: Trial
    waiting: set[int] = field(default_factory=set)
    future: Future[Any] | None = None


class Loop:
    """Runs the trials of one run until the budget is spent or somebody stops it."""

    def __init__(
        self,
        run: Run,
        store: Store,
        task: Task,
        problem: Problem,
        space: SearchSpace,
        cache: Cache,
        registry: Registry,
        asking: Asking,
        settings: Settings,
        observer: Observer,
    ) -> None:
        self.run, self.store, self.task, self.problem = run, store, task, problem
        self.space, self.cache, self.registry = space, cache, registry
        self.asking, self.settings, self.observer = asking, settings, observer
        self.trials = {trial.tid: trial for trial in store.trials()}
        self.checkpoints = Checkpoints(run.path)
        self.flights: dict[int, _Flight] = {}
        self.warned: set[str] = set()
        self.extract_seconds: defaultdict[str, float] = defaultdict(float)  # blocks, all workers
        self.stopping = 0  # 1: start no more; 2: leave now
        self.stopped = ""  # why, once it has: "max_evals", "target", "patience", "timeout", ...

    def go(self, start: Callable[[], Backend], baselines: Sequence[Trial]) -> str:
        """Run baselines and what a killed driver left, then ask for more.

        Returns `finished`, or `interrupted` after Ctrl-C.
        """
        waiting = self._left(baselines)
        if not waiting and self.asking.next(self.trials) is None:
            self.stopped = self.asking.why(self.trials)
            return "finished"
        self.backend = start()
        self.extraction = Extraction(
            self.space,
            self.problem,
            self.cache,
            self.registry,
            self.backend,
            self.settings.trial_timeout,
        )
        try:
            with self._interrupts():
                self._go(waiting)
        except KeyboardInterrupt:
            self.stopping = 2
        except BackendLost as error:
            self.stopping = 2
            self._event_warnings([str(error)])
        finally:
            self.backend.close(kill=bool(self.flights))
        if self.stopping:
            self.stopped = "interrupt"
        elif self.stopped != "timeout":  # what ran out of time may be resumed
            self.checkpoints.keep((), self.trials)
        return "interrupted" if self.stopping else "finished"

    def best(self) -> Trial | None:
        """Return the best finished trial."""
        return best_of(asked_of(self.trials))

    def _go(self, waiting: list[Trial]) -> None:
        deadline = time.monotonic() + (self.settings.timeout or float("inf"))
        told = False
        while self.stopping < 2:
            while not self.stopping and len(self.flights) < self.backend.capacity:
                trial = waiting.pop(0) if waiting else self._ask(deadline)
                if trial is None:
                    break
                self._launch(trial)
            if not self.flights:
                return
            self._wait()
            if self.stopping and not told:
                told = True
                self.observer({"event": "stopping", "running": len(self.flights)})

    def _left(self, baselines: Sequence[Trial]) -> list[Trial]:
        for row in baselines:
            if row.state == "ok" and row.tid not in self.trials:
                self._put(row)
        ended = {tid for tid, trial in self.trials.items() if trial.state != "running"}
        left = [row for row in baselines if row.tid not in ended]
        return left + [t for t in asked_of(self.trials) if t.state == "running"]

    def _ask(self, deadline: float) -> Trial | None:
        """Return the next trial; None ends the search once nothing is under way."""
        trial = self.asking.next(self.trials)
        late = trial is not None and time.monotonic() > deadline
        self.stopped = "timeout" if late else self.asking.why(self.trials)
        return None if late else trial

    # starting

    def _launch(self, trial: Trial) -> None:
        trial = replace(trial, state="running", seed=self.task.seed, started_utc=now())
        self._put(trial)
        same = self._same_config(trial)
        if same is not None:
            copied = replace(trial, loss=same.loss, metrics=same.metrics, seconds=0.0)
            reason = f": {same.reason}" if same.state == "failed" else ""
            self._finish(copied, same.state, f"duplicate of {same.tid}{reason}")
            return
        flight = self.flights[trial.tid] = _Flight(trial)
        self.observer(begin_event(trial))
        try:
            flight.waiting = self.extraction.start(trial.config, self._payload())
            self._start_if_ready(flight)
        except Exception as error:  # a plugin that cannot even be made
            self._fail(flight, error)

    def _same_config(self, trial: Trial) -> Trial | None:
        """Return an earlier finished trial of the same config: its result is this one's.

        A later one has finished first where a killed driver left this one: it runs, as it would
        have, for the first of a config holds its scores.
        """
        for other in self.trials.values():
            same = (other.config_id, other.kind) == (trial.config_id, trial.kind)
            if same and other.tid < trial.tid and other.state != "running":
                return other
        return None

    def _payload(self) -> dict[str, Any]:
        task = self.task.document()
        return {"task": task, "cache": str(self.cache.root), "threads": self.settings.n_threads}

    def _start_if_ready(self, flight: _Flight) -> None:
        if flight.waiting or flight.future is not None:
            return
        trial = flight.trial
        beside = [] if self.problem.dataset.multilabel else ["accuracy", "macro_f1"]
        payload = self._payload() | {
            "config": trial.config,
            "metrics": list(dict.fromkeys([self.settings.metric, *beside])),
        }
        if trial.rung is not None:
            payload["checkpoint"] = str(self.checkpoints.of(trial, self.trials))
        flight.future = self.backend.submit(run_trial, payload, self.settings.trial_timeout)

    # finishing

    def _wait(self) -> None:
        futures = [job.future for job in self.extraction.jobs.values()]
        futures += [f.future for f in self.flights.values() if f.future is not None]
        wait(futures, timeout=POLL, return_when=FIRST_COMPLETED)
        for number, job, error in self.extraction.done():
            if error is None:
                result = job.future.result()
                self.extract_seconds[job.names] += result["seconds"]
                self._event_extract(job)
                self._event_warnings(result["warnings"])
            self._job_done(number, error)
        for flight in list(self.flights.values()):
            if flight.future is not None and flight.future.done():
                self._trial_done(flight, flight.future)

    def _job_done(self, number: int, error: BaseException | None) -> None:
        for flight in list(self.flights.values()):
            if number not in flight.waiting:
                continue
            flight.waiting.discard(number)
            if error is not None and (self.backend.is_lost(error) or _overran(error)):
                self._fail(flight, error)
            else:  # an exception will be met again, and named, by the trial itself
                self._start_if_ready(flight)

    def _trial_done(self, flight: _Flight, future: Future[Any]) -> None:
        error = future.exception()
        if isinstance(error, RunError):  # not the trial's: a full disk, a lost cluster
            raise error
        if error is None:
            self._succeed(flight, future.result())
        elif self.backend.is_lost(error) and flight.trial.attempt < ATTEMPTS:
            flight.trial = replace(flight.trial, attempt=flight.trial.attempt + 1)
            self._put(flight.trial)
            flight.future = None
            self._start_if_ready(flight)
        else:
            self._fail(flight, error)

    def _succeed(self, flight: _Flight, result: Mapping[str, Any]) -> None:
        del self.flights[flight.trial.tid]
        self._event_warnings(result["warnings"])
        metrics, timings = dict(result["metrics"]), dict(result["timings"])
        value = metrics[self.settings.metric]
        loss = loss_of(self.settings.metric, value)
        seconds = round(result["seconds"], 4)
        trial = replace(flight.trial, metrics=metrics, timings=timings, seconds=seconds)
        if not np.isfinite(loss):
            self._finish(trial, "failed", f"{self.settings.metric} is {value}")
            return
        self.run.write_scores(trial.tid, result["scores"])
        self._finish(replace(trial, loss=float(loss)), "ok")

    def _fail(self, flight: _Flight, error: BaseException) -> None:
        self.flights.pop(flight.trial.tid, None)
        reason = f"{type(error).__name__}: {error}"
        if _overran(error):
            reason = f"overran the trial timeout of {self.settings.trial_timeout} s"
        elif self.backend.is_lost(error):
            reason = f"its worker died {ATTEMPTS} times: {error}"
        self._finish(flight.trial, "failed", reason)

    def _finish(self, trial: Trial, state: str, reason: str = "") -> None:
        told = 1 + max((t.told for t in self.trials.values() if t.told is not None), default=-1)
        trial = replace(trial, state=state, reason=reason[:2000], told=told)
        self._put(trial)
        self._event_trial(trial)
        if self.asking.rungs is not None:
            max_evals = self.asking.strategy.max_evals
            going_on = self.asking.rungs.may_go_on(asked_of(self.trials), max_evals)
            self.checkpoints.keep(going_on, self.trials)

    def _put(self, trial: Trial) -> None:
        self.store.put(trial)
        self.trials[trial.tid] = trial

    # telling the user

    def _event_trial(self, trial: Trial) -> None:
        new = [t for t in asked_of(self.trials) if t.parent is None]
        max_evals = self.asking.strategy.max_evals
        event = trial_event(trial, new, self.best(), self.settings.metric, max_evals)
        self.observer(event)

    def _event_extract(self, job: Job) -> None:
        total = self.extraction.n_blocks
        done = total - self.extraction.left(job)
        self.observer({"event": "extract", "done": done, "total": total, "what": job.names})

    def _event_warnings(self, texts: Sequence[str]) -> None:
        for text in texts:
            if text not in self.warned:
                self.warned.add(text)
                self.observer({"event": "warning", "text": text})

    @contextmanager
    def _interrupts(self) -> Iterator[None]:
        """First Ctrl-C: start nothing more. Second: leave now."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        def stop(*_: Any) -> None:
            self.stopping += 1
            if self.stopping > 1:
                raise KeyboardInterrupt

        before = signal.signal(signal.SIGINT, stop)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)


def _overran(error: BaseException) -> bool:
    return isinstance(error, TimeoutError)
