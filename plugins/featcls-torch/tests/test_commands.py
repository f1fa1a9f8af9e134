"""Networks behind the commands, in processes of their own."""

import csv
import json

import numpy as np
import pytest
from PIL import Image
from processes import MODULES, featcls, write_stack

from featcls.model import Model
from featcls.plugins import registry
from featcls.report.overlay import GAP

CONFIG = {
    "preprocess": [{"name": "lcn"}],
    "classifier": {"name": "ke", "params": {"epochs": 3, "batch_size": 8, "inputs": "frame"}},
}


@pytest.fixture(scope="module")
def fitted(tmp_path_factory):
    """A folder with frames, as a stack and as images, and a model of them; and what fit said."""
    folder = tmp_path_factory.mktemp("fitted")
    write_stack(folder / "data.npz", 24)
    (folder / "config.json").write_text(json.dumps(CONFIG))
    (folder / "frames").mkdir()
    with np.load(folder / "data.npz") as data:
        for k, image in enumerate(data["images"]):
            Image.fromarray(image).save(folder / "frames" / f"{k:02}.tif")
    return folder, featcls(folder, "fit", "config.json", "data.npz", "-v").stderr


def test_fit_tells_how_far_it_is(fitted):
    _, said = fitted
    told = [line for line in said.splitlines() if "epoch" in line]
    assert [line.split(":")[1].strip() for line in told] == [f"epoch {k} of 3" for k in (1, 2, 3)]
    assert "s to go" in told[0]


def probabilities(path):
    with open(path, newline="") as file:
        rows = sorted(csv.DictReader(file), key=lambda row: row["frame_id"])
    assert {row["status"] for row in rows} == {"ok"}
    return np.array(
        [[float(row[f"p_{name}"]) for name in ("few", "many", "none")] for row in rows]
    )


def test_predict_and_screen_score_frames_with_a_network_as_it_does_itself(fitted):
    folder, _ = fitted
    featcls(folder, "predict", "model.featcls", "frames", "--out", "rows.csv")
    watch = ("--idle", 0.5, "--settle", 0.1, "--batch", 5, "--hit-class", "many")
    featcls(folder, "screen", "model.featcls", "frames", *watch, "--out", "live.csv")
    model = Model.load(folder / "model.featcls", registry(MODULES))
    with np.load(folder / "data.npz") as data:
        wanted = model.predict_scores(data["images"])
    assert model.classes == ("few", "many", "none")
    np.testing.assert_allclose(probabilities(folder / "rows.csv"), wanted, atol=1e-6)
    np.testing.assert_allclose(probabilities(folder / "live.csv"), wanted, atol=1e-6)


def test_explain_draws_where_the_network_looks(fitted):
    folder, _ = fitted
    words = ("--limit", 2, "--kind", "gradcam", "--out", "pictures", "--json")
    told = json.loads(featcls(folder, "explain", "model.featcls", "frames", *words).stdout)
    assert len(told["files"]) == 2
    side, large = 40, 6  # pixels of a frame, times so much larger; words below
    for name in told["files"]:
        width, height = Image.open(folder / name).size
        assert width == large * (2 * side + GAP)
        assert height > large * side
