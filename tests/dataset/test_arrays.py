import os

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from featcls.dataset import from_arrays, open_dataset


def stack(n=4):
    return np.random.default_rng(0).integers(0, 5000, (n, 6, 7)).astype(np.uint16)


def test_arrays_come_back_with_all_that_was_said(tmp_path):
    mask = stack()[0] > 2500
    spec = from_arrays(
        stack(),
        [10, 9, 9, 10],
        tmp_path,
        mask=mask,
        split=["train", "test", "", ""],
        group=["r1", "r1", "r2", "r2"],
        weight=[1, 2, 0.5, 1],
        shot=[1, 2, 3, 4],
    )
    data = open_dataset(spec)
    assert data.classes == ("9", "10")
    assert data.y.tolist() == [1, 0, 0, 1]
    assert data.split.tolist() == ["train", "test", "train", "train"]
    assert data.group.tolist() == ["r1", "r1", "r2", "r2"]
    assert data.weight.tolist() == [1, 2, 0.5, 1]
    assert data.frame(2).meta["shot"] == "3"
    for frame, image in zip(data.frames(), stack(), strict=True):
        assert frame.image.dtype == np.uint16
        assert_array_equal(frame.mask, mask)
        assert_array_equal(frame.values, image[~mask])


def test_several_labels_and_none(tmp_path):
    data = open_dataset(from_arrays(stack(3), [["a"], [], ["a", "b"]], tmp_path))
    assert data.y.tolist() == [[1, 0], [0, 0], [1, 1]]


def test_no_labels_and_fixed_classes(tmp_path):
    assert open_dataset(from_arrays(stack(), None, tmp_path)).y is None
    data = open_dataset(from_arrays(stack(2), "ab", tmp_path, classes=["b", "a"]))
    assert data.y.tolist() == [1, 0]


def test_one_image_is_a_data_set(tmp_path):
    data = open_dataset(from_arrays(stack(1), ["a"], tmp_path))
    assert data.frame_ids == ["frames.npz"]


def test_equal_arrays_give_equal_bytes(tmp_path):
    for name in "12":
        from_arrays(stack(), "abab", tmp_path / name)
    for file in os.listdir(tmp_path / "1"):
        assert (tmp_path / "1" / file).read_bytes() == (tmp_path / "2" / file).read_bytes()


@pytest.mark.parametrize(
    ("images", "labels", "columns", "message"),
    [
        (stack()[0], "a", {}, r"shape \(6, 7\); wanted \(n, rows, cols\)"),
        (stack(), "abc", {}, "label has 3 entries for 4 images"),
        (stack(), "abab", {"group": [1]}, "group has 1 entries for 4 images"),
        (stack().astype(object), "abab", {}, "Object arrays cannot be saved"),
    ],
)
def test_what_does_not_fit_is_refused_and_leaves_nothing(
    tmp_path, images, labels, columns, message
):
    with pytest.raises(ValueError, match=message):
        from_arrays(images, labels, tmp_path / "run", **columns)
    assert not (tmp_path / "run").exists() or os.listdir(tmp_path / "run") == []
