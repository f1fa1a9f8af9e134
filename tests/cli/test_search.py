import json
import os
import re
import signal
import subprocess
import sys

import pytest


def test_the_result_says_what_won_and_how_well_on_80_columns(finished):
    lines = finished.result.stdout.splitlines()
    assert lines[0].startswith("6 pipelines in ")
    names = [line.split()[0] for line in lines[1:] if line and not line.startswith(" ")]
    for name in ("features", "classifier", "validation", "test", "baseline", "model", "report"):
        assert name in names
    told = " ".join(lines)
    assert re.search(r"validation +\d+\.\d % balanced accuracy, 3 folds from", told)
    assert re.search(r"test +\d+\.\d %, \d+ test frames never used to choose", told)
    assert "majority class" in told
    body = [line for line in lines if str(finished.path) not in line and "IMAGES" not in line]
    assert max(map(len, body)) <= 80
    assert f"Next: featcls predict {finished.path}/model.featcls IMAGES" in told


def test_progress_goes_to_standard_error_and_to_the_log(finished):
    assert "36 frames in 3 classes, 1 worker" in finished.result.stderr
    assert "best so far: intensity, knn" in finished.result.stderr
    log = (finished.path / "log.txt").read_text(encoding="utf-8")
    assert "best so far: intensity, knn" in log
    assert (finished.path / "report.html").exists()


def test_json_gives_an_event_a_line_and_the_result_last(featcls, images, space, tmp_path):
    words = ("--space", space, "--max-evals", 2, "--backend", "serial", "--folds", 2)
    result = featcls("search", images, *words, "--out", tmp_path / "run", "--json")
    documents = [json.loads(line) for line in result.stdout.splitlines()]
    assert all(document["schema_version"] == 1 for document in documents)
    events = [document["event"] for document in documents]
    assert events[0] == "start"
    assert events.count("trial") >= 2
    assert events.index("begin") < events.index("trial")
    assert events[-1] == "result"
    assert documents[-1]["status"] == "finished"
    assert documents[-1]["best"]["value"] <= 1.0


def test_quiet_says_nothing_but_the_result(featcls, images, space, tmp_path):
    words = ("--space", space, "--max-evals", 1, "--backend", "serial", "--folds", 2)
    result = featcls("search", images, *words, "--out", tmp_path / "run", "--test-size", 0, "-q")
    assert result.exit_code == 0
    assert result.stderr == ""
    assert "none: the validation figure is likely a little too good" in result.stdout


def test_a_run_that_is_there_already_is_refused_and_named_with_resume(featcls, images, searched):
    result = featcls("search", images, *searched.words, "--out", searched.path)
    assert result.exit_code == 1
    assert "--resume" in result.stderr


