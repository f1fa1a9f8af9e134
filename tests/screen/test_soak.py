"""A short run of the study of long screenings: writers come and go, each file has one row."""

import importlib.util
from pathlib import Path

PATH = Path(__file__).parents[2] / "benchmarks" / "studies" / "soak.py"


def test_each_frame_of_writers_that_are_killed_is_one_row(model_path, tmp_path):
    spec = importlib.util.spec_from_file_location("soak", PATH)
    study = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(study)
    found = study.soak(tmp_path, model_path, 5.0, rate=50, kill_every=1.2, hit_class="good")
    assert found["files"] == found["rows"] > 20
    mistakes = ("without_a_row", "more_than_once", "strangers", "wrong_status")
    assert {name: found[name] for name in mistakes} == dict.fromkeys(mistakes, 0)
    assert found["kills"] == 5
    assert found["totals"]["dropped"] == 0
    assert found["totals"]["ok"] == found["files"] - found["torn"]
    assert found["exit_code"] == (3 if found["torn"] else 0)
    assert found["memory"]["last_quarter_mib"] > 0
