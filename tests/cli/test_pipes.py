"""Standard output that takes no more: real processes whose reader goes away, and a full disk."""

import json
import os
import shlex
import subprocess

import numpy as np
import pytest

from featcls.search import Run

CLOSED = 141


@pytest.fixture
def piped(command_line, monkeypatch):
    """Run a command into a pipe behind which bash runs `reader`; stdout buffered as for users."""
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)

    def run(reader, *words):
        line = f"set -o pipefail; {shlex.join(command_line(*words))} | {reader}"
        return subprocess.run(["bash", "-c", line], capture_output=True, text=True, timeout=120)

    return run


def test_predict_ends_with_its_reader(piped, searched, tmp_path):
    """Its rows are more than a pipe holds: it cannot have come to their end."""
    np.save(tmp_path / "stack.npy", np.zeros((2000, 20, 24), np.uint8))
    done = piped("head -1", "predict", searched.model, tmp_path / "stack.npy")
    assert (done.returncode, done.stderr) == (CLOSED, "")
    assert done.stdout.startswith("frame_id,label,")
    assert len(done.stdout.splitlines()) == 1


def test_rows_that_wait_for_a_reader_that_left_are_no_traceback(piped, searched, images):
    """These few lie in the buffer until the end, when the interpreter itself would flush them."""
    done = piped("sleep 0", "predict", searched.model, images / "dark")
    assert (done.returncode, done.stderr) == (CLOSED, "")


def test_a_search_whose_reader_went_is_interrupted_and_goes_on(
    piped, featcls, images, space, tmp_path
):
    words = ("search", images, "--space", space, "--backend", "serial", "--folds", 2)
    words += ("--max-evals", 2, "--out", tmp_path / "run")
    done = piped("head -1", *words, "--json", "-q")
    assert (done.returncode, done.stderr) == (CLOSED, "")
    assert json.loads(done.stdout)["event"] == "start"
    assert Run.open(tmp_path / "run").info["status"] == "interrupted"
    assert featcls(*words, "--resume").exit_code == 0


@pytest.mark.parametrize("words", ["--help", "plugins", "screen"])
def test_a_command_ends_quietly_when_nobody_reads(
    words, searched, images, command_line, monkeypatch
):
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)
    if words == "screen":  # which without --idle ends by itself never
        words = f"screen {searched.model} {images} --hit-class dark"
    ours, theirs = os.pipe()
    os.close(ours)
    line = command_line(*words.split())
    done = subprocess.run(line, stdout=theirs, stderr=subprocess.PIPE, text=True, timeout=120)
    os.close(theirs)
    assert (done.returncode, done.stderr) == (CLOSED, "")


def test_a_pipe_that_breaks_elsewhere_is_no_quiet_end(featcls, monkeypatch):
    def fail():
        raise BrokenPipeError(32, "Broken pipe")

    monkeypatch.setattr("featcls.cache.cache_root", fail)
    result = featcls("cache")
    assert result.exit_code == 1
    assert "unexpected BrokenPipeError" in result.stderr


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="the system has no /dev/full")
def test_a_full_disk_is_told_once(process):
    with open("/dev/full", "w") as full:
        done = process("plugins", "--json", capture_output=False, stdout=full, stderr=-1)
    assert done.returncode == 1
    assert done.stderr == (
        "error: cannot write the output: No space left on device\n"
        "  try: free the disk, or choose another place\n"
    )
