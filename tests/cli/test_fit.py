import csv
import json

import numpy as np
import pytest

CONFIG = """
[[extractors]]
name = "lbp"

[[extractors]]
name = "intensity"

[classifier]
name = "knn"
"""


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "config.toml"
    path.write_text(CONFIG)
    return path


def test_fit_saves_a_model_that_evaluates(featcls, config, images, tmp_path):
    out = tmp_path / "fitted.featcls"
    result = featcls("fit", config, images, "--out", out, "--test-size", 0.25)
    assert result.exit_code == 0, result.stderr
    assert "fitted on 27 frames" in result.stdout
    measured = json.loads(featcls("evaluate", out, images, "--json").stdout)
    assert measured["n"] == 9
    assert measured["metrics"]["accuracy"] > 0.7


def test_fit_takes_the_config_of_a_run(featcls, searched, images, tmp_path):
    best = json.loads((searched.path / "run.json").read_text(encoding="utf-8"))["best"]
    path = tmp_path / "best.json"
    path.write_text(json.dumps(best["config"]))
    result = featcls("fit", path, images, "--out", tmp_path / "again.featcls", "--json")
    assert json.loads(result.stdout)["config_id"] == best["config_id"]


def test_extract_writes_a_row_a_frame_with_named_columns(featcls, config, images, tmp_path):
    out = tmp_path / "features.csv"
    assert featcls("extract", config, images, "--out", out).exit_code == 0
    rows = list(csv.DictReader(out.open(encoding="utf-8")))
    assert len(rows) == 36
    assert rows[0]["frame_id"] == "bright/00.png"
    assert rows[0]["label"] == "bright"
    assert {name.partition(".")[0] for name in list(rows[0])[2:]} == {"lbp", "intensity"}


def test_npz_holds_the_same_numbers_as_csv(featcls, config, images, tmp_path):
    for ending in ("csv", "npz"):
        words = ("--out", tmp_path / f"f.{ending}", "--no-labels")
        assert featcls("extract", config, images, *words).exit_code == 0
    table = np.load(tmp_path / "f.npz", allow_pickle=False)
    rows = list(csv.reader((tmp_path / "f.csv").open(encoding="utf-8")))
    assert rows[0] == ["frame_id", *table["feature_names"]]
    assert [row[0] for row in rows[1:]] == table["frame_ids"].tolist()
    np.testing.assert_array_equal(
        np.array([row[1:] for row in rows[1:]], float), table["features"]
    )


def test_a_model_extracts_what_its_classifier_was_given(featcls, searched, images, tmp_path):
    out = tmp_path / "f.npz"
    document = json.loads(
        featcls("extract", searched.model, images, "--out", out, "--json").stdout
    )
    table = np.load(out, allow_pickle=False)
    assert table["features"].shape == (36, document["features"])
    assert set(table["labels"]) == {"bright", "dark", "stripes"}


@pytest.mark.parametrize(
    ("text", "name", "told"),
    [
        ("{", "c.json", "is not JSON"),
        ("[1]", "c.json", "holds list"),
        ("a = ", "c.toml", "is not TOML"),
        ('{"classifier": "rff"}', "c.json", "did you mean 'rf'?"),
        ('{"classifier": {"name": "rf", "params": {"n_jobs": 2}}}', "c.json", "n_jobs"),
    ],
)
def test_a_config_that_cannot_be_meant_is_refused_with_2(
    featcls, images, tmp_path, text, name, told
):
    (tmp_path / name).write_text(text)
    result = featcls("fit", tmp_path / name, images, "--out", tmp_path / "m.featcls")
    assert result.exit_code == 2
    assert told in result.stderr
    assert not (tmp_path / "m.featcls").exists()


def test_extract_of_a_config_that_learns_asks_for_the_model(featcls, images, tmp_path):
    path = tmp_path / "c.json"
    path.write_text('{"extractors": ["sift_bovw"]}')
    result = featcls("extract", path, images, "--out", tmp_path / "f.csv")
    assert result.exit_code == 2
    assert "fit it first" in result.stderr
