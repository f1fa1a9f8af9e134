"""`featcls search` from one command on data as people have it."""

import json
import shutil

import h5py
import numpy as np
import pytest

from featcls.dataset import open_dataset

WORDS = ("--max-evals", 3, "--backend", "serial", "--folds", 3, "--json")


@pytest.fixture
def search(featcls, space, tmp_path):
    """Run a short search and return its exit code, last line and messages."""

    def run(data, *words):
        done = featcls("search", data, "--space", space, *WORDS, "--out", tmp_path / "r", *words)
        assert done.stdout, done.stderr
        return done.exit_code, json.loads(done.stdout.splitlines()[-1]), done.stderr

    return run


def test_three_broken_images_are_named_and_the_rest_is_searched(search, images, tmp_path):
    data = shutil.copytree(images, tmp_path / "images")
    (data / "dark" / "01.png").write_bytes((data / "dark" / "01.png").read_bytes()[:60])
    (data / "bright" / "02.png").write_bytes(b"")
    (data / "stripes" / "03.png").write_text("not an image")
    code, result, messages = search(data)
    assert code == 3
    broken = {"dark/01.png", "bright/02.png", "stripes/03.png"}
    assert {row["frame_id"] for row in result["bad_frames"]} == broken
    assert all(name in messages for name in broken)
    assert result["dataset"]["n"] == 36
    assert result["best"]


def test_a_cxi_stack_with_a_mask_is_searched_and_the_mask_counts(search, tmp_path):
    rng = np.random.default_rng(0)
    frames = rng.poisson(5, (40, 1, 24, 32)).astype(np.float32)
    frames[20:, :, 4:20:5, 4:30:6] += 40
    mask = np.zeros((1, 24, 32), np.uint32)
    mask[0, 10:14] = 2
    frames[:, 0, 10:14] = rng.integers(0, 60_000, (40, 4, 32))
    with h5py.File(tmp_path / "run.cxi", "w") as file:
        file["cxi_version"] = 160
        file["entry_1/data_1/data"] = frames
        file["entry_1/instrument_1/detector_1/mask"] = mask
        file["entry_1/data_1/labels"] = ["miss"] * 20 + ["hit"] * 20
    frame = open_dataset(tmp_path / "run.cxi").frame(0)
    assert frame.mask[10:14].all()
    assert frame.mask.sum() == 4 * 32
    code, result, _ = search(tmp_path / "run.cxi")
    assert code == 0
    assert result["best"]["metrics"]["balanced_accuracy"] > 0.9


def test_a_manifest_of_several_labels_a_frame_is_searched(search, images, tmp_path):
    lines = [
        f"{name}/{k:02d}.png,{name};{'early' if k < 6 else 'late'}"
        for name in ("bright", "dark", "stripes")
        for k in range(12)
    ]
    data = shutil.copytree(images, tmp_path / "images")
    (data / "manifest.csv").write_text("\n".join(["path,label", *lines, ""]))
    code, result, _ = search(data, "--metric", "macro_f1")
    assert code == 0
    assert result["dataset"]["multilabel"]
    assert result["best"]
