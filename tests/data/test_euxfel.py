"""Runs of the European XFEL: the mock runs that EXtra-data ships, with pixels written in."""

import h5py
import numpy as np
import pytest

from featcls.dataset import open_dataset
from featcls.errors import UnreadableFrameError

pytest.importorskip("extra_data")

from extra_data.tests import make_examples
from extra_data.tests.mockdata import write_file
from extra_data.tests.mockdata.basler_camera import BaslerCamera
from extra_data.tests.mockdata.detectors import AGIPDModule


def agipd(folder, raw, modules=(0, 1, 3), frames=2, trains=3):
    """A run of some AGIPD modules; pixels are 100 a module and 1 a shot."""
    folder.mkdir()
    for number in modules:
        path = folder / f"{'RAW' if raw else 'CORR'}-R0007-AGIPD{number:02d}-S00000.h5"
        module = AGIPDModule(f"SPB_DET_AGIPD1M-1/DET/{number}CH0", frames, raw=raw)
        write_file(str(path), [module], ntrains=trains, chunksize=32, format_version="1.0")
        with h5py.File(path, "r+") as file:
            images = file[f"INSTRUMENT/SPB_DET_AGIPD1M-1/DET/{number}CH0:xtdf/image"]
            pixels = np.full(images["data"].shape, 7000.0)  # of the gain
            shots = 100 * number + np.arange(frames * trains).reshape(-1, 1, 1)
            pixels[(slice(None), 0) if raw else ...] = shots
            images["data"][:] = pixels
            if not raw:
                images["mask"][4, 10, 20] = 1
    return folder


def test_a_run_folder_is_shots_of_all_modules_with_absent_ones_masked(tmp_path):
    data = open_dataset(agipd(tmp_path / "r0007", raw=True), labelled=False)
    assert data.frame_ids == [f"r0007#{k}" for k in range(6)]
    assert data.in_time
    frame = data.frame(3)
    assert frame.shape == (16 * 512, 128)
    assert frame.image.dtype == np.uint16
    assert frame.meta["train"] == 10001
    assert frame.meta["pulse"] == 1
    assert frame.meta["masked"] == {"module without data": 13 * 512 * 128}
    for number in (0, 1, 3):
        own = slice(512 * number, 512 * (number + 1))
        assert (frame.image[own] == 100 * number + 3).all()
        assert not frame.mask[own].any()


def test_the_mask_of_corrected_data_counts_unless_stored_values_are_wanted(tmp_path):
    run = agipd(tmp_path / "r0007", raw=False)
    frame = open_dataset(run, labelled=False).frame(4)
    assert frame.image.dtype == np.float32
    assert frame.meta["masked"]["mask of the file"] == 3
    assert frame.mask[512 + 10, 20]
    bare = open_dataset(run, labelled=False, options={"flags": False}).frame(4)
    assert (bare.image[512:1024] == 104).all()


def test_a_file_of_a_run_is_its_own_module(tmp_path):
    run = agipd(tmp_path / "r0007", raw=True)
    data = open_dataset(run / "RAW-R0007-AGIPD03-S00000.h5", labelled=False)
    assert len(data) == 6
    assert data.frame(5).shape == (512, 128)
    assert (data.frame(5).image == 305).all()
    assert data.frame(5).mask is None


def test_runs_have_labels_by_folder_or_manifest_and_their_content_a_digest(tmp_path):
    one = agipd(tmp_path / "one", raw=True, modules=(0,), trains=2)
    (tmp_path / "d" / "hit").mkdir(parents=True)
    (tmp_path / "d" / "miss").mkdir()
    one.rename(tmp_path / "d" / "hit" / "r1")
    agipd(tmp_path / "d" / "miss" / "r2", raw=True, modules=(0,), trains=2)
    data = open_dataset(tmp_path / "d")
    assert data.class_counts() == {"hit": 4, "miss": 4}
    assert data.runs.tolist() == [0] * 4 + [1] * 4
    before = data.pixels_id
    with h5py.File(tmp_path / "d" / "hit" / "r1" / "RAW-R0007-AGIPD00-S00000.h5", "r+") as file:
        file["INSTRUMENT/SPB_DET_AGIPD1M-1/DET/0CH0:xtdf/image/data"][0, 0, 0, 0] = 9
    assert open_dataset(tmp_path / "d").pixels_id != before
    (tmp_path / "d" / "m.csv").write_text("path,frame,label\nhit/r1,2,a\nmiss/r2,0,b\nhit,,a\n")
    rows = open_dataset(tmp_path / "d" / "m.csv")
    assert rows.frame_ids == ["hit/r1#2", "miss/r2#0", "hit"]
    assert rows.frame(0).meta["train"] == 10001
    with pytest.raises(UnreadableFrameError, match="no reader understands it; it is a folder"):
        rows.frame(2)


def test_pulses_of_a_jungfrau_and_modules_that_missed_a_train(tmp_path):
    (tmp_path / "jf").mkdir()
    make_examples.make_fxe_jungfrau_run(tmp_path / "jf")
    with pytest.raises(UnreadableFrameError, match="name a source"):
        open_dataset(tmp_path / "jf", labelled=False).frame(0)
    options = {"source": "FXE_XAD_JF1M"}
    for path in (tmp_path / "jf").glob("*R0012*"):
        with h5py.File(path, "r+") as file:
            source = f"JNGFR{path.name.partition('JNGFR')[2][:2]}:daqOutput"
            adc = file[f"INSTRUMENT/FXE_XAD_JF1M/DET/{source}/data/adc"]
            adc[1] = np.repeat(np.arange(16.0), 512 * 1024).reshape(adc.shape[1:])
    data = open_dataset(tmp_path / "jf", reader="euxfel", labelled=False, options=options)
    assert len(data) == 16 * 100
    assert (data.frame(16 + 5).image == 5).all()
    assert data.frame(16 + 5).shape == (1024, 1024)
    (tmp_path / "lpd").mkdir()
    make_examples.make_lpd_run_mini_missed_train(tmp_path / "lpd")
    data = open_dataset(tmp_path / "lpd", labelled=False)
    absent = [int(data.frame(k).mask[256:512].all()) for k in (19, 20, 29, 30)]
    assert absent == [0, 1, 1, 0]
    assert data.frame(38).image[256, 0] == 3


def test_a_camera_is_a_frame_a_train(tmp_path):
    (tmp_path / "run").mkdir()
    path = tmp_path / "run" / "RAW-R0001-DA01-S00000.h5"
    camera = BaslerCamera("SPB_IRU_CAM/CAM/SIDEMIC", sensor_size=(30, 40))
    write_file(str(path), [camera], ntrains=4, chunksize=4, format_version="1.0")
    data = open_dataset(tmp_path / "run", labelled=False)
    assert len(data) == 4
    assert data.frame(2).shape == (30, 40)
    assert data.frame(2).meta["train"] == 10002


def test_a_damaged_file_of_a_run_is_an_error_and_nothing_is_written_into_it(tmp_path):
    run = agipd(tmp_path / "r0007", raw=True)
    names = sorted(one.name for one in run.iterdir())
    open_dataset(run, labelled=False).frame(0)
    assert sorted(one.name for one in run.iterdir()) == names
    torn = run / names[1]
    torn.write_bytes(torn.read_bytes()[:5000])
    data = open_dataset(run, labelled=False)
    with pytest.raises(UnreadableFrameError):
        data.frame(0)
    assert data.bad_frames()
