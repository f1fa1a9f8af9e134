import csv
import os
import resource
import subprocess
import sys

import h5py
import numpy as np
import pytest
import tifffile
from numpy.testing import assert_array_equal
from PIL import Image

from featcls.dataset import open_dataset
from featcls.errors import DataError, UsageError
from featcls.simulate import counts, labels, shot
from featcls.simulate.sfx import write_sfx

SMALL = {"shape": (64, 96), "pixel": 1e-3}
SERIES = {"n": 5, "seed": 2, "preset": "diffranet-text", **SMALL}


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def rows(manifest):
    with open(manifest, newline="") as file:
        return list(csv.DictReader(line for line in file if not line.startswith("#")))


@pytest.mark.parametrize(
    ("format", "read", "eight_bit"),
    [
        ("pgm", lambda path: np.asarray(Image.open(path)), True),
        ("png", lambda path: np.asarray(Image.open(path)), True),
        ("tiff", tifffile.imread, False),
    ],
)
def test_images_on_disk_are_the_shots(tmp_path, format, read, eight_bit):
    manifest = write_sfx(tmp_path / "out", format=format, **SERIES)
    for index, row in enumerate(rows(manifest)):
        render = shot if eight_bit else counts
        expected, truth = render("diffranet-text", 2, index, **SMALL)
        got = read(manifest.parent / row["path"])
        assert_array_equal(got, expected)
        assert got.dtype == (np.uint8 if eight_bit else np.uint16)
        assert row["label"] == truth["label"]
        assert float(row["signal"]) == truth["signal"]


def test_stack_holds_counts_mask_geometry_and_labels(tmp_path):
    manifest = write_sfx(tmp_path, format="hdf5", tiling="rayonix", **SERIES)
    with h5py.File(tmp_path / "shots_000000.h5") as file:
        data = file["entry_1/data_1/data"]
        assert data.shape == (5, 64, 96)
        expected, truth = counts("diffranet-text", 2, 3, tiling="rayonix", **SMALL)
        assert_array_equal(data[3], expected)
        detector = file["entry_1/instrument_1/detector_1"]
        assert detector["mask"][31, 47] == 1
        assert detector["distance"][()] == 0.08
        assert detector["beam_center_x"][()] == 47.5
        wavelength = 1.98644586e-25 / file["entry_1/instrument_1/source_1/energy"][3]
        assert wavelength == pytest.approx(truth["wavelength"] * 1e-10)
        assert file["entry_1/labels"].asstr()[()].tolist() == labels("diffranet-text", 5, 2)
    assert rows(manifest)[3]["path"] == "shots_000000.h5#3"


def test_negative_counts_are_kept_in_four_bytes(tmp_path):
    write_sfx(tmp_path, format="tiff", bottom=-100.0, read_noise=30.0, photons=1.0, **SERIES)
    image = tifffile.imread(tmp_path / "shot_000000.tif")
    assert image.dtype == np.int32
    assert image.min() < -20


def test_manifest_holds_the_whole_truth(tmp_path):
    manifest = write_sfx(tmp_path / "out", ice_share=1.0, **SERIES)
    for index, row in enumerate(rows(manifest)):
        _, truth = counts("diffranet-text", 2, index, ice_share=1.0, **SMALL)
        for name in ("intensity", "volume", "signal", "wavelength", "ice", "resolution", "seed"):
            assert float(row[name]) == truth[name]
        assert int(row["visible_spots"]) == truth["visible_spots"]
        turns = [[float(x) for x in turn.split()] for turn in row["orientation"].split(";")]
        assert turns == truth["orientation"]
        assert row["preset"] == "diffranet-text@1+"


def test_manifest_is_a_dataset(tmp_path):
    write_sfx(tmp_path / "out", **{**SERIES, "n": 12})
    data = open_dataset(str(tmp_path / "out"))
    assert data.classes == ("blank", "no-crystal", "weak", "good", "strong")
    assert len(data) == 12


@pytest.mark.parametrize("format", ["pgm", "hdf5"])
def test_two_threads_write_the_same_bytes(tmp_path, format):
    for n_jobs in (1, 2):
        write_sfx(tmp_path / str(n_jobs), format=format, n_jobs=n_jobs, **SERIES)
    one, two = contents(tmp_path / "1"), contents(tmp_path / "2")
    if format == "pgm":
        assert one == two
    assert one["manifest.csv"] == two["manifest.csv"]


