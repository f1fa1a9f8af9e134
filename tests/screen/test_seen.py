"""What a folder remembers of the files that it handed over."""

import os

import numpy as np
import pytest

from featcls.dataset.files import Files
from featcls.plugins import registry
from featcls.screen.sources import seen
from featcls.screen.sources.folder import Folder
from featcls.screen.sources.seen import Seen
from live_frames import save


@pytest.fixture
def soon_sorted(monkeypatch):
    """As if there were far more files: what was seen is sorted in after every fifth."""
    monkeypatch.setattr(seen, "RECENT", 5)


def test_no_file_is_new_twice_however_many_came_between(soon_sorted):
    files = [(f"run/{k:04d}.cbf", k % 7, k % 3) for k in range(1000)]
    known = Seen()
    assert all(known.add(*file) for file in files)
    assert not any(known.add(*file) for file in files)
    assert all(known.knows(*file) for file in files)
    assert not any(known.knows(path, size, changed + 3) for path, size, changed in files)
    assert known._sorted.nbytes == 8 * 1000


def test_files_of_any_age_come_once_in_whatever_order(soon_sorted, images, tmp_path):
    """A file that is younger than those before it, or far older, is not taken for one of them."""
    for k, image in enumerate(images):
        save(tmp_path / f"{k:02d}.npy", image)
        os.utime(tmp_path / f"{k:02d}.npy", (1e9 - 1000 * k, 1e9 - 1000 * k))
    folder = Folder(str(tmp_path), Files(registry(), None, {}, None), 0.1)
    assert len(list(folder._settled())) == 12
    assert list(folder._settled()) == []
    save(tmp_path / "late.npy", images[0])
    os.utime(tmp_path / "late.npy", (1e8, 1e8))
    assert [os.path.basename(one.frame_id) for one in folder._settled()] == ["late.npy"]
    np.save(tmp_path / "03.npy", np.ones((9, 9)))  # written again: another frame
    os.utime(tmp_path / "03.npy", (1e8, 1e8))
    assert [os.path.basename(one.frame_id) for one in folder._settled()] == ["03.npy"]


def test_a_file_that_came_again_makes_its_first_arrival_stale(images, tmp_path):
    path = tmp_path / "a.npy"
    save(path, images[0])
    folder = Folder(str(tmp_path), Files(registry(), None, {}, None), 0.1)
    (first,) = folder._closed(str(path))
    assert not first.stale()
    np.save(path, np.ones((9, 9)))
    assert not first.stale()  # nobody has told of it yet
    (again,) = folder._closed(str(path))
    assert first.stale()
    assert not again.stale()
