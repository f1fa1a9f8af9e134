"""Public data sets, on files that are written here as the originals lie."""

import h5py
import numpy as np
import pytest

from featcls.dataset import open_dataset
from featcls.errors import DataError
from featcls.splits import assign_splits


@pytest.fixture
def diffranet(put, tmp_path):
    places = [f"synthetic/{s}/{k}" for s in ("train", "validation", "test") for k in range(1, 6)]
    for part in ("real_raw", "real_preprocessed", "real/raw"):
        places += [f"{part}/{s}/{k}" for s in ("validation", "test") for k in (1, 2)]
    for place in places:
        put(*(f"{place}/{k}.png" for k in range(2)))
    return tmp_path / "data"


def test_synthetic_classes_of_diffranet_have_their_names(diffranet):
    data = open_dataset(diffranet / "synthetic")
    assert data.classes == ("blank", "good", "no-crystal", "strong", "weak")
    first = {data.frame_ids[i]: data.classes[code] for i, code in enumerate(data.y)}
    assert first["train/1/0.png"] == "blank"
    assert first["test/5/1.png"] == "strong"
    assert set(data.split) == {"train", "validation", "test"}


@pytest.mark.parametrize("part", ["real_raw", "real_preprocessed", "real/raw"])
def test_real_images_of_diffranet_learn_from_their_validation_split(diffranet, part):
    data = open_dataset(diffranet / part)
    assert data.classes == ("diffraction", "no-diffraction")
    assert data.split.tolist() == ["test"] * 4 + ["train"] * 4
    assert data.classes[data.y[data.frame_ids.index("test/2/0.png")]] == "diffraction"


def test_all_of_diffranet_at_once_is_refused(diffranet, tmp_path):
    import shutil

    shutil.rmtree(diffranet / "real")
    with pytest.raises(DataError, match="the parts real_preprocessed, real_raw, synthetic of"):
        open_dataset(diffranet)


def test_other_numbered_classes_keep_their_numbers(put):
    folder = put(*(f"{split}/{k}/0.png" for split in ("train", "test") for k in range(1, 6)))
    assert open_dataset(folder).classes == ("1", "2", "3", "4", "5")


def idh5(path, n_chunks=2, n=3, side=12):
    """Write a run as the files of CXIDB 76 are, smaller."""
    rng = np.random.default_rng(0)
    with h5py.File(path, "w") as file:
        metadata = file.create_group("metadata")
        metadata["idh5_version"] = "idh5_v1.0"
        for name, value in {
            "BEAM_CENTER_X": 0.66,
            "BEAM_CENTER_Y": 0.55,
            "PIXEL_SIZE": 0.11,
            "SIZE1": side,
            "SIZE2": side,
            "SATURATED_VALUE": 60000.0,
            "MIN_TRUSTED_VALUE": -100.0,
        }.items():
            metadata[name] = value
        for chunk in range(n_chunks):
            group = file.create_group(f"data/chunk{chunk:02d}")
            group["images"] = rng.integers(0, 99, (n, side, side), dtype=np.int32) + 100 * chunk
            group["distance"] = np.full(n, 100.0 + chunk)
            group["wavelength"] = np.full(n, 1.3 + 0.1 * chunk)
            group["timestamp"] = [f"2013-03-11T10:00:0{k}" for k in range(n)]


@pytest.fixture
def ke(tmp_path):
    for name, run in (("L498", "r0027"), ("LG36", "r0087"), ("LN84", "r0095")):
        (tmp_path / name).mkdir()
        idh5(tmp_path / name / f"{run}_2000.h5")
        words = ("MISS", "HIT", "MAYBE", "HIT", "None", "MISS")
        lines = [f"{run}_2000.h5 [{k}] {word}" for k, word in enumerate(words, 1)]
        (tmp_path / name / "expert_annotation.txt").write_text("\n".join(lines) + "\n")
        (tmp_path / name / "dials_annotation.txt").write_text("00002    22 Hit\n")
    return tmp_path


def test_runs_of_cxidb_76_have_the_labels_of_their_expert(ke):
    data = open_dataset(ke)
    assert data.classes == ("hit", "maybe", "miss")
    assert data.frame_ids[:5] == [f"L498/r0027_2000.h5#{k}" for k in (0, 1, 2, 3, 5)]
    assert data.class_counts() == {"hit": 6, "maybe": 3, "miss": 6}
    assert set(data.group) == {f"{p}_2000.h5" for p in ("L498/r0027", "LG36/r0087", "LN84/r0095")}
    assert len(set(data.group[assign_splits(data).test])) == 1


def test_chunks_of_cxidb_76_follow_one_another_with_their_geometry(ke):
    data = open_dataset(ke / "L498" / "r0027_2000.h5", labelled=False)
    assert len(data) == 6
    assert [data.frame(k).image.min() >= 100 for k in range(6)] == [False] * 3 + [True] * 3
    geometry = data.frame(4).geometry
    assert geometry.beam_center == pytest.approx((4.5, 5.5))
    assert geometry.pixel_size == pytest.approx(110e-6)
    assert geometry.distance == pytest.approx(0.101)
    assert geometry.wavelength == pytest.approx(1.4e-10)


def test_an_annotated_run_that_was_not_loaded_is_left_out(ke):
    (ke / "LG36" / "r0087_2000.h5").unlink()
    with pytest.warns(UserWarning, match=r"not there are left out: r0087_2000\.h5"):
        assert len(open_dataset(ke)) == 10
    for path in ke.rglob("*.h5"):
        path.unlink()
    np.save(ke / "other.npy", np.zeros((3, 3)))
    with pytest.raises(DataError, match=r"names r0027_2000\.h5, .*which is not there"):
        open_dataset(ke)


def droplets(folder, classes):
    """Write images with one column of labels a class, as the helium droplets may be."""
    with h5py.File(folder / f"{len(classes)}.h5", "w") as file:
        file["images"] = np.random.default_rng(0).integers(0, 9, (4, 16, 16), dtype=np.uint16)
        file["labels"] = np.array([[1, 0, 1], [0, 1, 0], [0, 0, 0], [1, 0, 0]], np.int16)
        if classes:
            file["classes"] = classes
    return open_dataset(folder / f"{len(classes)}.h5")


def test_labels_of_several_classes_stand_beside_the_images(tmp_path):
    data = droplets(tmp_path, ["Spherical/Oblate", "Prolate", "Newton rings"])
    assert data.multilabel
    assert data.class_counts() == {"Newton rings": 1, "Prolate": 1, "Spherical/Oblate": 2}
    assert droplets(tmp_path, []).classes == ("0", "1", "2")
    with pytest.raises(DataError, match="has 3 columns for 1 classes"):
        droplets(tmp_path, ["one"])


def test_runs_of_each_sample_in_a_folder_are_classes_and_groups(tmp_path):
    """As CXIDB 10 is sorted: a folder for each particle with the files of its runs."""
    rng = np.random.default_rng(0)
    for sample in ("PBCV-1", "T4"):
        (tmp_path / sample).mkdir()
        for run in range(3):
            with h5py.File(tmp_path / sample / f"r{run:04d}.cxi", "w") as file:
                file["entry_1/data_1/data"] = rng.integers(0, 9, (5, 16, 16), dtype=np.uint16)
    data = open_dataset(tmp_path)
    assert data.class_counts() == {"PBCV-1": 15, "T4": 15}
    roles = assign_splits(data)
    assert not set(data.runs[roles.train]) & set(data.runs[roles.test])
    assert set(data.y[roles.test]) == {0, 1}
