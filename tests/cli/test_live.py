import io
import logging

import pytest
from rich.console import Console

from featcls.cli import live
from featcls.cli.moving import Screen

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


def begin(tid):
    return {
        "event": "begin",
        "kind": "trial",
        "tid": tid,
        "extractors": ["lbp", "lbp", "glcm"],
        "classifier": "svm",
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


def shown(screen, width=80, encoding="utf-8"):
    """Return the lines of a screen as a terminal of that width shows them."""
    console = Console(file=io.StringIO(), force_terminal=True, width=width, color_system=None)
    options = console.options.copy()
    options.encoding = encoding
    rows = console.render_lines(screen, options)
    return ["".join(segment.text for segment in row).rstrip() for row in rows]


def test_steps_that_the_screen_shows_go_to_the_log_alone(told):
    show = live.Lines(quiet_steps=True)
    for tid in range(5):
        show(trial(tid, 0.8, (0, 0.8), n_failed=int(tid > 2)))
    assert not any("trials done" in words for words in told())
    assert "2 of 20 trials done" in told("featcls.steps")


def test_the_screen_shows_the_best_the_trend_what_runs_and_what_failed():
    screen = Screen()
    screen(START)
    for tid, value in enumerate((0.5, 0.9, 0.6)):
        screen(begin(tid))
        screen(trial(tid, value, (1, 0.9) if tid else (0, 0.5)))
    screen(begin(-1))
    screen(begin(3))
    screen(trial(4, None, (1, 0.9), state="failed", n_failed=1))
    lines = shown(screen)
    assert "5/20" in lines[0]
    assert "left" in lines[0]
    assert lines[1] == "      best  90.0 % accuracy, trial 1: lbp + glcm, svm"
    assert lines[2] == "     trend  \u2581\u2588\u2583"
    assert lines[3] == "    failed  1"
    assert lines[4].startswith("   running  ")
    assert lines[4].endswith("  baseline: lbp + glcm, svm")
    assert lines[5].endswith("trial 3: lbp + glcm, svm")
    assert shown(screen, encoding="ascii")[2] == "     trend  _#-"


def test_features_on_their_way_are_shown_until_they_are_there():
    screen = Screen()
    screen({"event": "extract", "done": 10, "total": 49, "what": "sift_bovw", "seconds": 1.0})
    assert shown(screen)[-1] == "  features  sift_bovw, block 10 of 49"
    screen({"event": "extract", "done": 49, "total": 49, "what": "sift_bovw", "seconds": 1.0})
    assert len(shown(screen)) == 1


def test_many_running_trials_and_long_names_fit_80_columns():
    screen = Screen()
    screen({**START, "max_evals": 1000})
    for tid in range(9):
        screen({**begin(tid), "extractors": ["a_very_long_extractor_name"] * 2 + ["b" * 70]})
    lines = shown(screen)
    assert max(map(len, lines)) <= 80
    assert lines[-1].strip() == "and 3 more"
    assert len(lines) == 1 + 6 + 1
