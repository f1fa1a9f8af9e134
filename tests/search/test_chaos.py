"""Drivers and workers killed at random: what was finished stays, and the search comes to its end.

`FEATCLS_CHAOS=20` kills that often; the default is what a test suite has time for.
"""

import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress

import psutil
import pytest

from dask_cluster import cluster
from featcls.errors import RunError
from featcls.search import Run, search

KILLS = int(os.environ.get("FEATCLS_CHAOS", "0"))


class Chaos:
    """One search by the command line, over as many drivers as it takes."""

    def __init__(self, out, command, workers, seed=0):
        self.out, self.command, self.workers = out, command, workers
        self.rng = random.Random(seed)
        self.finished = {}
        self.drivers = self.redone = 0

    def run(self, kills, log):
        """Do what `kills` says, each after some trials; then let the search finish."""
        driver = self.start(log)
        for victim in kills:
            self.wait_for_trials(driver, self.rng.randint(1, 2))
            time.sleep(self.rng.uniform(0.0, 0.1))
            if victim == "driver":
                driver.kill()
                driver.wait()
                self.look()
                driver = self.start(log)
            else:
                self.kill_a_worker(driver)
        assert driver.wait(timeout=120) == 0, log.read_text()
        self.look()
        return Run.open(self.out)

    def start(self, log):
        self.drivers += 1
        with open(log, "ab") as file:
            return subprocess.Popen([*self.command, "--resume"], stdout=file, stderr=file)

    def wait_for_trials(self, driver, n):
        before = len(self.finished)
        while len(self.finished) < before + n and driver.poll() is None:
            self.look()
            time.sleep(0.02)

    def kill_a_worker(self, driver):
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and driver.poll() is None:
            if pids := self.workers(driver):
                with suppress(ProcessLookupError):
                    os.kill(self.rng.choice(pids), signal.SIGKILL)
                    return
            time.sleep(0.02)

    def look(self):
        """Compare the history with what was seen: a finished row never changes."""
        with suppress(RunError):  # before the first driver has made the run
            now = {t.tid: t for t in Run.open(self.out).trials if t.state != "running"}
            assert {tid: now[tid] for tid in self.finished} == self.finished
            self.finished = now


def local_workers(driver):
    """Return the worker processes of a driver: children of its fork server."""
    with suppress(psutil.Error):
        everyone = psutil.Process(driver.pid).children(recursive=True)
        return [process.pid for process in everyone if process.ppid() != driver.pid]
    return []


def command(arrays, small_space, out, *options):
    start = [sys.executable, "-m", "featcls.cli", "search", str(arrays), "--space", small_space]
    return [*start, "--out", str(out), "--reproducible", "--max-evals", *options]


def check(run, n, arrays, small_space, tmp_path, history):
    """All trials are there; those that failed were killed twice; else nothing is different."""
    assert run.info["status"] == "finished"
    trials = [t for t in run.trials if t.tid >= 0]
    assert [t.tid for t in trials] == list(range(n))
    failed = [t.reason for t in run.trials if t.state != "ok"]
    assert [reason for reason in failed if "its worker died 2 times" not in reason] == []
    if not failed:
        options = {"space": small_space, "max_evals": n, "reproducible": True}
        whole = search(arrays, out=tmp_path / "whole", backend="serial", **options)
        assert history(run) == history(whole)


def shuffled(n_drivers, n_workers):
    kills = ["driver"] * n_drivers + ["worker"] * n_workers
    random.Random(1).shuffle(kills)
    return kills


def test_drivers_and_local_workers_may_be_killed_at_any_time(
    arrays, small_space, tmp_path, history
):
    kills = shuffled(KILLS or 2, KILLS or 20)
    n = 2 * len(kills) + 4
    chaos = Chaos(
        tmp_path / "run",
        command(arrays, small_space, tmp_path / "run", str(n), "--jobs", "2"),
        local_workers,
    )
    run = chaos.run(kills, tmp_path / "log")
    assert chaos.drivers == 1 + kills.count("driver")
    check(run, n, arrays, small_space, tmp_path, history)


def test_drivers_and_workers_of_a_cluster_may_be_killed_at_any_time(
    arrays, small_space, tmp_path, history
):
    pytest.importorskip("distributed")
    kills = shuffled(KILLS or 1, KILLS or 3)
    n = 2 * len(kills) + 4
    with cluster(tmp_path / "c") as made:
        options = (str(n), "--backend", "dask", "--scheduler", made.address)
        start = command(arrays, small_space, tmp_path / "run", *options)
        chaos = Chaos(tmp_path / "run", start, lambda driver: made.worker_pids())
        run = chaos.run(kills, tmp_path / "log")
    check(run, n, arrays, small_space, tmp_path, history)
