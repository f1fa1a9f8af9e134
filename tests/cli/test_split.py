import json

import numpy as np
import pytest
from PIL import Image

from featcls.dataset import open_dataset


@pytest.fixture
def copies(images, tmp_path):
    """The images, where the first dark one is stored twice more: once as bright."""
    import shutil

    data = shutil.copytree(images, tmp_path / "copies")
    Image.open(data / "dark" / "00.png").save(data / "dark" / "copy.bmp")
    shutil.copy(data / "dark" / "00.png", data / "bright" / "copy.png")
    return data


def test_split_writes_a_manifest_that_keeps_copies_on_one_side(featcls, copies, tmp_path):
    words = ("--test", 0.25, "--validation", 0.25, "--seed", 3, "--out", tmp_path / "m.csv")
    result = featcls("split", copies, *words)
    assert result.exit_code == 0, result.stderr
    assert "1 group of frames that show the same, 1 exact" in result.stdout
    assert "with different labels" in result.stdout
    data = open_dataset(tmp_path / "m.csv")
    assert len(data) == 38
    for name in ("validation", "test"):
        assert abs((data.split == name).sum() - 0.25 * 38) <= 1
    own = [
        i
        for i, name in enumerate(data.frame_ids)
        if name.endswith(("dark/00.png", "copy.bmp", "copy.png"))
    ]
    assert len(set(data.split[own])) == len(set(data.group[own])) == 1


def test_split_tells_programs_what_it_found(featcls, copies, tmp_path):
    out = tmp_path / "m.csv"
    document = json.loads(featcls("split", copies, "--out", out, "--json").stdout)
    assert document["frames"] == 38
    assert document["splits"]["test"]["frames"] + document["splits"]["train"]["frames"] == 38
    (found,) = document["duplicates"]
    assert found["exact"]
    assert sorted(found["frames"]) == ["bright/copy.png", "dark/00.png", "dark/copy.bmp"]
    assert len(document["duplicates_of_other_labels"]) == 1
    words = ("--no-duplicates", "--no-labels", "--json")
    document = json.loads(featcls("split", copies, "--out", out, *words).stdout)
    assert document["duplicates"] == []
    assert document["splits"]["test"] == {"frames": 8}


def test_frames_of_one_file_stay_together_unless_told_otherwise(featcls, tmp_path):
    for run in range(8):
        np.savez(tmp_path / f"{run}.npz", images=np.full((4, 8, 8), run), labels=["a", "b"] * 2)
    words = ("--calibration", 0.25, "--no-duplicates", "--out", tmp_path / "m.csv")
    straddling = {}
    for by in ("run", "frame"):
        assert featcls("split", tmp_path, *words, "--by", by).exit_code == 0
        data = open_dataset(tmp_path / "m.csv")
        assert (data.split == "calibration").sum() == 8
        runs = np.array([name.partition("#")[0] for name in data.frame_ids])
        straddling[by] = sum(len(set(data.split[runs == run])) > 1 for run in set(runs))
        (tmp_path / "m.csv").unlink()
    assert straddling["run"] == 0
    assert straddling["frame"] > 0


def test_shares_that_cannot_be_meant_are_usage_errors(featcls, images, tmp_path):
    words = ("--out", tmp_path / "m.csv", "--no-duplicates", "--test", 0.9, "--validation", 0.3)
    result = featcls("split", images, *words)
    assert result.exit_code == 2
    assert "let them sum to less than 1" in result.stderr
    assert not (tmp_path / "m.csv").exists()
