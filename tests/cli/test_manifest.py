import json

import numpy as np
import pytest

from featcls.dataset import open_dataset


@pytest.fixture
def run(tmp_path):
    """A stack of four frames, of 28, 7, 0 and 28 spots."""
    frames = np.ones((4, 64, 64), np.uint16)
    frames[0, 4:60:8, 4:60:14] = frames[3, 4:60:8, 4:60:14] = 500
    frames[1, 4:60:8, 4] = 500
    np.save(tmp_path / "run1.npy", frames)
    return tmp_path / "run1.npy"


def labels(path):
    data = open_dataset(path)
    return {name: data.classes[code] for name, code in zip(data.frame_ids, data.y, strict=True)}


def test_manifest_takes_labels_from_a_hit_list(featcls, run, tmp_path):
    (tmp_path / "expert.txt").write_text("run1.npy [1] HIT\nrun1.npy [3] MISS\n")
    words = ("--hits", tmp_path / "expert.txt", "--out", tmp_path / "m.csv")
    result = featcls("manifest", run, *words)
    assert result.exit_code == 0, result.stderr
    assert "2 frames: 1 hit, 1 miss; 2 without a label left out" in result.stdout
    assert labels(tmp_path / "m.csv") == {"run1.npy#0": "hit", "run1.npy#2": "miss"}


def test_manifest_counts_spots_itself(featcls, run, tmp_path):
    words = ("--spots", "--min-spot-size", 1, "--out", tmp_path / "m.csv", "--json")
    document = json.loads(featcls("manifest", run, *words).stdout)
    assert document["labels"] == {"hit": 2, "maybe": 1, "miss": 1}
    assert list(labels(tmp_path / "m.csv").values()) == ["hit", "maybe", "miss", "hit"]
    document = json.loads(featcls("manifest", run, *words, "--hit", 5, "--maybe", 0).stdout)
    assert document["labels"] == {"hit": 3, "miss": 1}


@pytest.mark.parametrize(
    "words",
    [
        ("--global-threshold", 600),
        ("--sigma-background", 1e6),
        ("--sigma-strong", 1e6),
        ("--gain", 1e6),
        ("--min-spot-size", 3),
        ("--max-spot-size", 1),
    ],
)
def test_what_a_spot_is_can_be_said(featcls, tmp_path, words):
    frames = np.ones((2, 64, 64), np.uint16)
    frames[:, 4:60:8, 4:60:14] = frames[:, 5:60:8, 4:60:14] = 500  # spots of two pixels
    np.save(tmp_path / "run.npy", frames)
    every = ("--spots", "--min-spot-size", 1, "--out", tmp_path / "m.csv", "--json")
    for more, found in (((), {"hit": 2}), (words, {"miss": 2})):
        document = json.loads(featcls("manifest", tmp_path / "run.npy", *every, *more).stdout)
        assert document["labels"] == found


def test_broken_frames_are_left_out_and_told(featcls, run, tmp_path):
    (tmp_path / "bad.npy").write_bytes(run.read_bytes()[:-5])
    result = featcls("manifest", tmp_path, "--spots", "--out", tmp_path / "m.csv")
    assert result.exit_code == 3
    assert "could not be read: bad.npy" in result.stderr
    assert len(labels(tmp_path / "m.csv")) == 4


def test_files_of_several_frames_are_groups(featcls, run, tmp_path):
    np.save(tmp_path / "run2.npy", np.ones((2, 9, 9)))
    (tmp_path / "hits.lst").write_text("run1.npy //1\n")
    words = ("--hits", tmp_path / "hits.lst", "--out", tmp_path / "m.csv")
    assert featcls("manifest", tmp_path, *words).exit_code == 0
    data = open_dataset(tmp_path / "m.csv")
    assert data.group.tolist() == ["run1.npy"] * 4 + ["run2.npy"] * 2
    assert [data.classes[code] for code in data.y] == ["miss", "hit"] + ["miss"] * 4


def test_manifest_writes_down_what_data_says_itself(featcls, images, tmp_path):
    result = featcls("manifest", images, "--out", tmp_path / "m.csv", "--json")
    assert json.loads(result.stdout)["labels"] == {"bright": 12, "dark": 12, "stripes": 12}
    assert open_dataset(tmp_path / "m.csv").dataset_id == open_dataset(images).dataset_id


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("--hits", "x.lst", "--spots"), 2, "choose one of them"),
        (("--spots", "--maybe", 11), 2, "a hit has more spots"),
        (("--spots", "--gain", 0), 2, "gain"),
        (("--hits", "none.lst"), 1, "cannot read none.lst"),
    ],
)
def test_what_cannot_be_meant_is_said(featcls, run, tmp_path, words, code, message):
    result = featcls("manifest", run, *words, "--out", tmp_path / "m.csv")
    assert result.exit_code == code
    assert message in result.stderr
