"""A search that makes more of its trials than the best one, from the command line."""

import csv
import json
import shutil

import pytest

HITS = ("--hit-class", "bright", "--hit-class", "stripes")


@pytest.fixture(scope="module")
def chosen(tmp_path_factory, images, space, featcls):
    """A search for two pipelines that vote, with frames kept from it; to be read only."""
    folder = tmp_path_factory.mktemp("chosen")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FEATCLS_CACHE_DIR", str(folder / "cache"))
        patch.setenv("FEATCLS_NO_PLUGINS", "all")
        result = featcls(
            *("search", images, "--space", space, "--max-evals", 4, "--backend", "serial"),
            *("--folds", 2, "--out", folder / "run", "--metric", "recall@dark"),
            *("--repeats", 2, "--max-ms", 1e6, "--ensemble", 2, "--calibrate", "sigmoid"),
            *("--refit", "--calibration-size", 0.4),
        )
    assert result.exit_code == 0, result.stderr
    assert "by the best 2: they are the model" in " ".join(result.stdout.split())
    return folder / "run"


@pytest.fixture
def voted(chosen, tmp_path_factory):
    """The model of the test's own copy of that search."""
    run = tmp_path_factory.mktemp("voted") / "run"
    return shutil.copytree(chosen, run) / "model.featcls"


def test_the_options_of_a_search_reach_its_model(featcls, voted):
    document = json.loads(featcls("model", "show", voted, "--json").stdout)
    assert len(document["models"]) == 2
    assert (document["vote"], document["calibration"]) == ("soft", "sigmoid")
    assert document["operating_point"] is None
    assert document["info"]["metric"] == "recall@dark"


def test_a_threshold_is_set_on_the_frames_kept_from_the_search(featcls, voted, images):
    words = (*HITS, "--max-lost-hits", 0.4, "--confidence", 0.6)
    result = featcls("model", "threshold", voted, *words)
    assert result.exit_code == 0, result.stderr
    assert "hits (bright, stripes) from score" in result.stdout
    told = json.loads(featcls("model", "show", voted, "--json").stdout)["operating_point"]
    assert told == json.loads((voted.parent / "run.json").read_text())["operating_point"]
    assert told["bound"] <= 0.4
    measured = featcls("evaluate", voted, images, "--split", "calibration", "--json")
    point = json.loads(measured.stdout)["operating_point"]
    assert (point["hits"], point["lost"]) == (told["n_hits"], told["n_lost"])
    shown = featcls("evaluate", voted, images)
    assert "at the operating point" in shown.stdout
    rows = list(csv.DictReader(featcls("predict", voted, images).stdout.splitlines()))
    assert len(rows) == 36
    for row in rows:
        score = float(row["p_bright"]) + float(row["p_stripes"])
        assert row["hit"] == str(score >= told["threshold"])


def test_too_few_kept_frames_are_refused_with_the_number_needed(featcls, voted):
    result = featcls("model", "threshold", voted, *HITS, "--max-lost-hits", 0.01)
    assert result.exit_code == 1
    assert "299 are needed" in result.stderr


def test_a_search_that_kept_no_frames_can_set_no_threshold(featcls, searched):
    result = featcls("model", "threshold", searched.model, *HITS, "--max-lost-hits", 0.4)
    assert result.exit_code == 2
    assert "--calibration-size" in result.stderr
    assert featcls("model", "threshold", searched.model).exit_code == 2


def test_a_model_that_was_fitted_anew_is_refused(featcls, voted, searched, tmp_path):
    run = tmp_path / "run"
    (run / "scores").mkdir(parents=True)
    for name in ("run.json", "scores/frames.json", "scores/calibration.npy"):
        (run / name).write_bytes((voted.parent / name).read_bytes())
    (run / "model.featcls").write_bytes(searched.model.read_bytes())
    result = featcls("model", "threshold", run / "model.featcls", *HITS, "--max-lost-hits", 0.4)
    assert result.exit_code == 1
    assert "is not the model that scored them" in result.stderr


def test_evaluate_counts_labels_that_exclude_one_another(featcls, tmp_path, images):
    lines = [
        f"{images}/{name}/{k:02d}.png,{labels}"
        for k in range(12)
        for name, labels in (("bright", "bright"), ("dark", "dark"), ("stripes", "bright;dark"))
    ]
    (tmp_path / "m.csv").write_text("path,label\n" + "\n".join(lines) + "\n")
    (tmp_path / "m.csv.exclusive").write_text("bright;dark\n")
    (tmp_path / "c.json").write_text(
        '{"extractors": ["intensity"], "classifier": {"name": "rf", "params": {}}}'
    )
    fitted = featcls("fit", tmp_path / "c.json", tmp_path / "m.csv", "--out", tmp_path / "m.model")
    assert fitted.exit_code == 0, fitted.stderr
    result = featcls("evaluate", tmp_path / "m.model", tmp_path / "m.csv", "--split", "all")
    assert result.exit_code == 0, result.stderr
    assert "more than one of bright, dark: 12 frames by the model, 12 by the labels" in (
        " ".join(result.stdout.split())
    )
