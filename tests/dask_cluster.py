"""A real dask scheduler and workers with nannies, as a user starts them."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

TESTS = str(Path(__file__).parent)  # where the plugins of tests are found


class Cluster:
    """Processes that belong to one test; all of them end with it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.processes: list[subprocess.Popen[bytes]] = []
        file = folder / "scheduler.json"
        self.scheduler = self._start("scheduler", "--port", "0", "--scheduler-file", str(file))
        while not file.exists() or not file.read_text():
            assert self.scheduler.poll() is None, self.log()
            time.sleep(0.02)
        self.address = json.loads(file.read_text())["address"]

    def add_worker(self, *options: str, **environment: str) -> "subprocess.Popen[bytes]":
        """Start a worker with one thread."""
        return self._start("worker", self.address, "--nthreads", "1", *options, **environment)

    def worker_pids(self) -> list[int]:
        """Return the processes that run tasks: children of the nannies."""
        found = []
        for nanny in self.processes[1:]:
            with suppress(psutil.Error):
                children = psutil.Process(nanny.pid).children()
                found += [c.pid for c in children if "spawn_main" in " ".join(c.cmdline())]
        return found

    def log(self) -> str:
        return "\n".join(path.read_text() for path in sorted(self.folder.glob("*.log")))

    def close(self) -> None:
        for process in reversed(self.processes):
            process.send_signal(signal.SIGTERM)
        for process in self.processes:
            try:
                process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _start(self, what, *options, **environment):
        paths = [TESTS, *filter(None, [os.environ.get("PYTHONPATH")])]
        with open(self.folder / f"{what}-{len(self.processes)}.log", "wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", f"distributed.cli.dask_{what}", *options]
                + ["--host", "127.0.0.1", "--no-dashboard"],
                cwd=self.folder,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(paths), **environment},
                stdout=log,
                stderr=log,
            )
        self.processes.append(process)
        return process


@contextmanager
def cluster(folder, n_workers=2):
    folder.mkdir(exist_ok=True)
    made = Cluster(folder)
    try:
        for _ in range(n_workers):
            made.add_worker()
        yield made
    finally:
        made.close()
