import json


def test_the_options_of_the_strategy_reach_the_search(featcls, images, space, tmp_path):
    words = ["--space", space, "--backend", "serial", "--folds", 2, "--out", tmp_path / "run"]
    config = {"extractors": ["intensity"], "classifier": "knn"}
    (tmp_path / "warm.json").write_text(json.dumps([config]))
    words += ["--algorithm", "anneal", "--gamma", 0.5, "--warm-start", tmp_path / "warm.json"]
    words += ["--patience", 3, "--target", 0.0, "--max-evals", 4, "--no-asha"]
    result = featcls("search", images, *words)
    assert result.exit_code == 0, result.stderr
    info = json.loads((tmp_path / "run" / "run.json").read_text())
    wanted = {"algorithm": "anneal", "gamma": 0.5, "patience": 3, "target": 0.0}
    assert info["strategy"].items() >= wanted.items()
    assert info["start"][0]["classifier"]["name"] == "knn"
    assert info["stopped"] == "target"  # any value reaches 0


def test_rungs_are_switched_on_and_refused_where_there_is_no_budget(featcls, images, space):
    result = featcls("search", images, "--space", space, "--asha", "--eta", 2)
    assert result.exit_code == 2
    assert "has no classifier that can go on" in result.stderr
    result = featcls("search", images, "--space", space, "--eta", 2)
    assert "--asha" in result.stderr


def test_an_unknown_warm_start_names_the_shipped_list(featcls, images, space):
    result = featcls("search", images, "--space", space, "--warm-start", "difranet")
    assert result.exit_code == 2
    assert "did you mean 'diffranet'" in result.stderr


def test_a_timeout_that_is_over_starts_no_trial(featcls, searched, images):
    run = searched.path
    words = [*searched.words, "--max-evals", 9, "--timeout", 1e-9, "--out", run, "--resume"]
    result = featcls("search", images, *words)
    assert result.exit_code == 0, result.output
    assert json.loads((run / "run.json").read_text())["stopped"] == "timeout"
