"""Compressed files, through any reader."""

import bz2
import gzip
import os

import numpy as np
import pytest
from PIL import Image

from featcls.data import unpack
from featcls.dataset import open_dataset
from featcls.errors import DataError, UnreadableFrameError

IMAGE = np.random.default_rng(0).integers(0, 60000, (20, 30)).astype(np.uint16)
CODECS = {".gz": gzip.compress, ".bz2": bz2.compress}


@pytest.fixture
def plain(tmp_path):
    """One picture in three formats, by ending."""
    np.save(tmp_path / "a.npy", IMAGE)
    Image.fromarray(IMAGE).save(tmp_path / "a.png")
    Image.fromarray(IMAGE).save(tmp_path / "a.tif")
    return {end: (tmp_path / f"a{end}").read_bytes() for end in (".npy", ".png", ".tif")}


@pytest.mark.parametrize("ending", CODECS)
@pytest.mark.parametrize("inner", [".npy", ".png", ".tif"])
def test_a_compressed_file_is_read_as_the_plain_one(tmp_path, plain, inner, ending):
    folder = tmp_path / "packed"
    folder.mkdir()
    path = folder / f"shot{inner}{ending}"
    path.write_bytes(CODECS[ending](plain[inner]))
    data = open_dataset(folder, labelled=False)
    assert data.frame_ids == [path.name]
    assert np.array_equal(data.frame(0).image, IMAGE)
    assert data.bad_frames() == {}


def test_labels_come_through_and_copies_go_when_the_file_is_closed(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    monkeypatch.setattr("tempfile.tempdir", None)
    (tmp_path / "tmp").mkdir()
    np.savez(tmp_path / "s.npz", images=np.stack([IMAGE] * 2), labels=["a", "b"])
    packed = tmp_path / "s.npz.gz"
    packed.write_bytes(gzip.compress((tmp_path / "s.npz").read_bytes()))
    data = open_dataset(packed)
    assert data.classes == ("a", "b")
    assert np.array_equal(data.frame(1).image, IMAGE)
    assert os.listdir(tmp_path / "tmp")
    del data
    assert not os.listdir(tmp_path / "tmp")


@pytest.mark.parametrize("ending", CODECS)
def test_every_truncation_is_an_error_that_names_the_file(tmp_path, plain, ending):
    packed = CODECS[ending](plain[".tif"])
    path = tmp_path / f"cut.tif{ending}"
    for size in np.random.default_rng(0).integers(5, len(packed) - 1, 25):
        path.write_bytes(packed[:size])
        with pytest.raises((UnreadableFrameError, DataError), match=r"cut\.tif"):
            open_dataset(path, labelled=False).frame(0)


def test_a_flipped_byte_is_found_by_the_checksum(tmp_path, plain):
    packed = bytearray(gzip.compress(plain[".npy"]))
    path = tmp_path / "flip.npy.gz"
    for at in range(20, len(packed) - 1, 97):
        flipped = packed.copy()
        flipped[at] ^= 4
        path.write_bytes(flipped)
        with pytest.raises((UnreadableFrameError, DataError), match="flip"):
            open_dataset(path, labelled=False).frame(0)


def test_a_bomb_is_refused_before_it_fills_the_disk(tmp_path, monkeypatch):
    monkeypatch.setattr(unpack, "FLOOR", 2**20)
    bomb = gzip.compress(bytes(30 * 2**20))  # 1:1000
    path = tmp_path / "bomb.npy.gz"
    header = np.lib.format.MAGIC_PREFIX
    path.write_bytes(gzip.compress(header + bytes(100)) + bomb)
    monkeypatch.setattr(unpack, "MAX_RATIO", 20)
    np.save(tmp_path / "x.npy", IMAGE)
    with pytest.raises((UnreadableFrameError, DataError), match="unpacks to more than"):
        open_dataset(path, labelled=False).frame(0)


def test_an_error_inside_names_the_compressed_file(tmp_path):
    path = tmp_path / "short.npy.gz"
    np.save(tmp_path / "x.npy", IMAGE)
    path.write_bytes(gzip.compress((tmp_path / "x.npy").read_bytes()[:-10]))
    data = open_dataset(path, labelled=False)
    with pytest.raises(
        UnreadableFrameError, match=r"short\.npy\.gz: .* its header asks for"
    ) as raised:
        data.frame(0)
    assert "featcls-" not in str(raised.value)
