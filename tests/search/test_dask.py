"""Searches on a real scheduler with workers and nannies, and what is refused there."""

import json
import logging
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("distributed")

from dask_cluster import cluster
from featcls.cache import Cache
from featcls.dataset import open_dataset
from featcls.errors import PluginError, RunError, UsageError
from featcls.plugins import registry
from featcls.search import search
from featcls.search.backends import dask, greeting
from featcls.search.problem import Task


@pytest.fixture(scope="module")
def workers(tmp_path_factory):
    """One worker; the first test adds another."""
    with cluster(tmp_path_factory.mktemp("cluster"), n_workers=1) as made:
        yield made


def test_a_cluster_that_grows_gives_the_history_of_one_process(
    workers, arrays, small_space, tmp_path, history, caplog
):
    caplog.set_level(logging.INFO, logger="featcls.search.backends.dask")
    other = preload(tmp_path, "featcls.__version__ = featcls._version.__version__ = '0.1'")
    wanted = ("has featcls 0.1, this is featcls", "worker 2: ")
    refused = []

    def join(event):
        if event["event"] == "trial" and event["tid"] == 0:
            refused.append(workers.add_worker("--preload", str(other)))
            workers.add_worker()
            deadline = time.monotonic() + 120
            while not all(text in caplog.text for text in wanted) and time.monotonic() < deadline:
                time.sleep(0.05)

    options = {"space": small_space, "max_evals": 14, "reproducible": True}
    there = {"backend": "dask", "scheduler": workers.address, "observer": join}
    run = search(arrays, out=tmp_path / "1", **there, **options)
    refused[0].terminate()
    refused[0].wait()
    assert run.info["status"] == "finished"
    assert all(text in caplog.text for text in wanted)
    here = search(arrays, out=tmp_path / "2", backend="serial", **options)
    assert history(run) == history(here)


def test_trials_that_hang_or_die_on_a_cluster_are_rows_and_the_rest_is_done(
    workers, arrays, tmp_path
):
    space = tmp_path / "faulty.toml"
    faults = ("none", "die", "hang")
    tables = [f'[[extractor]]\nlabel = "{f}"\nname = "faulty"\nfault = "{f}"\n' for f in faults]
    first = json.dumps([[fault, "knn"] for fault in faults])
    classifier = '[[classifier]]\nname = "knn"\nn_neighbors = [1, 3, 5]\nweights = "uniform"\n'
    space.write_text(f"first = {first}\n{''.join(tables)}{classifier}")
    run = search(
        arrays,
        space=str(space),
        out=tmp_path / "run",
        backend="dask",
        scheduler=workers.address,
        max_evals=4,
        trial_timeout=5.0,
        plugins=["faulty"],
    )
    assert run.info["status"] == "finished"
    trials = [t for t in run.trials if t.tid >= 0]
    reasons = {t.config["extractors"][0]["params"]["fault"]: t.reason for t in trials}
    assert [t.state == "ok" for t in trials[:3]] == [True, False, False]
    assert "its worker died 2 times" in reasons["die"]
    assert reasons["hang"] == "overran the trial timeout of 5.0 s"


def preload(folder: Path, code: str) -> Path:
    """Return a module for `dask worker --preload`: what is installed there differs."""
    path = folder / "other.py"
    path.write_text(f"import featcls, featcls._version\n{code}\n")
    return path


ABSENT = """
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "featcls":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Absent())
"""


@pytest.mark.parametrize(
    ("case", "error", "text"),
    [
        ("featcls is absent", RunError, "has no featcls, this is featcls"),
        ("the plugin is absent", PluginError, "has nothing .*No module named 'faulty'"),
        ("no nanny", RunError, "has no nanny, so a trial that overruns cannot be ended"),
    ],
)
def test_a_worker_that_does_not_fit_is_refused_before_anything_is_written(
    arrays, small_space, tmp_path, case, error, text
):
    options, environment, more = [], {}, {}
    if case == "featcls is absent":
        (tmp_path / "absent.py").write_text(ABSENT)
        options = ["--preload", str(tmp_path / "absent.py")]
    elif case == "the plugin is absent":
        environment = {"PYTHONPATH": ""}
        (tmp_path / "small.toml").write_text(
            '[[extractor]]\nname = "faulty"\n[[classifier]]\nname = "knn"\n'
        )
        more = {"plugins": ["faulty"]}
    else:
        more = {"trial_timeout": 5.0}
    with cluster(tmp_path / "c", n_workers=0) as made:
        made.add_worker("--no-nanny", *options, **environment)
        with pytest.raises(error, match=text):
            search(
                arrays,
                space=small_space,
                out=tmp_path / "run",
                backend="dask",
                scheduler=made.address,
                **more,
            )
    assert not (tmp_path / "run").exists()


