import json

import numpy as np
import pytest

from featcls.model import Model

HITS = ("--hit-class", "bright", "--hit-class", "stripes")


def test_fit_saves_a_model_that_evaluates(featcls, config, images, tmp_path):
    out = tmp_path / "fitted.featcls"
    result = featcls("fit", config, images, "--out", out, "--test-size", 0.25)
    assert result.exit_code == 0, result.stderr
    assert "fitted on 27 frames" in result.stdout
    assert not Model.load(out).whole.drift.honest
    measured = json.loads(featcls("evaluate", out, images, "--json").stdout)
    assert measured["n"] == 9
    assert measured["metrics"]["accuracy"] > 0.7


def test_fit_takes_the_config_of_a_run(featcls, searched, images, tmp_path):
    best = json.loads((searched.path / "run.json").read_text(encoding="utf-8"))["best"]
    path = tmp_path / "best.json"
    path.write_text(json.dumps(best["config"]))
    result = featcls("fit", path, images, "--out", tmp_path / "again.featcls", "--json")
    assert json.loads(result.stdout)["config_id"] == best["config_id"]


@pytest.mark.parametrize(
    ("text", "name", "told"),
    [
        ("{", "c.json", "is not JSON"),
        ("[1]", "c.json", "holds list; wanted a table try: write one config, such as {"),
        ("\udcff", "c.json", "c.json is no text try: give a JSON or TOML file"),
        ("a = ", "c.toml", "is not TOML"),
        ('{"classifier": "rff"}', "c.json", "did you mean 'rf'?"),
        ('{"classifier": {"name": "rf", "params": {"n_jobs": 2}}}', "c.json", "n_jobs"),
        ('{"classifier": "rf"}', "c.json", "takes an extractor try: add"),
        ('{"classifier": "rf", "extractors": "lbp"}', "c.json", 'try: write ["lbp"]'),
        (
            '{"classifier": {"name": "knn", "params": {"n_neighbors": "many"}}}',
            "c.json",
            "'many' is not a whole number try: leave it out for 5",
        ),
        (
            '{"extractors": ["lbp"], "classifier": '
            '{"name": "knn", "params": {"n_neighbors": 37}}}',
            "c.json",
            "'knn': n_neighbors is 37, there are 36 frames to fit it to try: set n_neighbors",
        ),
    ],
)
def test_a_config_that_cannot_be_meant_is_refused_with_2(
    featcls, images, tmp_path, text, name, told
):
    (tmp_path / name).write_text(text, errors="surrogateescape")
    result = featcls("fit", tmp_path / name, images, "--out", tmp_path / "m.featcls")
    assert result.exit_code == 2
    assert told in " ".join(result.stderr.split())
    assert not (tmp_path / "m.featcls").exists()


def test_the_threshold_is_of_frames_that_the_model_was_not_fitted_to(
    featcls, config, images, tmp_path
):
    out = tmp_path / "m.featcls"
    words = (*HITS, "--max-lost-hits", 0.4, "--confidence", 0.6, "--calibration-size", 0.4)
    result = featcls("fit", config, images, "--out", out, *words, "--json")
    assert result.exit_code == 0, result.stderr
    told = json.loads(result.stdout)
    point = told["operating_point"]
    assert point["bound"] <= 0.4
    assert told["frames"] + point["n_hits"] + point["n_misses"] == 36
    measured = featcls("evaluate", out, images, "--split", "calibration", "--json")
    seen = json.loads(measured.stdout)["operating_point"]
    assert (seen["hits"], seen["lost"]) == (point["n_hits"], point["n_lost"])
    said = featcls("fit", config, images, "--out", out, *words)
    assert "hits (bright, stripes) from score" in said.stdout


def test_a_calibration_split_of_the_data_is_used_as_it_is(featcls, config, images, tmp_path):
    lines = [
        f"{images}/{name}/{k:02d}.png,{name},{'calibration' if k % 3 == 0 else 'train'}"
        for name in ("bright", "dark", "stripes")
        for k in range(12)
    ]
    manifest = tmp_path / "m.csv"
    manifest.write_text("path,label,split\n" + "\n".join(lines) + "\n")
    words = ("--hit-class", "dark", "--max-lost-hits", 0.5, "--out", tmp_path / "m.featcls")
    result = featcls("fit", config, manifest, *words, "--confidence", 0.8, "--json")
    told = json.loads(result.stdout)
    assert told["frames"] == 24
    assert (told["operating_point"]["n_hits"], told["operating_point"]["n_misses"]) == (4, 8)


def test_too_few_hits_are_told_before_anything_is_fitted(featcls, config, images, tmp_path):
    words = (*HITS, "--max-lost-hits", 0.01, "--out", tmp_path / "m.featcls")
    result = featcls("fit", config, images, *words)
    assert result.exit_code == 1
    assert "299 are needed" in result.stderr
    assert not (tmp_path / "m.featcls").exists()


@pytest.mark.parametrize("split", ["", "validation"])
def test_scores_are_calibrated_by_frames_that_did_not_fit_them(
    featcls, config, images, tmp_path, split
):
    """By folds, or by the validation split where there is one."""
    lines = [
        f"{images}/{name}/{k:02d}.png,{name},{split if k % 3 else 'train'}"
        for name in ("bright", "dark", "stripes")
        for k in range(12)
    ]
    manifest, out = tmp_path / "m.csv", tmp_path / "m.featcls"
    manifest.write_text("path,label,split\n" + "\n".join(lines) + "\n")
    result = featcls("fit", config, manifest, "--calibrate", "sigmoid", "--out", out)
    assert result.exit_code == 0, result.stderr
    assert "scores calibrated: sigmoid, log loss" in result.stdout
    whole = Model.load(out).whole
    assert whole.calibrator.method == "sigmoid"
    assert whole.drift.honest
    plain = tmp_path / "plain.featcls"
    featcls("fit", config, manifest, "--out", plain)
    bare = Model.load(plain).whole.models[0].estimator
    own = whole.models[0].estimator
    rows = np.random.default_rng(0).random((5, whole.models[0].scaler.n_features_in_))
    for left, right in zip(own.parts, bare.parts, strict=True):
        assert np.array_equal(left.predict_proba(rows), right.predict_proba(rows))
