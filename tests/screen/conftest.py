import json
import signal
import subprocess
import sys
import time

import pytest

from featcls.model import Model
from live_frames import HITS
from small_models import make_config, make_fitted, make_frames


@pytest.fixture(autouse=True)
def own_environment(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FEATCLS_NO_PLUGINS", "all")


@pytest.fixture(scope="session")
def model_path(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "model.featcls"
    Model(make_fitted(make_config("logreg")), {"origin": "made"}).save(path)
    return path


@pytest.fixture(scope="session")
def model(model_path):
    return Model.load(model_path)


@pytest.fixture(scope="session")
def images():
    """Frames of blank, weak and good in turn, as the model was fitted to."""
    return [frame.image for frame in make_frames(12, seed=1)]


class Screen:
    """`featcls screen` as a process of its own."""

    def __init__(self, model, source, out, *words, stdin=None, hits=HITS, limit=None):
        self.out = out
        named = [word for name in hits for word in ("--hit-class", name)]
        command = [sys.executable, "-m", "featcls.cli", "screen", str(model), str(source)]
        command += ["--out", str(out), "--json", "--settle", "0.3", *named, *words]
        if limit:
            command = ["bash", "-c", f'ulimit -f {limit}; exec "$@"', "-", *command]
        self.process = subprocess.Popen(
            command, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def rows(self):
        if not self.out.exists():
            return []
        return [json.loads(line) for line in self.out.read_text().splitlines()]

    def wait_for(self, n, seconds=120):
        """Wait until so many rows are there."""
        until = time.monotonic() + seconds
        while len(self.rows()) < n:
            assert time.monotonic() < until, (len(self.rows()), self.process.poll())
            assert self.process.poll() is None, self.process.communicate()
            time.sleep(0.05)
        return self.rows()

    def end(self, send=signal.SIGINT):
        """Stop it; return exit code, totals and what it said."""
        if send is not None:
            self.process.send_signal(send)
        out, said = self.process.communicate(timeout=120)
        totals = json.loads(out.splitlines()[-1]) if out.strip() else None
        return self.process.returncode, totals, said


@pytest.fixture
def screen(model_path, tmp_path):
    started = []

    def start(source, *words, model=model_path, **more):
        out = tmp_path / f"rows{len(started)}.jsonl"
        started.append(Screen(model, source, out, *words, **more))
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            one.process.kill()
            one.process.communicate()
