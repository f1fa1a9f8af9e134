import os

import h5py
import numpy as np
import pytest
from numpy.testing import assert_array_equal

from featcls.data.hdf5.reader import Hdf5Reader
from featcls.errors import UnreadableFrameError, UsageError
from featcls.plugins import registry
from featcls.simulate.sfx import write_sfx
from featcls.testing import check_reader


def stack(*shape, dtype=np.uint16):
    return np.random.default_rng(0).integers(0, 200, shape).astype(dtype)


def written(folder, name="a.h5", **datasets):
    """File of data sets; `__` in a name stands for `/`."""
    path = folder / name
    with h5py.File(path, "w") as file:
        for key, values in datasets.items():
            file[key.replace("__", "/")] = values
    return str(path)


def images(path, dataset="", **options):
    return [frame.image for frame in Hdf5Reader(**options).frames(path, dataset)]


def refusal(path, dataset="", **options):
    with pytest.raises(UnreadableFrameError) as caught:
        images(path, dataset, **options)
    return str(caught.value)


def test_the_reader_keeps_the_contract(tmp_path):
    written(tmp_path, "a.h5", images=stack(3, 20, 15))
    with h5py.File(tmp_path / "b.h5", "w") as file:
        file.create_dataset("x", data=stack(5, 20, 15), chunks=(2, 20, 15), compression="gzip")
        file["labels"] = ["a", "b", "a", "a", "c"]
    with h5py.File(tmp_path / "c.cxi", "w", userblock_size=512) as file:
        file["entry_1/data_1/data"] = stack(2, 3, 20, 15)
        file["entry_1/data_1/mask"] = stack(3, 20, 15) % 2
    report = check_reader(registry().get("reader", "hdf5"), sorted(tmp_path.iterdir()))
    assert not report.failed
    assert not report.skipped


@pytest.mark.parametrize("dtype", ["u1", "u2", ">i4", "i8", "f4", ">f8", "f2", "?"])
def test_values_come_as_they_are_stored(tmp_path, dtype):
    values = stack(3, 9, 8, dtype=np.dtype(dtype))
    path = written(tmp_path, x=values)
    assert_array_equal(images(path, "/x", flags=False), values)


def test_a_single_image_has_the_name_of_the_file(tmp_path):
    path = written(tmp_path, x=stack(9, 8))
    (frame,) = Hdf5Reader().frames(path)
    assert frame.frame_id == path
    assert Hdf5Reader().frames(path, "/x")[0].frame_id == f"{path}::/x"


def test_all_leading_dimensions_count_frames(tmp_path):
    values = stack(2, 3, 9, 8)
    path = written(tmp_path, x=values)
    assert_array_equal(images(path), values.reshape(6, 9, 8))
    assert Hdf5Reader().frames(path)[4].frame_id == f"{path}#4"
    assert Hdf5Reader().frames(path, "/x")[4].frame_id == f"{path}::/x#4"


def test_panels_lie_one_below_the_other_or_are_frames(tmp_path):
    values = stack(2, 4, 8, 5, 10)
    path = written(tmp_path, x=values)
    slabs = Hdf5Reader("/x", panels="slab").frames(path)
    assert_array_equal([frame.image for frame in slabs], values.reshape(2, 160, 10))
    assert slabs[1].meta["panels"] == "32 of 5 x 10, one below the other"
    assert_array_equal(images(path, "/x", panels="each"), values.reshape(64, 5, 10))
    with pytest.raises(UsageError, match="panels is 'all'"):
        images(path, "/x", panels="all")


def test_panels_of_cxi_are_one_frame(tmp_path):
    values = stack(2, 4, 8, 10)
    path = written(tmp_path, entry_1__data_1__data=values)
    assert_array_equal(images(path), values.reshape(2, 32, 10))


def test_several_candidates_are_listed_with_the_remedy(tmp_path):
    path = written(tmp_path, a=stack(2, 9, 8), b=stack(9, 8), table=stack(20, 3), mask=stack(9, 8))
    said = refusal(path)
    assert "it holds 2 data sets of images: /a, /b" in said
    assert f"{path}::/a" in said
    assert_array_equal(images(path, "/b"), stack(1, 9, 8))
    assert_array_equal(Hdf5Reader(dataset="/b").frames(path)[0].image, stack(9, 8))


def test_a_wrong_name_is_told_what_there_is(tmp_path):
    path = written(tmp_path, g__x=stack(9, 8), tiny=stack(2, 2))
    assert "it has no /y; it holds /g/x" in refusal(path, "/y")
    assert "/g is a group that names no signal" in refusal(path, "/g")


@pytest.mark.parametrize(
    ("values", "what"),
    [
        (["text"] * 9, "holds text"),
        (np.zeros((9, 9), [("a", "i4"), ("b", "f4")]), "records of a, b"),
        (np.zeros((9, 9), "c8"), "values of type complex64"),
        (np.zeros((0, 9, 9), "u2"), "is empty"),
        (np.zeros(9, "u2"), "no image"),
    ],
)
def test_what_is_no_image_is_refused_by_name(tmp_path, values, what):
    assert what in refusal(written(tmp_path, x=values), "/x")


def test_a_file_without_images_says_so(tmp_path):
    assert "it holds no images" in refusal(written(tmp_path, x=["text"], y=stack(20, 3)))


