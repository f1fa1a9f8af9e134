"""`featcls inspect`."""

import json

import numpy as np
import pytest
from PIL import Image

from featcls.dataset import open_dataset
from featcls.dataset.inspection import inspect


@pytest.fixture
def folder(tmp_path):
    """Two classes in two splits; one copy across the splits, one broken file, one flat frame."""
    rng = np.random.default_rng(0)
    for split in ("train", "test"):
        for name, light in ("dark", 20), ("light", 200):
            (tmp_path / "d" / split / name).mkdir(parents=True)
            for i in range(4):
                image = rng.poisson(light, (40, 50)).clip(0, 255).astype(np.uint8)
                Image.fromarray(image).save(tmp_path / "d" / split / name / f"{i}.png")
    root = tmp_path / "d"
    (root / "test/dark/copy.png").write_bytes((root / "train/dark/0.png").read_bytes())
    (root / "train/dark/torn.png").write_bytes((root / "train/dark/1.png").read_bytes()[:200])
    Image.fromarray(np.full((40, 50), 7, np.uint8)).save(root / "train/light/flat.png")
    return root


def test_what_is_there_and_what_is_wrong_is_said(featcls, folder):
    done = featcls("inspect", folder, "--json", "--sheet", folder.parent / "sheet.png")
    assert done.exit_code == 3  # a frame cannot be read
    found = json.loads(done.stdout)
    assert found["frames"] == 19
    assert found["classes"] == {"dark": 10, "light": 9}
    assert found["shapes"] == {"40 x 50": 18}
    assert found["splits"]["test"] == {"frames": 9, "classes": {"dark": 5, "light": 4}}
    assert [one["frame_id"] for one in found["broken"]] == ["train/dark/torn.png"]
    assert found["flat"] == ["train/light/flat.png"]
    copies = [one for one in found["duplicates"] if one["exact"]]
    assert [sorted(one["frames"]) for one in copies] == [
        ["test/dark/copy.png", "train/dark/0.png"]
    ]
    assert copies[0]["splits"] == ["test", "train"]
    assert found["warnings"][0].startswith("leak: 2 frames that show the same")
    with Image.open(folder.parent / "sheet.png") as sheet:
        assert sheet.size[0] > 8 * 160
    words = featcls("inspect", folder).stdout
    assert "torn.png" in words
    assert "cannot be read" in words
    assert any(line.startswith("leak ") and "copy.png" in line for line in words.splitlines())
    assert "! leak: 2 frames" in words


def test_of_many_shapes_the_most_frequent_are_named_and_the_rest_counted(featcls, tmp_path):
    rng = np.random.default_rng(0)
    for i, rows in enumerate((9, 9, 9, 10, 11, 12, 13, 14, 15)):
        Image.fromarray(rng.integers(0, 9, (rows, 8), np.uint8)).save(tmp_path / f"{i}.png")
    line = "shapes    9 x 8 3, 10 x 8 1, 11 x 8 1, 12 x 8 1, 13 x 8 1 and 2 more"
    assert line in featcls("inspect", tmp_path, "--no-labels").stdout


def test_data_without_labels_is_told_and_looked_at_all_the_same(featcls, tmp_path):
    images = np.random.default_rng(0).poisson(9, (12, 30, 40)).astype(np.uint16)
    images[:, 4, 5] = 900
    np.save(tmp_path / "s.npy", images)
    out = tmp_path / "bad.npy"
    done = featcls("inspect", tmp_path / "s.npy", "--json", "--find-mask", out)
    assert done.exit_code == 0
    found = json.loads(done.stdout)
    assert any(words.startswith("no labels") for words in found["warnings"])
    assert found["bad_pixels"]["hot"] == 1
    assert np.argwhere(np.load(out)).tolist() == [[4, 5]]
    masked = featcls("inspect", tmp_path / "s.npy", "--no-labels", "--json", "--mask", out)
    told = json.loads(masked.stdout)
    assert told["masked"] == {"mask bad.npy": {"frames": 12, "pixels": 12}}
    assert told["high"] < 900


def test_the_beam_is_found_where_the_simulator_put_it(featcls):
    words = ["--reader", "simulate", "--option", "n=20", "--find-center", "--no-duplicates"]
    found = json.loads(featcls("inspect", *words, "--json").stdout)
    row, col = open_dataset({"reader": "simulate"}).frame(0).geometry.beam_center
    assert abs(found["beam_center"]["x"] - col) < 2
    assert abs(found["beam_center"]["y"] - row) < 2


def test_any_number_of_threads_finds_the_same(folder):
    dataset = open_dataset(folder)
    assert inspect(dataset, n_threads=1) == inspect(dataset, n_threads=3)
