import multiprocessing
import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from featcls.dataset import open_dataset
from featcls.errors import DataError, UnreadableFrameError, UsageError

SHARED = Path(
    os.environ.get("FEATCLS_SHARED_DATA", Path(__file__).parents[2] / ".." / "shared" / "data")
)


def shared(name):
    if not (SHARED / name).is_dir():
        pytest.skip(f"no {name} in FEATCLS_SHARED_DATA")
    return SHARED / name


def test_frames_are_named_from_the_root_and_carry_what_the_manifest_says(put):
    folder = put("a.png", "b.png")
    (folder / "manifest.csv").write_text("path,label,scale\nb.png,x,3\na.png,y,4\n")
    data = open_dataset(folder)
    frame = data.frame(0)
    assert frame.frame_id == data.frame_ids[0] == "b.png"
    assert frame.meta == {"scale": "3"}
    assert frame.image[0, 0] == 1
    assert data.root == str(folder)


def test_frames_come_in_the_order_that_is_asked_for(put):
    data = open_dataset(put("a/0.png", "a/1.png", "b/2.png"))
    assert [int(frame.image[0, 0]) for frame in data.frames()] == [0, 1, 2]
    assert [int(frame.image[0, 0]) for frame in data.frames(np.array([2, 0]))] == [2, 0]


def test_groups_are_kept_and_bare_frames_are_groups_of_their_own(put):
    folder = put("a.png", "b.png", "c.png", "d.png")
    rows = "path,label,group\na.png,x,run 1\nb.png,x,run 1\nc.png,y,\nd.png,y,\n"
    (folder / "manifest.csv").write_text(rows)
    group = open_dataset(folder).group
    assert group[0] == group[1] == "run 1"
    assert len(set(group)) == 3


def test_without_groups_and_weights_there_are_none(put):
    data = open_dataset(put("a/0.png", "b/1.png"))
    assert data.group is None
    assert data.weight.tolist() == [1.0, 1.0]
    assert data.weight.dtype == np.float64


def test_several_labels_a_frame(put):
    folder = put("a.png", "b.png", "c.png")
    (folder / "manifest.csv").write_text("path,label\na.png,ring;halo\nb.png,ring\nc.png,\n")
    data = open_dataset(folder)
    assert data.multilabel
    assert data.classes == ("halo", "ring")
    assert data.y.tolist() == [[1, 1], [0, 1], [0, 0]]
    assert data.class_counts() == {"halo": 1, "ring": 2}
    assert data.class_counts([1, 2]) == {"halo": 0, "ring": 1}


def test_classes_of_a_model_index_other_data(put):
    data = open_dataset(put("b/0.png", "c/1.png"), classes=["c", "a", "b"])
    assert data.y.tolist() == [2, 0]
    assert data.class_counts() == {"c": 1, "a": 0, "b": 1}
    with pytest.raises(DataError, match="has the label 'c'; the classes are a, b"):
        open_dataset(put("b/0.png", "c/1.png"), classes=["a", "b"])


def test_pickling_gives_the_spec_alone(put):
    data = open_dataset(put("a/0.png", "b/1.png"), classes=["b", "a"])
    data.frame(0)
    text = pickle.dumps(data)
    assert len(text) < 500
    again = pickle.loads(text)  # noqa: S301 - the test's own bytes
    assert again.spec == data.spec
    assert again.dataset_id == data.dataset_id


def pixel(data, index):
    return int(data.frame(index).image[0, 0])


@pytest.mark.parametrize("method", ["spawn"])
def test_another_process_reads_the_same_frames(put, method):
    data = open_dataset(put("a/0.png", "b/1.png"))
    with multiprocessing.get_context(method).Pool(1) as pool:
        assert pool.starmap(pixel, [(data, 0), (data, 1)]) == [0, 1]


