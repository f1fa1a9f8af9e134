"""Ctrl-C on a real terminal: the signal goes to the driver and to all its workers."""

import json
import os
import pty
import re
import signal
import subprocess
import sys
import termios

import pytest

ENDLESS = ("--max-evals", "5000", "--jobs", "2", "--folds", "2")


class Terminal:
    """A search whose standard error is a terminal of 80 columns."""

    def __init__(self, images, space, folder):
        own, theirs = pty.openpty()
        termios.tcsetwinsize(theirs, (24, 80))
        words = ["search", images, "--space", space, *ENDLESS, "--out", "run"]
        self.driver = subprocess.Popen(
            [sys.executable, "-m", "featcls.cli", *map(str, words)],
            cwd=folder,
            env={**os.environ, "TERM": "xterm-256color", "COLUMNS": "80"},
            stdout=subprocess.PIPE,
            stderr=theirs,
            text=True,
            start_new_session=True,
        )
        os.close(theirs)
        self.screen, self.shown = own, ""

    def until(self, words):
        """Read on until the terminal has shown some words."""
        while words not in self.plain:
            self.shown += os.read(self.screen, 4096).decode(errors="replace")

    @property
    def plain(self):
        """All that was written, without colours and moves."""
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", self.shown)

    def interrupt(self):
        os.killpg(self.driver.pid, signal.SIGINT)

    def end(self):
        """Wait for the end, and return the exit code and what is in run.json."""
        try:
            while chunk := os.read(self.screen, 4096):
                self.shown += chunk.decode(errors="replace")
        except OSError:  # how Linux says that nobody holds the other end
            pass
        out, _ = self.driver.communicate(timeout=120)
        os.close(self.screen)
        return self.driver.returncode, out


@pytest.fixture
def terminal(images, space, tmp_path):
    made = Terminal(images, space, tmp_path)
    yield made
    if made.driver.poll() is None:
        os.killpg(made.driver.pid, signal.SIGKILL)


def info(folder):
    return json.loads((folder / "run" / "run.json").read_text(encoding="utf-8"))


def test_one_ctrl_c_ends_the_running_trials_and_keeps_them(terminal, tmp_path, process):
    terminal.until("trend")
    terminal.until("running")
    terminal.interrupt()
    code, out = terminal.end()
    assert code == 130
    assert "stopping when the running trials are done; Ctrl-C again stops now" in terminal.plain
    assert "Traceback" not in terminal.plain
    assert "go on with" in terminal.plain
    assert "pipelines in" in out
    assert info(tmp_path)["status"] == "interrupted"
    assert (tmp_path / "run" / "report.html").exists()
    from featcls.search import Run

    assert {trial.state for trial in Run.open(tmp_path / "run").trials} == {"ok"}


def test_a_second_ctrl_c_stops_at_once_and_the_run_goes_on_later(
    terminal, tmp_path, process, images, space
):
    terminal.until("running")
    terminal.interrupt()
    terminal.until("Ctrl-C again stops now")
    terminal.interrupt()
    code, _ = terminal.end()
    assert code == 130
    assert "Traceback" not in terminal.plain
    assert "go on with" in terminal.plain
    words = ("--space", space, *ENDLESS, "--max-evals", 3, "--out", "run", "--resume")
    done = process("search", images, *words, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert info(tmp_path)["status"] == "finished"
