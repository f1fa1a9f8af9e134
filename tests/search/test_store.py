import os
import sqlite3
import subprocess
import sys
from dataclasses import replace

import pytest

from featcls.errors import RunError
from featcls.search.store import SCHEMA_COLUMNS, Store, Trial, read_trials

DONE = Trial(
    3,
    config_id="ab",
    config={"classifier": {"name": "svm"}},
    indices={"classifier": 1, "classifier.svm.C": 0.5},
    state="ok",
    loss=0.25,
    metrics={"accuracy": 0.75, "folds": [0.7, 0.8]},
    seed=7,
    told=0,
    started_utc="2026-01-01T00:00:00+00:00",
    seconds=1.5,
    timings={"fit": 1.0},
)


def test_a_trial_comes_back_as_it_was_written(tmp_path):
    with Store(tmp_path / "t.sqlite") as store:
        store.put(DONE)
        store.put(Trial(-2, kind="baseline"))
        assert store.trials() == [Trial(-2, kind="baseline"), DONE]
    assert read_trials(tmp_path / "t.sqlite")[1] == DONE


def test_writing_a_trial_again_replaces_its_row(tmp_path):
    with Store(tmp_path / "t.sqlite") as store:
        store.put(replace(DONE, state="running", loss=None))
        store.put(DONE)
        assert store.trials() == [DONE]


def test_the_schema_is_the_published_one(tmp_path):
    with Store(tmp_path / "t.sqlite"):
        columns = sqlite3.connect(tmp_path / "t.sqlite").execute("PRAGMA table_info(trials)")
        names = [row[1] for row in columns]
    assert tuple(names) == SCHEMA_COLUMNS == (
        *("tid", "kind", "parent", "rung", "budget", "config_id", "config", "indices", "state"),
        *("reason", "loss", "metrics", "seed", "attempt", "told", "started_utc", "seconds"),
        "timings",
    )  # fmt: skip


def test_meta_values_are_kept(tmp_path):
    with Store(tmp_path / "t.sqlite") as store:
        store.put_meta({"seed": 1, "plugins": {"a": "b"}})
        store.put_meta({"seed": 2})
        assert store.meta() == {"seed": 2, "plugins": {"a": "b"}}


def test_a_row_survives_a_kill_right_after_it_was_written(tmp_path):
    code = (
        "import os, sys, signal\n"
        "from pathlib import Path\n"
        "from featcls.search.store import Store, Trial\n"
        "store = Store(Path(sys.argv[1]))\n"
        "for tid in range(5): store.put(Trial(tid, state='ok'))\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    path = tmp_path / "t.sqlite"
    subprocess.run([sys.executable, "-c", code, str(path)], check=False)
    assert [trial.tid for trial in read_trials(path)] == [0, 1, 2, 3, 4]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_history_that_cannot_be_written_is_a_run_error(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(RunError, match="cannot open"):
        Store(tmp_path / "t.sqlite")


def test_a_file_that_is_no_history_is_a_run_error(tmp_path):
    (tmp_path / "t.sqlite").write_bytes(b"not a database" * 100)
    with pytest.raises(RunError, match="cannot open"):
        Store(tmp_path / "t.sqlite")
