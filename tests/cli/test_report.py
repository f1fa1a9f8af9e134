import json
import shutil

import pytest


def test_report_writes_the_page_again(featcls, searched):
    page = searched.path / "report.html"
    page.unlink()
    result = featcls("report", searched.path)
    assert result.stdout.strip() == str(page)
    assert "The best of 6 pipelines is" in page.read_text(encoding="utf-8")


def test_report_of_what_is_no_run_is_refused(featcls, tmp_path):
    result = featcls("report", tmp_path)
    assert result.exit_code == 1
    assert "is not a run directory" in result.stderr


def test_the_learning_curve_ends_at_the_value_of_the_search(featcls, searched):
    run = searched.path
    result = featcls("report", run, "--learning-curve", "--json")
    assert result.exit_code == 0, result.stderr
    curve = json.loads(result.stdout)["learning_curve"]
    info = json.loads((run / "run.json").read_text(encoding="utf-8"))
    assert curve == info["learning_curve"]
    assert curve[-1]["share"] == 1.0
    assert curve[-1]["value"] == info["best"]["value"]
    assert [point["n"] for point in curve] == sorted(point["n"] for point in curve)
    assert curve[0]["n"] < curve[-1]["n"]
    assert "Learning curve" in (run / "report.html").read_text(encoding="utf-8")
    assert len(info["test_looks"]) == 1


def test_a_learning_curve_without_its_data_is_refused(featcls, searched, tmp_path):
    run = searched.path
    info = json.loads((run / "run.json").read_text(encoding="utf-8"))
    info["task"]["dataset"]["source"] = str(tmp_path / "gone")
    (run / "run.json").write_text(json.dumps(info))
    result = featcls("report", run, "--learning-curve")
    assert result.exit_code == 1
    assert "cannot be opened" in result.stderr


def test_two_runs_are_compared_on_the_frames_they_share(featcls, searched, tmp_path):
    other = shutil.copytree(searched.path, tmp_path / "other")
    out = tmp_path / "compared.html"
    result = featcls("report", searched.path, other, "--out", out, "--json")
    assert result.exit_code == 0, result.stderr
    told = json.loads(result.stdout)
    assert all(told["same"].values())
    assert [pair["difference"] for pair in told["paired"]] == [0.0, 0.0]
    assert "cannot be told apart" in out.read_text(encoding="utf-8")
    shown = featcls("report", searched.path, other)
    assert "B less A is +0.0 points" in shown.stdout
    assert (searched.path / "compared.html").exists()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["a", "b", "c"], "one run or two, not 3"),
        (["a", "b", "--learning-curve"], "are for one run"),
        (["a", "--out", "x.html"], "is for a comparison"),
    ],
)
def test_what_cannot_be_meant_is_a_usage_error(featcls, words, told):
    result = featcls("report", *words)
    assert result.exit_code == 2
    assert told in result.stderr