def test_labels_beside_the_images_reach_the_rows(tmp_path):
    path = written(
        tmp_path,
        entry_1__data_1__data=stack(2, 9, 8),
        entry_1__labels=["hit;ice", "miss"],
        weight=[1.0, 0.5],
        group=[7, 8],
    )
    assert Hdf5Reader().rows(path) == [
        {"label": "hit;ice", "weight": 1.0, "group": 7},
        {"label": "miss", "weight": 0.5, "group": 8},
    ]
    fixed = written(tmp_path, "c.h5", x=stack(2, 9, 8), labels=np.array([b"hit", b"miss"]))
    assert [row["label"] for row in Hdf5Reader().rows(fixed)] == ["hit", "miss"]
    wrong = written(tmp_path, "b.h5", x=stack(3, 9, 8), labels=["hit"])
    with pytest.raises(UnreadableFrameError, match=r"/labels has shape \(1,\) for 3 frames"):
        Hdf5Reader().rows(wrong)


def test_simulated_hdf5_gives_back_labels_mask_and_geometry(tmp_path):
    write_sfx(tmp_path / "out", 4, seed=1, format="hdf5", tiling="rayonix", shape=(96, 80))
    (path,) = map(str, tmp_path.glob("out/*.h5"))
    with h5py.File(path) as file:
        counts, dead = (
            file["entry_1/data_1/data"][:],
            file["entry_1/instrument_1/detector_1/mask"][:],
        )
    frames = Hdf5Reader().frames(path)
    assert len(frames) == len(Hdf5Reader().rows(path)) == 4
    assert all(row["label"] for row in Hdf5Reader().rows(path))
    for frame, image in zip(frames, counts, strict=True):
        bad = (dead != 0) | (image == np.iinfo(image.dtype).max)
        assert_array_equal(frame.valid, ~bad)
        assert_array_equal(frame.image[~bad], image[~bad])
        assert frame.geometry.wavelength == pytest.approx(1.3e-10, rel=0.5)


def signal_on_the_group(file):
    file.attrs["default"] = "entry"
    file["entry"].attrs["default"] = "plot"
    file["entry/plot"].attrs["signal"] = "b"


def signal_on_the_data(file):
    file["entry/plot"].attrs["NX_class"] = "NXdata"
    file["entry/plot/b"].attrs["signal"] = np.bytes_("1")


def signal_of_the_only_plot(file):
    file["entry/plot"].attrs.update(NX_class="NXdata", signal="b")


def data_of_the_detector(file):
    file["entry/detector"] = h5py.SoftLink("/entry/hidden")
    file["entry/hidden/data"] = file["entry/plot/b"]
    file["entry/hidden"].attrs["NX_class"] = "NXdetector"


@pytest.mark.parametrize(
    "mark",
    [signal_on_the_group, signal_on_the_data, signal_of_the_only_plot, data_of_the_detector],
    ids=lambda mark: mark.__name__,
)
def test_nexus_says_which_data_set_is_meant(tmp_path, mark):
    path = written(tmp_path, entry__plot__a=stack(9, 8), entry__plot__b=stack(2, 9, 8) + 1)
    with h5py.File(path, "a") as file:
        file["entry"].create_group("hidden")
        mark(file)
    assert_array_equal(images(path), stack(2, 9, 8) + 1)


def test_data_files_of_eiger_follow_one_another_in_order(tmp_path):
    values = stack(12, 9, 8)
    with h5py.File(tmp_path / "a_master.h5", "w") as file:
        for k in range(12):
            written(tmp_path, f"a_data_{k}.h5", entry__data__data=values[k : k + 1])
            link = h5py.ExternalLink(f"a_data_{k}.h5", "/entry/data/data")
            file[f"entry/data/data_{k + 1:06d}"] = link
    frames = Hdf5Reader().frames(str(tmp_path / "a_master.h5"))
    assert_array_equal([frame.image for frame in frames], values)
    assert_array_equal(frames[0].image, values[0])
    assert frames[11].frame_id.endswith("a_master.h5#11")
    os.remove(tmp_path / "a_data_3.h5")
    said = refusal(str(tmp_path / "a_master.h5"))
    assert "links to a_data_3.h5, which is not there; put it beside" in said


def test_data_files_of_other_shapes_are_refused(tmp_path):
    path = written(tmp_path, entry__data__data_1=stack(9, 8), entry__data__data_2=stack(9, 9))
    assert "/entry/data/data_1 holds uint16 (9, 8), /entry/data/data_2 uint16 (9, 9)" in refusal(
        path
    )


def test_new_pixels_in_a_linked_file_are_new_pixels(tmp_path):
    data = written(tmp_path, "data.h5", x=stack(9, 8))
    path = str(tmp_path / "a.h5")
    with h5py.File(path, "w") as file:
        file["x"] = h5py.ExternalLink("data.h5", "/x")
    before = Hdf5Reader().hash_pixels(path)
    assert before == Hdf5Reader().hash_pixels(path)
    with h5py.File(data, "a") as file:
        file["x"][0, 0] = 999
    assert Hdf5Reader().hash_pixels(path) != before


@pytest.mark.parametrize("chunks", [(1, 9, 8), (4, 9, 8), (3, 5, 3), None])
def test_frames_come_in_any_order_from_any_chunks(tmp_path, chunks):
    values = stack(10, 9, 8)
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset("x", data=values, chunks=chunks)
    frames = Hdf5Reader().frames(str(path))
    for k in (7, 0, 9, 3, 3):
        assert_array_equal(frames[k].image, values[k])


def test_a_chunk_of_many_frames_is_unpacked_once(tmp_path):
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset("x", data=stack(32, 600, 512), chunks=(32, 600, 512))
    dataset = Hdf5Reader()._open(str(path), "")[1].stack._dataset(0)
    access = dataset.id.get_access_plist()
    assert access.get_chunk_cache()[1] == 32 * 600 * 512 * 2
