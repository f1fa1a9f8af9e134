"""One search from data to report-ready run directory."""

import os
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from featcls.cache import Cache, cache_root
from featcls.config import config_id
from featcls.dataset import open_dataset
from featcls.errors import DataError, NoTrialSucceeded, RunError, UsageError, unknown
from featcls.evaluate import check_metric
from featcls.plugins import Registry, registry
from featcls.search import baselines
from featcls.search.about import about, default_name, start_event
from featcls.search.backends import Backend, Local, Serial, refuse_in_worker
from featcls.search.document import load_space
from featcls.search.finish import Finish
from featcls.search.judged import keep_frames
from featcls.search.loop import Loop, Observer, Settings
from featcls.search.problem import Problem, Task, open_problem
from featcls.search.run import Run, check_resumable
from featcls.search.store import Store, Trial, now

EMBEDDED = {
    "reader": "simulate",
    "options": {"n": 300, "seed": 0},
    "select": {"classes": ["blank", "no-crystal", "weak", "good", "strong"]},
}
CACHE_BYTES = 20 << 30  # the cache is pruned to this when a search starts
MEMORY_SHARE = 0.9


def search(
    data: str | os.PathLike[str] | Mapping[str, Any] | None = None,
    *,
    space: str = "default",
    out: str | os.PathLike[str] | None = None,
    max_evals: int = 50,
    timeout: float | None = None,
    trial_timeout: float | None = None,
    memory_limit: int | None = None,
    n_jobs: int | None = None,
    backend: str = "local",
    metric: str | None = None,
    random_state: int = 0,
    reproducible: bool = False,
    test_size: float = 0.2,
    n_splits: int = 5,
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
        Number of configs to try, those of a resumed run included.
    timeout, trial_timeout : float, optional
        Seconds for the whole search (running trials are finished), and for one trial.
    memory_limit : int, optional
        Bytes a worker may take; default an equal share of 90 % of the memory.
    n_jobs : int, optional
        Worker processes; default the number of cores.
    backend : {"local", "serial"}
        Worker processes that can be killed, or this process.
    metric : str, optional
        A name in `featcls.evaluate.METRICS`; default balanced accuracy, macro F1 where frames
        may have several labels.
    random_state : int
        Seed of everything random.
    reproducible : bool
        Same history at any number of jobs; each ask then knows fewer trials.
    test_size : float
        Share of frames set apart where the data has no test split; 0 for none.
    n_splits : int
        Folds where the data has no validation split.
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
    jobs = _jobs(backend, n_jobs, trial_timeout)
    dataset = open_dataset(EMBEDDED if data is None else data, plugins=plugins)
    metric = metric or ("macro_f1" if dataset.multilabel else "balanced_accuracy")
    _check_options(metric, dataset.classes, max_evals, test_size, n_splits)
    bad = dataset.bad_frames()
    if len(bad) == len(dataset):
        raise DataError(f"none of {len(bad)} frames can be read", str(next(iter(bad.values()))))
    task = Task(
        dataset.spec, test_size, n_splits, random_state, tuple(sorted(bad)), tuple(plugins)
    )
    problem = open_problem(task.document())
    chosen = load_space(space, installed, dataset.classes)
    rows = _baselines(problem, metric, installed)
    identity = {
        "dataset_id": dataset.dataset_id,
        "space_id": chosen.space_id,
        "seed": random_state,
        "metric": metric,
        "test_size": test_size,
        "n_splits": n_splits,
        "reproducible": reproducible,
        "plugins": installed.versions(chosen.plugins()),
    }
    settings = Settings(
        max_evals=max_evals,
        metric=metric,
        timeout=timeout,
        trial_timeout=trial_timeout,
        n_threads=max(1, (os.cpu_count() or 1) // jobs),
        reproducible=reproducible,
    )
    run = _open_run(out, resume, identity, default_name(dataset, chosen))
    cache = Cache(cache_root())
    cache.prune(CACHE_BYTES)
    with run.lock(), Store(run.path / "trials.sqlite") as store:
        store.put_meta(identity)
        told = about(run, chosen, dataset, problem, bad, identity, jobs)
        run.save(**told | {"task": task.document()})
        keep_frames(run, problem)
        observer(start_event(run, jobs, max_evals))
        started = time.monotonic()
        before = float(run.info.get("seconds") or 0.0)
        loop = Loop(run, store, task, problem, chosen, cache, installed, settings, observer)
        status = loop.go(_executor(backend, jobs, settings, memory_limit), rows)
        ended = time.monotonic()
        if status == "finished":
            _finish(run, loop, Finish(task, problem, cache, installed, jobs * settings.n_threads))
        times = run.info["times"]
        times["extract"] = round(times["extract"] + loop.extract_seconds, 3)
        times["finish"] = round(times["finish"] + time.monotonic() - ended, 3)
        seconds = round(before + time.monotonic() - started, 3)
        run.save(status=status, finished_utc=now(), seconds=seconds, times=times)
        run.write_leaderboard()
    observer({"event": "finish", **{k: run.info.get(k) for k in ("status", "best", "test")}})
    return run


def _jobs(backend: str, n_jobs: int | None, trial_timeout: float | None) -> int:
    if backend not in ("local", "serial"):
        raise UsageError(unknown("backend", backend, ("local", "serial")))
    if backend == "serial" and (n_jobs or 1) != 1:
        raise UsageError(f"backend serial runs 1 job, not {n_jobs}", "choose backend local")
    if backend == "serial" and trial_timeout is not None:
        raise UsageError("backend serial cannot stop a trial", "choose backend local")
    if n_jobs is not None and n_jobs < 1:
        raise UsageError(f"n_jobs is {n_jobs}; wanted 1 or more")
    return 1 if backend == "serial" else n_jobs or os.cpu_count() or 1


def _check_options(
    metric: str, classes: Sequence[str], max_evals: int, test_size: float, n_splits: int
) -> None:
    check_metric(metric, classes)
    if max_evals < 1:
        raise UsageError(f"max_evals is {max_evals}; wanted 1 or more")
    if not 0 <= test_size < 1:
        raise UsageError(f"test_size is {test_size}; wanted 0 (no test split) to below 1")
    if n_splits < 2:
        raise UsageError(f"n_splits is {n_splits}; wanted 2 or more")


def _baselines(problem: Problem, metric: str, installed: Registry) -> list[Trial]:
    """Return the baseline rows: the first is finished, the second a config to run."""
    rows = baselines.constant_trials(problem, metric)
    config = baselines.intensity_config(installed)
    if config is not None:
        tid = baselines.INTENSITY
        rows.append(Trial(tid, kind="baseline", config=config, config_id=config_id(config)))
    return rows


def _open_run(
    out: str | os.PathLike[str] | None, resume: bool, identity: Mapping[str, Any], name: str
) -> Run:
    if out is None:
        if resume:
            raise UsageError("resume needs to know which run", "name its folder with --out")
        return Run.create(Path("runs") / name)
    path = Path(out)
    if not (path / "run.json").exists():
        if path.is_dir() and any(path.iterdir()):
            raise RunError(f"{path} is not empty and not a run", "choose another --out")
        return Run.create(path)
    run = Run.open(path)
    if not resume:
        raise RunError(
            f"{path} holds a run already", "go on with --resume, or choose another --out"
        )
    check_resumable(run.info["identity"], identity, path)
    return run


def _executor(
    backend: str, jobs: int, settings: Settings, memory_limit: int | None
) -> Callable[[], Backend]:
    if backend == "serial":
        return lambda: Serial(settings.n_threads)
    share = memory_limit
    if share is None and hasattr(os, "sysconf"):
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        share = int(MEMORY_SHARE * total / jobs)
    return lambda: Local(jobs, settings.n_threads, share)


def _finish(run: Run, loop: Loop, finish: Finish) -> None:
    best = loop.best()
    if best is None:
        reasons = Counter(t.reason for t in loop.trials.values() if t.kind == "trial")
        reason, n = reasons.most_common(1)[0] if reasons else ("no trial was started", 0)
        run.save(status="failed", finished_utc=now())
        raise NoTrialSucceeded(
            f"none of {sum(reasons.values())} trials succeeded; {n} of them: {reason}",
            f"see {run.path}/trials.sqlite, or try another --space",
        )
    rows = [t for t in loop.trials.values() if t.kind == "baseline" and t.state == "ok"]
    done = (run.info.get("best") or {}).get("tid") == best.tid
    if not (done and (run.path / "model.featcls").exists()):
        finish.best(run, best, sorted(rows, key=lambda t: t.tid))