def test_the_spec_opens_the_same_from_another_folder(put, monkeypatch, tmp_path):
    folder = put("a/0.png", "b/1.png")
    monkeypatch.chdir(folder.parent)
    data = open_dataset("data")
    monkeypatch.chdir(tmp_path.parent)
    assert open_dataset(data.spec).dataset_id == data.dataset_id


def test_a_frame_whose_file_is_gone_is_unreadable(put):
    data = open_dataset(put("a/0.png", "b/1.png"))
    os.unlink(data.root + "/a/0.png")
    with pytest.raises(UnreadableFrameError, match=r"0\.png"):
        data.frame(0)
    with pytest.raises(UnreadableFrameError, match=r"0\.png"):
        _ = data.pixels_id


def test_a_broken_file_that_should_bring_labels_is_the_error(tmp_path):
    (tmp_path / "x.npz").write_bytes(b"PK\3\4 and then nothing")
    with pytest.raises(UnreadableFrameError, match=r"x\.npz"):
        open_dataset(tmp_path / "x.npz")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"preset": "figure"}, "preset"),
        ({"n": 0}, "holds no frame"),
        ({"count": 3}, "did you mean|available: "),
    ],
)
def test_wrong_options_of_simulated_data_are_named(options, message):
    with pytest.raises((UsageError, DataError), match=message):
        open_dataset(None, reader="simulate", options=options)


def test_the_steel_surfaces_are_read_by_their_split_csv():
    data = open_dataset(shared("neu_det"))
    assert len(data) == 1800
    assert set(data.class_counts().values()) == {300}
    assert data.class_counts(np.flatnonzero(data.split == "test")) == dict.fromkeys(
        data.classes, 150
    )
    assert len(set(data.group)) < 1800
    frame = data.frame(0)
    assert frame.shape == (200, 200)
    assert frame.meta["colour"] == "grey stored as colour"


def test_the_grey_textures_have_many_sizes():
    data = open_dataset(shared("kth_tips_gray"))
    assert (len(data), len(data.classes)) == (810, 10)
    assert len({frame.shape for frame in data.frames(range(0, 810, 9))}) > 1
    assert data.frame(0).meta["scale"] == "1"


def test_opening_loads_no_heavy_package(put):
    folder = put("a/0.png", "b/1.png")
    code = (
        "import sys; from featcls import open_dataset; d = open_dataset(sys.argv[1]); d.frame(0);"
        "print(*{'scipy', 'sklearn', 'h5py', 'tifffile', 'matplotlib'} & set(sys.modules))"
    )
    run = [sys.executable, "-c", code, str(folder)]
    assert subprocess.run(run, check=True, capture_output=True, text=True).stdout.strip() == ""


def test_regions_of_a_frame_have_names_and_stay_together(put):
    folder = put("a.png", "b.png")
    rows = [f'{name},x,"0:{k},0:4"' for name in ("a.png", "b.png") for k in (1, 2)]
    (folder / "manifest.csv").write_text("\n".join(["path,label,roi", *rows]) + "\n")
    data = open_dataset(folder)
    assert data.frame_ids[:2] == ["a.png[0:1,0:4]", "a.png[0:2,0:4]"]
    assert data.frame(1).shape == (2, 4)
    assert data.frame(1).frame_id == data.frame_ids[1]
    assert data.group.tolist() == ["a.png", "a.png", "b.png", "b.png"]


@pytest.mark.parametrize("n_threads", [0, 2])
def test_outcomes_are_frames_or_the_errors_of_broken_ones_in_order(put, n_threads):
    folder = put(*(f"{k}.png" for k in range(9)))
    (folder / "4.png").write_bytes(b"\x89PNG\r\n\x1a\nand no more")
    data = open_dataset(folder, labelled=False)
    found = list(data.outcomes(n_threads=n_threads))
    assert isinstance(found.pop(4), UnreadableFrameError)
    assert [frame.frame_id for frame in found] == [f"{k}.png" for k in range(9) if k != 4]
    assert [frame.frame_id for frame in data.outcomes([3, 1])] == ["3.png", "1.png"]
