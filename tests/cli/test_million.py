"""A short run of the study of a million frames: each is a row, in its place."""

import importlib.util
from pathlib import Path

import pytest

STUDIES = Path(__file__).parents[2] / "benchmarks" / "studies"


@pytest.fixture
def study(monkeypatch):
    monkeypatch.syspath_prepend(STUDIES)
    spec = importlib.util.spec_from_file_location("million", STUDIES / "million.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_frames_that_are_shown_again_are_rows_each_in_its_place(study, tmp_path):
    found = study.predicted(tmp_path, study.fitted(tmp_path), 1500, 500)
    assert found["exit_code"] == 0
    assert (found["rows"], found["misplaced"]) == (1500, 0)
    assert found["status"] == {"ok": 1500}
