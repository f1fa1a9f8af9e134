import io
import logging

import pytest
from rich.console import Console
from rich.progress import Progress

from featcls.cli import live, output

START = {
    "event": "start",
    "run": "runs/x",
    "n_frames": 300,
    "classes": ["a", "b"],
    "n_jobs": 2,
    "max_evals": 20,
    "bad_frames": [{"frame_id": "7.png", "reason": "file ends early"}],
    "left_out": [{"plugin": "xgboost", "reason": "pip install xgboost-cpu"}],
}


def trial(tid, value, best, state="ok", n_failed=0):
    return {
        "event": "trial",
        "kind": "trial",
        "tid": tid,
        "state": state,
        "reason": "it broke",
        "metric": "accuracy",
        "value": value,
        "extractors": ["lbp", "lbp", "glcm"],
        "classifier": "svm",
        "best": best and {"tid": best[0], "value": best[1]},
        "n_done": tid + 1 - n_failed,
        "n_failed": n_failed,
        "max_evals": 20,
    }


@pytest.fixture
def told(caplog):
    """Return what was said so far."""
    caplog.set_level(logging.INFO, logger="featcls")
    return lambda name="featcls.progress": [
        record.getMessage() for record in caplog.records if record.name == name
    ]


def test_the_start_names_what_is_left_out_and_why(told):
    live.Lines()(START)
    assert told() == [
        "300 frames in 2 classes, 2 workers, run runs/x\n"
        "1 frame left out: file ends early\n"
        "left out: xgboost: pip install xgboost-cpu"
    ]


def test_lines_are_new_bests_failures_and_tenths_only(told):
    show = live.Lines()
    show(trial(0, 0.5, (0, 0.5)))
    show(trial(1, 0.4, (0, 0.5)))
    show(trial(2, 0.3, (0, 0.5)))
    show(trial(3, None, (0, 0.5), state="failed", n_failed=1))
    show(trial(4, 0.9, (4, 0.9), n_failed=1))
    assert told() == [
        "trial   0   50.0 % accuracy, best so far: lbp + glcm, svm",
        "2 of 20 trials done",
        "trial 3 failed: it broke",
        "trial   4   90.0 % accuracy, best so far: lbp + glcm, svm",
    ]


def test_features_are_announced_once_a_set(told):
    show = live.Lines()
    for done in range(3):
        show({"event": "extract", "done": done, "total": 3, "what": "glcm"})
    assert told() == ["computing features: glcm"]


def test_the_live_line_counts_and_leaves_steps_to_the_log(told):
    progress = Progress(console=Console(file=io.StringIO(), force_terminal=True))
    show = live.Live(progress)
    show(START)
    for tid in range(5):
        show(trial(tid, 0.8, (0, 0.8), n_failed=int(tid > 2)))
    (task,) = progress.tasks
    assert (task.completed, task.total) == (5, 20)
    assert task.fields["note"] == "best 80.0 %, 1 failed"
    assert not any("trials done" in words for words in told())
    assert "2 of 20 trials done" in told("featcls.steps")


def test_the_live_line_fits_80_columns(monkeypatch):
    console = Console(file=io.StringIO(), force_terminal=True, width=80, color_system=None)
    monkeypatch.setattr(output, "stderr", lambda: console)
    with live.progress_bar() as progress:
        show = live.Live(progress)
        show({**START, "max_evals": 1000})
        show({"event": "extract", "done": 10, "total": 49, "what": "sift_bovw"})
        progress.refresh()
        row = console.render_lines(progress.get_renderable())
    assert len(row) == 1
    assert "10 of 49" in "".join(segment.text for segment in row[0])