def test_a_scheduler_without_workers_or_none_at_all_is_refused(
    arrays, small_space, tmp_path, monkeypatch
):
    monkeypatch.setattr(dask, "CONNECT_SECONDS", 1.0)
    options = {"space": small_space, "out": tmp_path / "run", "backend": "dask"}
    with (
        cluster(tmp_path / "c", n_workers=0) as made,
        pytest.raises(RunError, match="has no workers; start some: dask worker tcp://"),
    ):
        search(arrays, scheduler=made.address, **options)
    with pytest.raises(RunError, match=f"cannot reach a dask scheduler at {made.address}"):
        search(arrays, scheduler=made.address, **options)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"backend": "dask"}, "give it with --scheduler"),
        ({"backend": "local", "scheduler": "tcp://h:1"}, "backend local has no scheduler"),
        ({"backend": "dask", "scheduler": "tcp://h:1", "n_jobs": 2}, "takes no --jobs"),
        ({"backend": "dask", "scheduler": "tcp://h:1", "memory_limit": 1}, "no --memory-limit"),
    ],
)
def test_options_that_contradict_are_refused(arrays, options, text):
    with pytest.raises(UsageError, match=text):
        search(arrays, **options)


@pytest.fixture
def asked(arrays, tmp_path):
    """What the driver asks, about this machine."""
    dataset = open_dataset(arrays)
    cache = Cache(tmp_path / "cache")
    return greeting.Greeting(
        Task(dataset.spec, 0.2, 5, 0).document(),
        dataset.dataset_id,
        registry().versions([("extractor", "glcm")]),
        cache.root,
        cache.token(),
    )


def test_a_worker_with_the_same_versions_and_files_is_welcome(asked):
    assert asked.refusal("w", greeting.answer(asked.text())) is None


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"python": "3.9"}, r"worker w runs Python 3.9, this search 3"),
        (
            {"plugins": {"extractor.glcm": "featcls 0 v0"}},
            r"has featcls 0 v0 for extractor.glcm, this search featcls .* v\d",
        ),
        ({"cache": "elsewhere"}, "cannot read and write the feature cache .*FEATCLS_CACHE_DIR"),
        ({"dataset_id": "x", "data": "there it is x"}, "does not see the data .*there it is x"),
    ],
)
def test_what_differs_is_named(asked, changes, text):
    said = greeting.answer(asked.text())
    with pytest.raises((RunError, PluginError), match=text):
        raise asked.refusal("w", said | changes)


def test_a_worker_says_what_it_does_not_see(asked, arrays, tmp_path):
    arrays.unlink()
    (tmp_path / "cache" / "atoms" / "token.json").write_text('"of another folder"')
    from featcls.search.problem import _open

    _open.cache_clear()
    said = greeting.answer(asked.text())
    assert said["cache"] != asked.token
    assert said["dataset_id"] == ""
    assert "data.npz" in said["data"]


def test_the_slurm_script_of_the_guide_submits_workers_with_one_thread_and_a_nanny():
    page = Path(__file__).parents[2] / "docs" / "cluster.md"
    (script,) = re.findall(r"```python\n(.*?)```", page.read_text(), re.DOTALL)
    before, submits, _ = script.partition("cluster.scale(")
    assert submits
    done = subprocess.run(
        [sys.executable, "-c", before + "cluster.close()"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    for wanted in ("#SBATCH -t 04:00:00", "--nthreads 1", "--nworkers 16", "--nanny", "225m"):
        assert wanted in done.stdout


def test_a_scheduler_that_goes_away_interrupts_the_search_and_nothing_is_lost(
    workers, arrays, small_space, tmp_path
):
    events = []

    def end(event):
        events.append(event)
        if event["event"] == "trial" and event["tid"] == 3:
            workers.scheduler.kill()  # the last test of this cluster

    options = {"space": small_space, "out": tmp_path / "run", "max_evals": 10}
    run = search(arrays, backend="dask", scheduler=workers.address, observer=end, **options)
    assert run.info["status"] == "interrupted"
    assert any("lost the dask scheduler" in event.get("text", "") for event in events)
    before = {t.tid: t for t in run.trials if t.state == "ok"}
    assert 3 in before
    run = search(arrays, backend="serial", resume=True, **options)
    assert run.info["status"] == "finished"
    assert {t.tid: t for t in run.trials if t.tid in before} == before
