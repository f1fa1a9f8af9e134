import csv
import json

import numpy as np


def test_extract_writes_a_row_a_frame_with_named_columns(featcls, config, images, tmp_path):
    out = tmp_path / "features.csv"
    assert featcls("extract", config, images, "--out", out).exit_code == 0
    rows = list(csv.DictReader(out.read_text(encoding="utf-8").splitlines()))
    assert len(rows) == 36
    assert rows[0]["frame_id"] == "bright/00.png"
    assert rows[0]["label"] == "bright"
    assert {name.partition(".")[0] for name in list(rows[0])[2:]} == {"lbp", "intensity"}


def test_npz_holds_the_same_numbers_as_csv(featcls, config, images, tmp_path):
    for ending in ("csv", "npz"):
        words = ("--out", tmp_path / f"f.{ending}", "--no-labels")
        assert featcls("extract", config, images, *words).exit_code == 0
    with np.load(tmp_path / "f.npz", allow_pickle=False) as file:
        table = dict(file)
    rows = list(csv.reader((tmp_path / "f.csv").read_text(encoding="utf-8").splitlines()))
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
    with np.load(out, allow_pickle=False) as file:
        table = dict(file)
    assert table["features"].shape == (36, document["features"])
    assert set(table["labels"]) == {"bright", "dark", "stripes"}


def test_extract_of_a_config_that_learns_asks_for_the_model(featcls, images, tmp_path):
    path = tmp_path / "c.json"
    path.write_text('{"extractors": ["sift_bovw"]}')
    result = featcls("extract", path, images, "--out", tmp_path / "f.csv")
    assert result.exit_code == 2
    assert "fit it first" in result.stderr
