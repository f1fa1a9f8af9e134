"""One search from data to report-ready run directory."""

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from featcls.cache import Cache, cache_root
from featcls.dataset import open_dataset
from featcls.errors import DataError, UsageError
from featcls.evaluate import check_metric
from featcls.plugins import registry
from featcls.search import baselines
from featcls.search import warm_start as warm
from featcls.search.about import about, default_name, start_event
from featcls.search.asking import Asking, Strategy
from featcls.search.backends import Plan, refuse_in_worker
from featcls.search.backends.greeting import Greeting
from featcls.search.beginning import first_configs, open_run, rungs_of
from featcls.search.choice import ModelChoice
from featcls.search.document import load_space
from featcls.search.ending import end, spent
from featcls.search.finish import Finish
from featcls.search.judged import keep_frames
from featcls.search.loop import Loop, Observer, Settings
from featcls.search.problem import Task, open_problem
from featcls.search.run import Run
from featcls.search.sampler import GAMMA, Sampler
from featcls.search.store import Store, now

EMBEDDED = {
    "reader": "simulate",
    "options": {"n": 300, "seed": 0},
    "select": {"classes": ["blank", "no-crystal", "weak", "good", "strong"]},
}


def search(
    data: str | os.PathLike[str] | Mapping[str, Any] | None = None,
    *,
    space: str = "default",
    out: str | os.PathLike[str] | None = None,
    max_evals: int = 50,
    algorithm: str = "tpe",
    gamma: float = GAMMA,
    asha: bool | None = None,
    eta: int | None = None,
    warm_start: warm.Source | Sequence[warm.Source] = (),
    patience: int | None = None,
    target: float | None = None,
    timeout: float | None = None,
    trial_timeout: float | None = None,
    memory_limit: int | None = None,
    n_jobs: int | None = None,
    backend: str = "local",
    scheduler: str | None = None,
    metric: str | None = None,
    random_state: int = 0,
    reproducible: bool = False,
    test_size: float = 0.2,
    n_splits: int = 5,
    calibration_size: float | None = None,
    repeats: int = 1,
    max_ms: float | None = None,
    choice: ModelChoice | None = None,
    resume: bool = False,
    plugins: Sequence[str] = (),
    observer: Observer | None = None,
) -> Run:
    """Find the best pipeline of a space for labelled images.

    Parameters
    ----------
    data : path or dataset spec, optional
        Labelled images; without it 300 simulated diffraction frames.
    space : str
        Name of a search space, or the path of a TOML file.
    out : path, optional
        Run directory; default `runs/<data>-<space>-<time>`.
    max_evals : int
        Number of configs to try, those of a resumed run included. Duplicates and failures
        count; baselines and promotions of a config to a higher rung do not.
    algorithm : {"tpe", "random", "anneal"}
        How configs are proposed.
    gamma : float
        For TPE: larger takes more trials for good ones, and explores more.
    asha : bool, optional
        Try many configs at a small budget and go on with the best 1/eta of each rung; default
        what the space says. Classifiers without a budget run at full cost.
    eta : int, optional
        Default 3.
    warm_start : source or sequence of sources
        Configs to try first: a run directory (its best 10), a `.json` file with a list of
        configs, `"diffranet"` (the best of the paper), or configs. A resumed run keeps those
        that it was started with.
    patience : int, optional
        Stop after so many configs without a better one.
    target : float, optional
        Stop when the metric is as good as this.
    timeout, trial_timeout : float, optional
        Seconds for the whole search (running trials are finished), and for one trial.
    memory_limit : int, optional
        Bytes a worker may take; default an equal share of 90 % of the memory.
    n_jobs : int, optional
        Worker processes; default the number of cores.
    backend : {"local", "serial", "dask"}
        Worker processes that can be killed, this process, or the workers of a dask scheduler.
    scheduler : str, optional
        Address of that scheduler, as `tcp://host:port`.
    metric : str, optional
        A name in `featcls.evaluate.METRICS` or `recall@` and a class; default balanced
        accuracy, macro F1 where frames may have several labels.
    random_state : int
        Seed of everything random.
    reproducible : bool
        Same history at any number of jobs; each ask then knows fewer trials.
    test_size : float
        Share of frames set apart where the data has no test split; 0 for none.
    n_splits : int
        Folds where the data has no validation split.
    calibration_size : float, optional
        Share of the validation (else training) frames kept from the search where the data has
        no calibration split; default 0.2 where `choice` wants an operating point, else 0.
    repeats : int
        Seeds that a config is fitted with, where that changes its scores; its value is their
        mean.
    max_ms : float, optional
        Milliseconds a frame, on one thread here; a slower pipeline is a failed trial.
    choice : ModelChoice, optional
        What model is made of the best trials.
    resume : bool
        Go on in `out`.
    plugins : sequence of str
        Modules with plugins that are not installed as distributions.
    observer : callable, optional
        Gets every event as a dict of JSON values.

    Returns
    -------
    Run
        With `info["status"]` `finished`, or `interrupted` and resumable.

    Raises
    ------
    UsageError, DataError, RunError, NoTrialSucceeded
    """
    refuse_in_worker()
    observer = observer or (lambda event: None)
    installed = registry(tuple(plugins))
    plan = Plan(backend, scheduler, n_jobs, trial_timeout, memory_limit)
    dataset = open_dataset(EMBEDDED if data is None else data, plugins=plugins)
    metric = metric or ("macro_f1" if dataset.multilabel else "balanced_accuracy")
    check_metric(metric, dataset.classes)
    choice = choice or ModelChoice()
    choice.check(dataset.classes)
    bad = dataset.bad_frames()
    if len(bad) == len(dataset):
        raise DataError(f"none of {len(bad)} frames can be read", str(next(iter(bad.values()))))
    task = Task(
        dataset.spec,
        test_size,
        n_splits,
        random_state,
        tuple(sorted(bad)),
        tuple(plugins),
        choice.calibration_size if calibration_size is None else calibration_size,
        repeats,
        max_ms,
    )
    problem = open_problem(task.document())
    choice.check_frames(problem)
    chosen = load_space(space, installed, dataset.classes)
    rungs = rungs_of(chosen, installed, asha, eta)
    chosen = chosen if rungs is None else rungs.narrowed(chosen)
    strategy = Strategy(max_evals, metric, algorithm, gamma, patience, target, reproducible)
    if max_ms is not None and reproducible:
        raise UsageError(
            "max_ms asks for times, and no two runs measure the same ones",
            "leave out max_ms or reproducible",
        )
    sampler = Sampler(chosen, random_state, algorithm, gamma)
    start, left_out = first_configs(out, resume, warm_start, installed, dataset.classes)
    rows = baselines.trials(problem, metric, installed)
    versions = installed.versions(chosen.plugins().union(*map(warm.plugins_of, start)))
    identity = {
        "dataset_id": dataset.dataset_id,
        "space_id": chosen.space_id,
        "seed": random_state,
        "metric": metric,
        "test_size": test_size,
        "n_splits": n_splits,
        "calibration_size": task.calibration_size,
        "repeats": repeats,
        "max_ms": max_ms,
        "reproducible": reproducible,
        "rungs": rungs and [rungs.eta, rungs.n],
        "plugins": versions,
    }
    settings = Settings(
        metric=metric,
        timeout=timeout,
        trial_timeout=trial_timeout,
        n_threads=plan.n_threads,
    )
    cache = Cache(cache_root())
    cache.prune()
    greeting = Greeting(task.document(), dataset.dataset_id, versions, cache.root, cache.token())
    launch, jobs = plan.prepare(greeting)
    run = open_run(out, resume, identity, default_name(dataset, chosen))
    with run.lock(), Store(run.path / "trials.sqlite") as store:
        store.put_meta(identity)
        told = about(run, chosen, dataset, problem, bad, identity, jobs)
        run.save(**told | {"task": task.document(), "start": start, "strategy": asdict(strategy)})
        keep_frames(run, problem)
        observer(start_event(run, jobs, max_evals))
        for text in left_out:
            observer({"event": "warning", "text": text})
        asking = Asking(sampler, installed, strategy, start, rungs)
        loop = Loop(
            run, store, task, problem, chosen, cache, installed, asking, settings, observer
        )
        started = time.monotonic()
        status = loop.go(launch, rows)
        searched = time.monotonic()
        if status == "finished":
            threads = plan.jobs * plan.n_threads
            end(run, loop, Finish(task, problem, cache, installed, threads, choice))
        took = spent(run, loop, started, searched)
        run.save(status=status, stopped=loop.stopped, finished_utc=now(), **took)
        run.write_leaderboard()
    observer({"event": "finish", **{k: run.info.get(k) for k in ("status", "best", "test")}})
    return run
