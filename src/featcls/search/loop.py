"""The search loop: ask, write, submit, wait, write, tell.

A row is on disk before its trial starts and before it is told; a kill loses at most what was
in flight, and that is run again under the same number with the same config.
"""

import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from featcls.cache import Cache
from featcls.config import Config, canonical, config_id
from featcls.evaluate import METRICS
from featcls.plugins import Registry
from featcls.search.backends import ATTEMPTS, Backend
from featcls.search.events import trial_event
from featcls.search.extraction import Extraction, Job
from featcls.search.problem import Problem, Task
from featcls.search.run import Run
from featcls.search.sampler import Point, Sampler
from featcls.search.space import SearchSpace
from featcls.search.store import Store, Trial, now
from featcls.search.trial import run_trial

LAG = 9  # with `reproducible`, an ask sees the trials up to this many before it
POLL = 0.2  # seconds

Observer = Callable[[dict[str, Any]], None]


@dataclass(frozen=True)
class Settings:
    """How to run: none of it changes what a config scores."""

    max_evals: int
    metric: str
    timeout: float | None = None
    trial_timeout: float | None = None
    n_threads: int = 1
    reproducible: bool = False


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
        settings: Settings,
        observer: Observer,
    ) -> None:
        self.run, self.store, self.task, self.problem = run, store, task, problem
        self.space, self.cache, self.registry = space, cache, registry
        self.settings, self.observer = settings, observer
        self.sampler = Sampler(space, task.seed)
        self.trials = {trial.tid: trial for trial in store.trials()}
        self.flights: dict[int, _Flight] = {}
        self.warned: set[str] = set()
        self.extract_seconds = 0.0  # of all workers, blocks ahead of trials
        self.stopping = 0  # 1: start no more; 2: leave now

    def go(self, start: Callable[[], Backend], baselines: Sequence[Trial]) -> str:
        """Run baselines and what a killed driver left, then ask for more.

        Returns `finished`, or `interrupted` after Ctrl-C.
        """
        waiting = self._left(baselines)
        if not waiting and self._next_tid() >= self.settings.max_evals:
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
        finally:
            self.backend.close(kill=bool(self.flights))
        return "interrupted" if self.stopping else "finished"

    def best(self) -> Trial | None:
        """Return the best finished trial."""
        done = [t for t in self.asked() if t.loss is not None and t.state == "ok"]
        return min(done, key=lambda t: (t.loss, t.tid), default=None)

    def asked(self) -> list[Trial]:
        """Return the trials that are no baselines, in order of tid."""
        return [t for _, t in sorted(self.trials.items()) if t.kind == "trial"]

    def _go(self, waiting: list[Trial]) -> None:
        deadline = time.monotonic() + (self.settings.timeout or float("inf"))
        told = False
        while self.stopping < 2:
            while self._may_start(waiting, deadline):
                self._launch(waiting.pop(0) if waiting else self._ask())
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
        return left + [t for t in self.asked() if t.state == "running"]

    # asking

    def _may_start(self, waiting: Sequence[Trial], deadline: float) -> bool:
        if self.stopping or len(self.flights) >= self.backend.capacity:
            return False
        if waiting:
            return True
        tid = self._next_tid()
        if tid >= self.settings.max_evals or time.monotonic() > deadline:
            return False
        seen = tid - LAG + 1 if self.settings.reproducible else 0
        return all(self.trials[i].told is not None for i in range(seen))

    def _next_tid(self) -> int:
        return max((trial.tid for trial in self.asked()), default=-1) + 1

    def _ask(self) -> Trial:
        tid = self._next_tid()
        point = self.sampler.ask(tid, self._history(tid))
        config = canonical(self._drawn(point), self.registry.space_of)
        return Trial(tid, config_id=config_id(config), config=config, indices=point)

    def _drawn(self, point: Point) -> Config:
        """Return the config of a point; a classifier of frames takes no extractors."""
        config = self.sampler.config(point)
        entry = self.registry.get("classifier", config["classifier"]["name"])
        return config | {"extractors": []} if entry.options["takes"] == "frame" else config

    def _history(self, tid: int) -> list[Trial]:
        """Return what ask `tid` may see, in the order it was told."""
        if self.settings.reproducible:
            return [self.trials[i] for i in range(tid - LAG + 1)]
        told = [t for t in self.asked() if t.told is not None]
        under_way = [t for t in self.asked() if t.tid in self.flights]
        return sorted(told, key=lambda t: t.told or 0) + under_way

    # starting

    def _launch(self, trial: Trial) -> None:
        trial = replace(trial, state="running", seed=self.task.seed, started_utc=now())
        self._put(trial)
        same = self._same_config(trial)
        if same is not None:
            copied = replace(trial, loss=same.loss, metrics=same.metrics, seconds=0.0)
            self._finish(copied, "ok", f"same config as trial {same.tid}")
            return
        flight = self.flights[trial.tid] = _Flight(trial)
        try:
            flight.waiting = self.extraction.start(trial.config, self._payload())
            self._start_if_ready(flight)
        except Exception as error:  # a plugin that cannot even be made
            self._fail(flight, error)

    def _same_config(self, trial: Trial) -> Trial | None:
        """Return the finished trial of the same config: its result is this one's."""
        for other in self.trials.values():
            if other.config_id == trial.config_id and other.state == "ok":
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
            "config_id": trial.config_id,
            "metrics": list(dict.fromkeys([self.settings.metric, *beside])),
        }
        flight.future = self.backend.submit(run_trial, payload, self.settings.trial_timeout)

    # finishing

    def _wait(self) -> None:
        futures = [job.future for job in self.extraction.jobs.values()]
        futures += [f.future for f in self.flights.values() if f.future is not None]
        wait(futures, timeout=POLL, return_when=FIRST_COMPLETED)
        for number, job, error in self.extraction.done():
            if error is None:
                result = job.future.result()
                self.extract_seconds += result["seconds"]
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
        loss = 1.0 - value if METRICS[self.settings.metric][1] else value
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

    def _put(self, trial: Trial) -> None:
        self.store.put(trial)
        self.trials[trial.tid] = trial

    # telling the user

    def _event_trial(self, trial: Trial) -> None:
        settings = self.settings
        event = trial_event(trial, self.asked(), self.best(), settings.metric, settings.max_evals)
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