def test_resume_with_another_space_is_refused(featcls, images, searched):
    words = ("--space", "quick", "--backend", "serial", "--folds", 3)
    result = featcls("search", images, *words, "--out", searched.path, "--resume")
    assert result.exit_code == 1
    assert "was made with another space" in result.stderr


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["no/such/folder"], 1, "no/such/folder"),
        (["--resume"], 2, "--out"),
        (["--max-evals", "0"], 2, "--max-evals"),
        (["--metric", "acuracy"], 2, "did you mean 'accuracy'?"),
        (["--space", "defalt"], 2, "did you mean 'default"),
        (["--plugin", "no_such_module"], 5, "no_such_module"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_code(featcls, images, words, code, told):
    data = [] if words == ["no/such/folder"] else [images]
    result = featcls("search", *data, *words, "--backend", "serial")
    assert result.exit_code == code
    assert told in result.stderr
    assert "Traceback" not in result.stderr


def test_a_run_directory_below_a_file_is_refused(featcls, images, space, tmp_path):
    (tmp_path / "file").write_text("")
    out = tmp_path / "file" / "run"
    result = featcls("search", images, "--space", space, "--out", out, "--backend", "serial")
    assert result.exit_code == 1
    assert "choose another with --out" in result.stderr


def test_frames_that_cannot_be_read_are_named_and_the_code_is_3(featcls, images, space, tmp_path):
    import shutil

    data = shutil.copytree(images, tmp_path / "images")
    (data / "dark" / "00.png").write_bytes((data / "dark" / "00.png").read_bytes()[:60])
    words = ("--space", space, "--max-evals", 1, "--backend", "serial", "--folds", 2)
    result = featcls("search", data, *words, "--out", tmp_path / "run")
    assert result.exit_code == 3
    assert "1 frame could not be read: dark/00.png" in result.stderr
    assert "dark/00.png" in (tmp_path / "run" / "report.html").read_text(encoding="utf-8")


FAILS = """
from featcls.classifiers.base import Trained  # noqa: F401
from featcls.hookspecs import hookimpl

featcls_api = 1


class Fails:
    def fit(self, X, y):
        raise RuntimeError("out of paper")


@hookimpl
def register_classifiers(register):
    register("fails", Fails)
"""


def test_when_no_trial_succeeds_the_code_is_4_and_the_report_has_the_reason(
    featcls, images, tmp_path, monkeypatch
):
    (tmp_path / "fails_plugin.py").write_text(FAILS)
    (tmp_path / "fails.toml").write_text(
        '[[extractor]]\nname = "intensity"\n[[classifier]]\nname = "fails"\n'
    )
    monkeypatch.syspath_prepend(tmp_path)
    words = ("--space", tmp_path / "fails.toml", "--plugin", "fails_plugin")
    more = ("--max-evals", 2, "--backend", "serial", "--folds", 2, "--out", tmp_path / "run")
    result = featcls("search", images, *words, *more)
    assert result.exit_code == 4
    assert "out of paper" in result.stderr
    assert "out of paper" in (tmp_path / "run" / "report.html").read_text(encoding="utf-8")


def test_ctrl_c_stops_cleanly_and_the_printed_command_goes_on(images, space, tmp_path):
    words = ("--space", space, "--backend", "serial", "--folds", "2", "--max-evals", "5000")
    line = [sys.executable, "-m", "featcls.cli", "search", images, *words, "--out", "my run"]
    driver = subprocess.Popen(
        line, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    told = ""
    while "best so far" not in told:
        told += driver.stderr.readline()
    driver.send_signal(signal.SIGINT)
    _, err = driver.communicate(timeout=120)
    assert driver.returncode == 130
    assert "Traceback" not in told + err
    resume = re.search(r"go on with\n  (featcls .*--resume.*)", err).group(1)
    info = json.loads((tmp_path / "my run" / "run.json").read_text(encoding="utf-8"))
    assert info["status"] == "interrupted"
    n = len(os.listdir(tmp_path / "my run" / "scores"))
    again = resume.replace("featcls", f"{sys.executable} -m featcls.cli", 1)
    again = again.replace("--max-evals 5000", "--max-evals 1")
    done = subprocess.run(again, shell=True, cwd=tmp_path, capture_output=True, text=True)  # noqa: S602
    assert done.returncode == 0, done.stderr
    assert len(os.listdir(tmp_path / "my run" / "scores")) >= n
    assert (tmp_path / "my run" / "model.featcls").exists()


def test_ctrl_c_while_the_report_is_written_tells_how_to_go_on(
    featcls, images, space, tmp_path, monkeypatch
):
    def stopped(run):
        raise KeyboardInterrupt

    words = ("--space", space, "--max-evals", 1, "--backend", "serial", "--folds", 2)
    with monkeypatch.context() as patch:
        patch.setattr("featcls.report.write", stopped)
        result = featcls("search", images, *words, "--out", tmp_path / "run")
    assert result.exit_code == 130
    assert "go on with" in result.stderr
    result = featcls("search", images, *words, "--out", tmp_path / "run", "--resume")
    assert result.exit_code == 0, result.stderr
    assert (tmp_path / "run" / "report.html").exists()
