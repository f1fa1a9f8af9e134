import numpy as np
import pytest

from featcls.dataset import open_dataset
from featcls.dataset.write import write_manifest
from featcls.errors import DataError


def same(one, other):
    assert one.pixels_id == other.pixels_id
    assert one.dataset_id == other.dataset_id
    assert [record.extra for record in one.records] == [record.extra for record in other.records]


def test_what_is_written_opens_as_the_same_data_set(put, tmp_path):
    folder = put("a.png", "b.png", "sub/c.png")
    np.save(folder / "stack.npy", np.zeros((3, 3, 4), np.uint8))
    np.save(folder / "m.npy", np.eye(3, 4))
    rows = [
        "# classes: miss;hit",
        "path,label,split,group,weight,mask,roi,note",
        'a.png,hit,test,run 1,0.1,m.npy,"0:2,1:3",n',
        "b.png,miss,,,,,,",
        "sub/c.png,hit,val,,,,,",
        "stack.npy#2,miss,,,,,,",
    ]
    (folder / "manifest.csv").write_text("\n".join(rows) + "\n")
    data = open_dataset(folder)
    (tmp_path / "out").mkdir()
    for path in (tmp_path / "out" / "m.csv", folder / "sub" / "m.csv", folder / "m.csv"):
        write_manifest(path, data)
        same(open_dataset(path), data)


def test_several_labels_come_back(put):
    folder = put("a.png", "b.png")
    (folder / "manifest.csv").write_text("path,label\na.png,ring;\nb.png,ring;halo\n")
    data = open_dataset(folder)
    write_manifest(folder / "m.csv", data)
    same(open_dataset(folder / "m.csv"), data)


def test_columns_that_say_nothing_are_left_out(put):
    folder = put("x/a.png", "y/b.png")
    write_manifest(folder / "m.csv", open_dataset(folder))
    text = (folder / "m.csv").read_text()
    assert text == "# classes: x;y\npath,label,split\nx/a.png,x,train\ny/b.png,y,train\n"


def test_chosen_frames_get_other_labels_splits_and_groups(put):
    folder = put("x/a.png", "y/b.png", "y/c.png")
    write_manifest(
        folder / "m.csv",
        open_dataset(folder),
        indices=[2, 0],
        label=["hit", None, "miss"],
        split=["test", "train", "train"],
        group=np.array([4, 5, 6]),
    )
    text = (folder / "m.csv").read_text()
    assert text == "path,label,split,group\ny/c.png,miss,train,6\nx/a.png,hit,test,4\n"


def test_data_without_files_cannot_be_written_down(tmp_path):
    data = open_dataset(None, reader="simulate", options={"n": 2})
    with pytest.raises(DataError, match="no files that a manifest could name"):
        write_manifest(tmp_path / "m.csv", data)
