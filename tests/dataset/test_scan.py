import numpy as np
import pytest

from featcls.data import base, pillow, unpack
from featcls.dataset import open_dataset, scan
from featcls.errors import UnreadableFrameError


@pytest.fixture
def folder(put):
    folder = put(*(f"{name}/{i}.png" for name in "ab" for i in range(5)))
    data = (folder / "a" / "1.png").read_bytes()
    (folder / "a" / "1.png").write_bytes(data[:-20])
    (folder / "b" / "0.png").write_bytes(b"")
    (folder / "b" / "3.png").write_text("<html>not found</html>")
    return folder


def test_bad_frames_are_found_and_named_and_the_rest_is_read(folder):
    data = open_dataset(folder)
    bad = data.bad_frames()
    assert [data.frame_ids[i] for i in bad] == ["a/1.png", "b/0.png", "b/3.png"]
    assert all(isinstance(error, UnreadableFrameError) for error in bad.values())
    assert "cut short" in str(bad[1])
    assert "no reader understands it" in str(bad[5])
    good = [i for i in range(len(data)) if i not in bad]
    assert len(list(data.frames(good))) == 7
    for index, error in bad.items():
        with pytest.raises(UnreadableFrameError) as caught:
            data.frame(index)
        assert str(caught.value) == str(error)


def test_labels_and_digests_stay_usable_beside_bad_frames(folder):
    data = open_dataset(folder)
    assert data.class_counts() == {"a": 5, "b": 5}
    assert len(data.dataset_id) == 64


def test_a_second_look_reads_no_pixel(folder, monkeypatch):
    before = {i: str(error) for i, error in open_dataset(folder).bad_frames().items()}
    monkeypatch.setattr(scan.Files, "frame", lambda *_: pytest.fail("read again"))
    data = open_dataset(folder)
    assert {i: str(error) for i, error in data.bad_frames().items()} == before


def test_a_repaired_frame_is_good_again(folder):
    open_dataset(folder).bad_frames()
    (folder / "a" / "1.png").write_bytes((folder / "a" / "2.png").read_bytes())
    data = open_dataset(folder)
    assert [data.frame_ids[i] for i in data.bad_frames()] == ["b/0.png", "b/3.png"]


def test_a_bad_frame_in_a_stack_does_not_spoil_the_others(tmp_path):
    import tifffile

    stack = np.ones((3, 8, 8), np.uint16)
    tifffile.imwrite(tmp_path / "s.tif", stack, compression="zlib", photometric="minisblack")
    with tifffile.TiffFile(tmp_path / "s.tif") as tiff:
        at = tiff.pages[1].aspage().dataoffsets[0]
    with open(tmp_path / "s.tif", "r+b") as file:
        file.seek(at + 2)
        file.write(b"\xff\xff\xff")
    data = open_dataset(tmp_path, labelled=False)
    assert list(data.bad_frames()) == [1]
    assert "#1" in str(data.bad_frames()[1])


def test_simulated_frames_are_not_rendered_to_be_checked(monkeypatch):
    data = open_dataset(None, reader="simulate", options={"n": 5})
    monkeypatch.setattr(scan.Files, "frame", lambda *_: pytest.fail("rendered"))
    assert data.bad_frames() == {}


def test_frames_that_are_odd_but_legal_pass(tmp_path):
    images = {"one pixel": np.ones((1, 1)), "no number": np.full((3, 3), np.nan)}
    for name, image in images.items():
        np.save(tmp_path / f"{name}.npy", image)
    np.savez(tmp_path / "masked.npz", images=np.ones((1, 2, 2)), mask=np.ones((2, 2), bool))
    data = open_dataset(tmp_path, labelled=False)
    assert data.bad_frames() == {}
    status = {frame.frame_id: frame.status for frame in data.frames()}
    assert status == {"masked.npz": "masked", "no number.npy": "masked", "one pixel.npy": "ok"}


def test_a_file_that_is_closed_to_us_is_a_bad_frame_among_good_ones(folder, monkeypatch):
    def closed(path, *args, **options):
        if str(path).endswith("2.png"):
            raise PermissionError(13, "Permission denied", path)
        return open(path, *args, **options)

    for module in (base, unpack, pillow):
        monkeypatch.setattr(module, "open", closed, raising=False)
    data = open_dataset(folder)
    assert "Permission denied" in str(data.bad_frames()[2])
    assert len(data.dataset_id) == 64
