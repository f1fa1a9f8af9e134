import os

import numpy as np
import pytest

from featcls.dataset import open_dataset
from featcls.errors import DataError


def labels(data):
    return [data.classes[code] for code in data.y]


def test_a_folder_per_class_in_natural_order(put):
    data = open_dataset(put("run10/2.png", "run10/10.png", "run9/1.png", "run10/deep/er.png"))
    assert data.classes == ("run9", "run10")
    assert data.frame_ids == ["run9/1.png", "run10/2.png", "run10/10.png", "run10/deep/er.png"]
    assert data.y.tolist() == [0, 1, 1, 1]
    assert data.y.dtype == np.int64


def test_folders_named_like_splits_hold_folders_of_classes(put):
    data = open_dataset(put("train/a/1.png", "train/b/1.png", "test/a/2.png", "val/b/2.png"))
    assert data.classes == ("a", "b")
    assert dict(zip(data.frame_ids, data.split, strict=True)) == {
        "train/a/1.png": "train",
        "train/b/1.png": "train",
        "test/a/2.png": "test",
        "val/b/2.png": "validation",
    }


@pytest.mark.parametrize("name", ["manifest.csv", "split.csv"])
@pytest.mark.parametrize("by_name", [True, False])
def test_a_manifest_rules_over_folders(put, name, by_name):
    folder = put("x/1.png", "x/2.png", "y/3.png")
    (folder / name).write_text("path,label,split\ny/3.png,odd,test\nx/2.png,even,\n")
    data = open_dataset(folder / name if by_name else folder)
    assert data.frame_ids == ["y/3.png", "x/2.png"]
    assert labels(data) == ["odd", "even"]
    assert data.split.tolist() == ["test", "train"]


def test_without_labels_frames_may_lie_anywhere(put):
    data = open_dataset(put("1.png", "sub/2.png"), labelled=False)
    assert data.frame_ids == ["1.png", "sub/2.png"]
    assert data.y is None
    assert data.classes == ()


def test_one_file_without_labels_is_a_data_set(put):
    data = open_dataset(put("1.png") / "1.png", labelled=False)
    assert data.frame(0).frame_id == "1.png"


def test_files_that_are_no_images_are_passed_over(put):
    folder = put("a/1.png", "b/1.png")
    (folder / "README.md").write_text("hello")
    (folder / "a" / "Thumbs.db").write_bytes(b"\0" * 9)
    (folder / "a" / ".hidden.png").write_bytes(b"")
    assert len(open_dataset(folder)) == 2


def test_an_image_is_known_by_its_bytes_whatever_its_name(put):
    folder = put("a/1.png", "b/1.png")
    os.rename(folder / "a" / "1.png", folder / "a" / "scan")
    assert open_dataset(folder).frame_ids == ["a/scan", "b/1.png"]


def test_an_empty_class_folder_is_a_warning(put):
    folder = put("a/1.png", "b/1.png")
    (folder / "c").mkdir()
    with pytest.warns(UserWarning, match="folder 'c' .* is left out"):
        assert open_dataset(folder).classes == ("a", "b")


def test_linked_class_folders_are_followed_and_circles_are_not(put, tmp_path):
    folder = put("a/1.png", "b/1.png")
    os.rename(folder / "b", tmp_path / "elsewhere")
    os.symlink(tmp_path / "elsewhere", folder / "b")
    os.symlink(folder, folder / "a" / "round")
    assert open_dataset(folder).frame_ids == ["a/1.png", "b/1.png"]


def test_a_folder_of_labelled_stacks_is_labelled_by_them(tmp_path):
    for run in (1, 2):
        np.savez(tmp_path / f"{run}.npz", images=np.zeros((2, 3, 3)), labels=["hit", f"m{run}"])
    data = open_dataset(tmp_path)
    assert data.frame_ids == ["1.npz#0", "1.npz#1", "2.npz#0", "2.npz#1"]
    assert labels(data) == ["hit", "m1", "hit", "m2"]


@pytest.mark.parametrize(
    ("paths", "message"),
    [
        (["1.png", "a/2.png"], r"frames \(1\.png\) beside folders of frames \(a\).* manifest"),
        (["1.png", "2.png"], r"1\.png has no label"),
        (["train/1.png", "test/a/1.png"], "/train is a split without class folders"),
    ],
)
def test_a_layout_that_does_not_label_is_refused(put, paths, message):
    with pytest.raises(DataError, match=message):
        open_dataset(put(*paths))


def test_a_missing_and_an_empty_source_are_named(tmp_path):
    with pytest.raises(DataError, match="nowhere does not exist; check the path"):
        open_dataset(tmp_path / "nowhere")
    with pytest.raises(DataError, match="holds no image that can be read"):
        open_dataset(tmp_path)


def test_two_manifests_are_refused(put):
    folder = put("a.png")
    for name in ("manifest.csv", "split.csv"):
        (folder / name).write_text("path,label\na.png,x\n")
    with pytest.raises(DataError, match=r"manifest\.csv and split\.csv; name the file"):
        open_dataset(folder)
