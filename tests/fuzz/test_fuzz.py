"""A small share of `make fuzz`, and that it would notice what it looks for."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from fuzz import read
from fuzz.corpus import SEEDS, make_corpus

TESTS = Path(__file__).parents[1]


def test_damaged_files_of_every_format_are_read_or_refused():
    files = 6 * len(SEEDS)
    command = [sys.executable, "-m", "fuzz", "--files", str(files), "--jobs", "1"]
    env = {**os.environ, "PYTHONPATH": str(TESTS)}
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=250)
    assert done.returncode == 0, done.stdout + done.stderr
    table = {line[:14].strip(): line[14:].split() for line in done.stdout.splitlines()}
    assert set(SEEDS) < set(table)
    n, n_read, n_refused, *wrong = map(int, table["all"][:8])
    assert n == files == n_read + n_refused
    assert n_read
    assert n_refused > n_read
    assert wrong == [0] * 5


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    return make_corpus(tmp_path_factory.mktemp("corpus"))


def test_a_file_that_was_cut_and_reads_as_another_is_noticed(corpus, monkeypatch):
    monkeypatch.setattr(read.Reading, "whole", {"npy": ["another"]}, raising=False)
    assert read.outcome("npy", corpus["npy"], 70) == ("undetected", "cut to 70 bytes")
    assert read.outcome("npy", corpus["npy"], None) == ("read", "")
    read.Reading.whole["npy"] = read.contents("npy", corpus["npy"])
    assert read.outcome("npy", corpus["npy"], 70) == ("read", "")


def test_errors_that_are_not_ours_and_too_much_memory_are_noticed(corpus, monkeypatch):
    def fail(_):
        raise error

    monkeypatch.setitem(read.PARSERS, "poni", fail)
    error = KeyError("x")
    assert read.outcome("poni", corpus["poni"], None) == ("foreign", "KeyError: 'x'")
    error = read.DataError("wrapped")
    error.__cause__ = MemoryError()
    assert read.outcome("poni", corpus["poni"], None)[0] == "memory"


def test_a_case_is_the_same_again(corpus, tmp_path):
    for name in ("eiger", "png", "csv"):
        made = []
        for k in (1, 2):
            folder = tmp_path / f"{name} {k}"
            folder.mkdir()
            read.damaged(name, corpus[name], 7, folder)
            made.append([one.read_bytes() for one in sorted(folder.iterdir())])
        assert made[0] == made[1]
        whole = [one.read_bytes() for one in sorted(corpus[name].parent.iterdir())]
        assert sum(a != b for a, b in zip(made[0], whole, strict=True)) == 1


@pytest.mark.parametrize(
    ("name", "left", "excused"),
    [
        ("pgm ascii", -1, True),  # the line's end
        ("pgm ascii", -2, True),
        ("pgm ascii", -5, False),  # a whole number is missing
        ("jpeg", -2, True),
        ("jpeg", -3, False),
        ("npy", -1, False),
        ("edf", -1, False),
    ],
)
def test_few_cuts_are_excused(corpus, name, left, excused):
    whole = corpus[name].read_bytes()
    assert name != "pgm ascii" or re.search(rb" \d{3}\n\Z", whole)
    assert read.is_excused(name, whole, len(whole) + left) is excused