class Stopped(Exception):
    pass


@pytest.mark.parametrize("format", ["pgm", "hdf5"])
def test_an_interrupted_series_goes_on_to_the_same_files(tmp_path, format):
    def stop(done, n):
        if done == 3:
            raise Stopped

    write_sfx(tmp_path / "whole", format=format, **SERIES)
    folder = tmp_path / "cut"
    with pytest.raises(Stopped):
        write_sfx(folder, format=format, progress=stop, **SERIES)
    assert not (folder / "manifest.csv").exists()
    # A crash may leave half a line behind, and an image that was not noted.
    with open(folder / "truth.jsonl", "a") as journal:
        journal.write('{"index": 3, "pa')
    kept = next(iter(sorted(folder.glob("shot*"))))
    before = kept.stat().st_mtime_ns
    seen = []
    write_sfx(folder, format=format, progress=lambda done, n: seen.append((done, n)), **SERIES)
    assert seen[-1] == (5, 5)
    assert kept.stat().st_mtime_ns == before or format == "hdf5"
    whole, cut = contents(tmp_path / "whole"), contents(folder)
    assert whole.keys() == cut.keys()
    assert whole["manifest.csv"] == cut["manifest.csv"]
    if format == "pgm":
        assert whole == cut


def test_a_finished_series_is_left_as_it_is(tmp_path):
    write_sfx(tmp_path, **SERIES)
    before = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    write_sfx(tmp_path, **SERIES)
    assert before == {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}


def test_another_series_or_a_full_folder_is_refused(tmp_path):
    write_sfx(tmp_path / "out", **SERIES)
    with pytest.raises(DataError, match="holds another series"):
        write_sfx(tmp_path / "out", **{**SERIES, "seed": 3})
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "note.txt").write_text("mine")
    with pytest.raises(DataError, match="is not empty"):
        write_sfx(tmp_path / "full", **SERIES)
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["note.txt"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": "tif"}, "did you mean 'tiff'"),
        ({"n": 0}, "0 shots"),
        ({"n": -2}, "n is -2"),
        ({"n_jobs": 0}, "on 0 threads"),
        ({"preset": "nope"}, "no preset named 'nope'"),
    ],
)
def test_what_cannot_be_written_is_refused_before_the_folder_is_made(tmp_path, change, message):
    with pytest.raises((UsageError, ValueError), match=message):
        write_sfx(tmp_path / "out", **{**SERIES, **change})
    assert not (tmp_path / "out").exists()


def test_a_structure_that_cannot_be_read_leaves_no_folder(tmp_path):
    (tmp_path / "f.hkl").write_text("1 2 3 x\n")
    with pytest.raises(DataError, match="cannot read"):
        write_sfx(tmp_path / "out", structure=str(tmp_path / "f.hkl"), **SERIES)
    assert not (tmp_path / "out").exists()


def test_a_folder_below_a_file_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match=r"cannot write to .*file.*choose another folder"):
        write_sfx(tmp_path / "file" / "out", **SERIES)


@pytest.mark.skipif(not hasattr(resource, "RLIMIT_FSIZE"), reason="no limit on file sizes")
@pytest.mark.parametrize("format", ["pgm", "png", "tiff", "hdf5"])
def test_a_full_disk_leaves_nothing_half_written(tmp_path, format):
    code = (
        "import resource, signal, sys\n"
        "from featcls.simulate.sfx import write_sfx\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4000, 4000))\n"
        "write_sfx(sys.argv[1], 3, format=sys.argv[2], shape=(128, 128), pixel=5e-4)\n"
    )
    out = tmp_path / "out"
    run = subprocess.run(
        [sys.executable, "-c", code, str(out), format],
        capture_output=True,
        text=True,
        env=os.environ,
    )
    assert run.returncode == 1
    assert "cannot write to" in run.stderr
    assert "DataError" in run.stderr
    left = {path.name for path in out.iterdir()} - {"series.json", "truth.jsonl"}
    assert left <= {"shot_000000.png"}  # a blank frame, small enough to be whole
    assert all(np.asarray(Image.open(out / name)).shape == (128, 128) for name in left)
