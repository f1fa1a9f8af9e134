import json

from featcls import report
from featcls.search import Run


def test_runs_are_listed_newest_first_with_their_figures(featcls, searched):
    result = featcls("runs", searched.path.parent)
    assert result.exit_code == 0
    assert "finished" in result.stdout
    assert "balanced" in result.stdout
    row = json.loads(featcls("runs", searched.path.parent, "--json").stdout)["runs"][0]
    info = json.loads((searched.path / "run.json").read_text(encoding="utf-8"))
    assert row["best"] == info["best"]
    assert info["created_utc"][:10] in result.stdout
    assert row["test"] == info["test"]["metrics"]


def test_a_run_is_running_as_long_as_a_process_works_on_it(featcls, searched):
    path = searched.path
    Run.open(path).save(status="running", best=None)

    def listed():
        return json.loads(featcls("runs", path.parent, "--json").stdout)["runs"][0]

    assert listed()["status"] == "killed"
    assert listed()["best"]["config"]
    assert "The search was killed" in report.write(Run.open(path)).read_text(encoding="utf-8")
    with Run.open(path).lock():
        assert listed()["status"] == "running"
        assert listed()["best"] is None


def test_a_damaged_run_is_a_row_that_says_so(featcls, tmp_path):
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "run.json").write_text("{")
    row = json.loads(featcls("runs", tmp_path, "--json").stdout)["runs"][0]
    assert row["status"] == "unreadable"
    assert "run.json that is damaged" in row["reason"]
    assert featcls("runs", tmp_path).exit_code == 0


def test_without_runs_the_list_says_how_to_make_one(featcls, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "featcls search IMAGES" in featcls("runs").stdout
    assert featcls("runs", "no/such").exit_code == 1
