import io
import pickle
import zipfile

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from featcls.data.npy import NpyReader
from featcls.errors import UnreadableFrameError


def stack(n=3, dtype=np.uint16):
    return np.random.default_rng(0).integers(0, 200, (n, 5, 4)).astype(dtype)


def saved(tmp_path, save=np.savez, **arrays):
    path = tmp_path / "data.npz"
    save(path, **arrays)
    return str(path)


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", ["u1", ">i4", "f4", "?"])
def test_a_stack_gives_its_frames(tmp_path, order, dtype):
    array = np.asarray(stack(dtype=dtype), order=order)
    path = str(tmp_path / "data.npy")
    np.save(path, array)
    frames = NpyReader().frames(path)
    assert_array_equal([frame.image for frame in frames], array)
    assert frames[1].frame_id == f"{path}#1"


def test_a_single_image_is_one_frame(tmp_path):
    path = str(tmp_path / "data.npy")
    np.save(path, stack()[0])
    (frame,) = NpyReader().frames(path)
    assert frame.frame_id == path
    assert_array_equal(frame.image, stack()[0])


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_an_archive_gives_images_and_labels(tmp_path, save):
    path = saved(
        tmp_path, save, images=stack(), labels=["b", "a", "b"], weight=[1, 2, 0.5], group=[7, 7, 8]
    )
    assert_array_equal([frame.image for frame in NpyReader().frames(path)], stack())
    assert NpyReader().rows(path)[1] == {"label": "a", "weight": 2.0, "group": 7}


@pytest.mark.parametrize("one_mask", [True, False])
def test_masks_reach_the_frames(tmp_path, one_mask):
    mask = np.random.default_rng(1).random((3, 5, 4)) < 0.3
    path = saved(tmp_path, images=stack(), mask=mask[0] if one_mask else mask)
    for i, frame in enumerate(NpyReader().frames(path)):
        assert_array_equal(frame.mask, mask[0 if one_mask else i])
        assert_array_equal(frame.values, stack()[i][~frame.mask])


def test_class_names_stand_for_integer_labels_and_for_columns(tmp_path):
    path = saved(tmp_path, images=stack(), labels=[1, 0, 1], classes=["miss", "hit"])
    assert [row["label"] for row in NpyReader().rows(path)] == ["hit", "miss", "hit"]
    path = saved(tmp_path, images=stack(), labels=np.eye(3, 2, dtype=int), classes=["ice", "hit"])
    assert [row["label"] for row in NpyReader().rows(path)] == [["ice"], ["hit"], []]


def test_new_labels_are_not_new_pixels(tmp_path):
    def digest(**arrays):
        return NpyReader().hash_pixels(saved(tmp_path, images=stack(), **arrays))

    assert digest(labels=[0, 1, 2]) == digest(labels=[0, 0, 2])
    assert digest() != digest(mask=stack() > 100)


@pytest.mark.parametrize("save", ["npy", "npz", "compressed"])
def test_every_truncation_is_refused(tmp_path, save):
    buffer = io.BytesIO()
    if save == "npy":
        np.save(buffer, stack())
    else:
        (np.savez if save == "npz" else np.savez_compressed)(buffer, images=stack())
    data = buffer.getvalue()
    path = tmp_path / "data"
    for end in np.linspace(8, len(data) - 1, 40).astype(int):
        path.write_bytes(data[:end])
        with pytest.raises(UnreadableFrameError):
            NpyReader().frames(str(path))


def test_a_flipped_byte_in_an_archive_is_refused(tmp_path):
    path = saved(tmp_path, images=stack())
    with open(path, "r+b") as file:
        file.seek(-200 - 5 * 4, 2)
        byte = file.read(1)
        file.seek(-1, 1)
        file.write(bytes([byte[0] ^ 1]))
    with pytest.raises(UnreadableFrameError, match="CRC"):
        NpyReader().frames(path)


def test_nothing_is_unpickled(tmp_path, monkeypatch):
    monkeypatch.setattr(pickle, "load", lambda *_: pytest.fail("unpickled"))
    path = tmp_path / "data.npy"
    np.save(path, np.array([[{}]], object), allow_pickle=True)
    with pytest.raises(UnreadableFrameError, match="object"):
        NpyReader().frames(str(path))
    archive = saved(tmp_path, images=stack(), labels=np.array([{}, 1, 2], object))
    with pytest.raises(UnreadableFrameError, match="object"):
        NpyReader().rows(archive)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"pictures": stack()}, "no array 'images', only pictures"),
        ({"images": stack()[0, 0]}, r"shape \(4,\)"),
        ({"images": stack()[:0]}, r"shape \(0, 5, 4\)"),
        ({"images": stack().astype("U")}, "array is <U"),
        ({"images": stack(), "mask": np.zeros((2, 2), bool)}, "mask is bool of shape"),
        ({"images": stack(), "mask": stack()}, "mask is uint16"),
    ],
)
def test_arrays_that_are_no_images_are_refused(tmp_path, arrays, message):
    with pytest.raises(UnreadableFrameError, match=message):
        NpyReader().frames(saved(tmp_path, **arrays))


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"labels": [0, 1]}, "label has 2 entries for 3 images"),
        ({"labels": [0, 1, 2], "classes": ["a", "b"]}, "labels go up to 2"),
        ({"labels": np.full((3, 2), 2)}, "0 and 1"),
    ],
)
def test_columns_that_do_not_fit_are_refused(tmp_path, columns, message):
    path = saved(tmp_path, images=stack(), **columns)
    with pytest.raises(UnreadableFrameError, match=message):
        NpyReader().rows(path)


def test_a_compressed_archive_beyond_the_budget_is_refused(tmp_path):
    path = saved(tmp_path, np.savez_compressed, images=stack())
    with open(path, "rb") as file:
        data = bytearray(file.read())
    at = data.rindex(b"PK\x01\x02")  # the directory entry: its unpacked size
    data[at + 24 : at + 28] = (2**31).to_bytes(4, "little")
    with open(path, "wb") as file:
        file.write(data)
    with pytest.raises(UnreadableFrameError, match="unpacks to 2147483648 bytes from"):
        NpyReader().frames(path)


def test_a_header_in_a_compressed_archive_that_asks_for_more_is_refused_before_memory_is(tmp_path):
    buffer = io.BytesIO()
    np.save(buffer, stack())
    forged = buffer.getvalue().replace(b"(3, 5, 4), }    ", b"(30000000, 5, 4), }", 1)
    path = tmp_path / "data.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("images.npy", forged)
    with pytest.raises(UnreadableFrameError, match="its header asks for 1200000000 of uint16"):
        NpyReader().frames(str(path))


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_the_order_of_an_array_in_an_archive_does_not_matter(tmp_path, save):
    path = saved(tmp_path, save, images=np.asarray(stack(), order="F"))
    assert_array_equal([frame.image for frame in NpyReader().frames(path)], stack())


def test_other_archives_are_not_understood():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("word/document.xml", "")
    assert not NpyReader().understands("x.npz", buffer.getvalue())
