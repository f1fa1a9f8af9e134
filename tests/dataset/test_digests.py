import os
import shutil
import time

import numpy as np
import pytest
from PIL import Image

from featcls.data import base
from featcls.dataset import digests, from_arrays, open_dataset


@pytest.fixture
def folder(put):
    folder = put("a/1.png", "a/2.png", "b/3.png", "b/4.png")
    manifest(folder)
    return folder


def manifest(
    folder, header="path,label", rows=("a/1.png,x", "a/2.png,x", "b/3.png,y", "b/4.png,y")
):
    (folder / "manifest.csv").write_text("\n".join([header, *rows]) + "\n")


def ids(folder, **options):
    data = open_dataset(folder, **options)
    return data.pixels_id, data.dataset_id


def test_the_same_data_has_the_same_digests(folder):
    assert ids(folder) == ids(folder)
    assert all(len(digest) == 64 for digest in ids(folder))


@pytest.mark.parametrize(
    ("header", "rows"),
    [
        ("path,label", ["a/1.png,y", "a/2.png,x", "b/3.png,y", "b/4.png,y"]),
        ("path,label", ["a/1.png,x", "a/2.png,x", "b/3.png,z", "b/4.png,z"]),
        ("# classes: y;x\npath,label", ["a/1.png,x", "a/2.png,x", "b/3.png,y", "b/4.png,y"]),
        ("path,label,split", ["a/1.png,x,", "a/2.png,x,test", "b/3.png,y,", "b/4.png,y,"]),
        ("path,label,group", ["a/1.png,x,1", "a/2.png,x,1", "b/3.png,y,2", "b/4.png,y,2"]),
        ("path,label,weight", ["a/1.png,x,1", "a/2.png,x,2", "b/3.png,y,1", "b/4.png,y,1"]),
    ],
)
def test_what_is_said_of_frames_changes_the_dataset_id_alone(folder, header, rows):
    pixels, everything = ids(folder)
    manifest(folder, header, rows)
    assert ids(folder)[0] == pixels
    assert ids(folder)[1] != everything


def test_one_pixel_changes_both(folder):
    before = ids(folder)
    image = np.full((3, 4), 2, np.uint8)  # as b/3.png is
    image[0, 0] = 7
    Image.fromarray(image).save(folder / "b" / "3.png")
    after = ids(folder)
    assert after[0] != before[0]
    assert after[1] != before[1]


def test_the_order_of_frames_changes_both(folder):
    before = ids(folder)
    manifest(folder, rows=["a/2.png,x", "a/1.png,x", "b/3.png,y", "b/4.png,y"])
    assert not set(ids(folder)) & set(before)


def test_columns_that_mean_nothing_change_nothing(folder):
    before = ids(folder)
    manifest(
        folder,
        "path,label,note",
        [f"{p},n" for p in ("a/1.png,x", "a/2.png,x", "b/3.png,y", "b/4.png,y")],
    )
    assert ids(folder) == before


def test_a_data_set_may_be_moved_and_its_files_renamed(folder, tmp_path):
    before = ids(folder)
    moved = tmp_path / "moved"
    shutil.move(folder, moved)
    os.rename(moved / "a" / "1.png", moved / "a" / "first.png")
    manifest(moved, rows=["a/first.png,x", "a/2.png,x", "b/3.png,y", "b/4.png,y"])
    assert ids(moved) == before


def test_without_labels_the_pixels_are_the_same(folder):
    assert ids(folder, labelled=False)[0] == ids(folder)[0]


def test_a_frame_of_a_stack_is_another_one_than_its_neighbour(tmp_path):
    images = np.zeros((3, 2, 2))
    np.save(tmp_path / "s.npy", images)
    seen = set()
    for index in range(3):
        (tmp_path / "manifest.csv").write_text(f"path,label\ns.npy#{index},x\n")
        seen.add(open_dataset(tmp_path).pixels_id)
    assert len(seen) == 3


def test_a_region_or_a_mask_makes_other_pixels(folder):
    before = ids(folder)
    rows = ["a/2.png,x,,", "b/3.png,y,,", "b/4.png,y,,"]
    np.save(folder / "m.npy", np.eye(3, 4))
    seen = {before[0]}
    for first in ('a/1.png,x,"0:2,0:2",', 'a/1.png,x,"0:2,1:3",', "a/1.png,x,,m.npy"):
        manifest(folder, "path,label,roi,mask", [first, *rows])
        seen.add(ids(folder)[0])
    assert len(seen) == 4
    np.save(folder / "m.npy", np.ones((3, 4)))
    assert ids(folder)[0] not in seen
    manifest(folder, "path,label,roi,mask", ["a/1.png,x,,", *rows])
    assert ids(folder) == before


def test_relabelled_arrays_are_the_same_pixels(tmp_path):
    images = np.random.default_rng(0).random((4, 3, 3))
    one = open_dataset(from_arrays(images, "aabb", tmp_path / "1"))
    two = open_dataset(from_arrays(images, "abab", tmp_path / "2"))
    assert one.pixels_id == two.pixels_id
    assert one.dataset_id != two.dataset_id
    np.savez(tmp_path / "x.npz", images=images, labels=[0, 0, 1, 1])
    first = ids(tmp_path / "x.npz")
    np.savez(tmp_path / "x.npz", images=images, labels=[0, 1, 0, 1])
    assert ids(tmp_path / "x.npz")[0] == first[0]
    assert ids(tmp_path / "x.npz")[1] != first[1]


def test_simulated_data_is_named_by_its_options_without_rendering(monkeypatch):
    from featcls.simulate import reader

    monkeypatch.setattr(reader.SimulateReader, "_frame", lambda *_: pytest.fail("rendered"))

    def digest(**options):
        return open_dataset(None, reader="simulate", options=options).pixels_id

    assert digest(n=5) == digest(n=5, seed=0, preset="diffranet-figure@1")
    assert len({digest(n=5), digest(n=6), digest(n=5, seed=1)}) == 3
    monkeypatch.setattr(reader.SimulateReader, "version", 2)
    before = digest(n=5)
    monkeypatch.setattr(reader.SimulateReader, "version", 3)
    assert digest(n=5) != before


def test_settled_files_are_hashed_once(folder, monkeypatch):
    for path in folder.rglob("*.png"):
        os.utime(path, ns=(0, time.time_ns() - 2 * digests.SETTLED_NS))
    before = ids(folder)
    monkeypatch.setattr(base.Reader, "hash_pixels", lambda *_: pytest.fail("hashed again"))
    assert ids(folder) == before


def test_a_file_that_changed_a_moment_ago_is_not_trusted(folder):
    path = folder / "a" / "1.png"
    state, before = os.stat(path), ids(folder)
    data = path.read_bytes()
    path.write_bytes(data[:-1] + b"!")
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    # Same size, same time stamp, another content.
    assert ids(folder)[0] != before[0]


def test_a_cache_folder_that_cannot_be_made_changes_nothing(folder, tmp_path, monkeypatch):
    before = ids(folder)
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("FEATCLS_CACHE_DIR", str(tmp_path / "file" / "below"))
    assert ids(folder) == before


def test_a_damaged_memo_changes_nothing(folder, cache):
    before = ids(folder)
    (cache / "files.sqlite").write_bytes(b"not a database, but something else that is long")
    assert ids(folder) == before
