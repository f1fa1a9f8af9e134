"""What HDF5 files may not do: reach out, claim, hide lost data."""

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
from numpy.testing import assert_array_equal

from featcls.data.hdf5.reader import Hdf5Reader
from featcls.errors import UnreadableFrameError

IMAGES = np.random.default_rng(0).integers(0, 200, (4, 9, 8)).astype(np.uint16)


@pytest.fixture
def folder(tmp_path):
    """A folder of data within one that is none of its business."""
    with h5py.File(tmp_path / "secret.h5", "w") as file:
        file["x"] = IMAGES
    (tmp_path / "raw.bin").write_bytes(IMAGES.tobytes())
    inner = tmp_path / "data"
    inner.mkdir()
    return inner


def made(folder, fill):
    path = str(folder / "a.h5")
    with h5py.File(path, "w", libver="latest") as file:
        fill(file)
    return path


def refusal(path, **options):
    with pytest.raises(UnreadableFrameError) as caught:
        list(Hdf5Reader(**options).frames(path))
    return str(caught.value)


def relative(file):
    file["x"] = h5py.ExternalLink("../secret.h5", "/x")


def absolute(file):
    outside = os.path.join(os.path.dirname(os.path.dirname(file.filename)), "secret.h5")
    file["x"] = h5py.ExternalLink(outside, "/x")


def by_a_symbolic_link(file):
    folder = os.path.dirname(file.filename)
    os.symlink(os.path.join(folder, "..", "secret.h5"), os.path.join(folder, "inside.h5"))
    file["x"] = h5py.ExternalLink("inside.h5", "/x")


def behind_a_soft_link(file):
    file["out"] = h5py.ExternalLink("../secret.h5", "/")
    file["x"] = h5py.SoftLink("/out/x")


def by_a_second_file(file):
    second = os.path.join(os.path.dirname(file.filename), "second.h5")
    with h5py.File(second, "w") as other:
        other["x"] = h5py.ExternalLink("../secret.h5", "/x")
    file["x"] = h5py.ExternalLink("second.h5", "/x")


def by_a_virtual_data_set(file):
    layout = h5py.VirtualLayout(IMAGES.shape, IMAGES.dtype)
    layout[:] = h5py.VirtualSource("../secret.h5", "x", IMAGES.shape)
    file.create_virtual_dataset("x", layout)


def by_a_link_in_a_virtual_source(file):
    second = os.path.join(os.path.dirname(file.filename), "second.h5")
    with h5py.File(second, "w") as other:
        other["x"] = h5py.ExternalLink("../secret.h5", "/x")
    layout = h5py.VirtualLayout(IMAGES.shape, IMAGES.dtype)
    layout[:] = h5py.VirtualSource("second.h5", "x", IMAGES.shape)
    file.create_virtual_dataset("x", layout)


OUTWARD = [
    relative,
    absolute,
    by_a_symbolic_link,
    behind_a_soft_link,
    by_a_second_file,
    by_a_virtual_data_set,
    by_a_link_in_a_virtual_source,
]


@pytest.mark.parametrize("dataset", ["", "/x"])
@pytest.mark.parametrize("reach", OUTWARD, ids=lambda reach: reach.__name__)
def test_nothing_outside_the_folder_is_read_unless_allowed(folder, reach, dataset):
    path = made(folder, reach)
    assert "outside its folder; if you trust" in refusal(path, dataset=dataset)
    frames = Hdf5Reader(dataset=dataset, allow_external=True).frames(path)
    assert_array_equal([frame.image for frame in frames], IMAGES)


def test_raw_files_are_read_only_if_allowed(folder):
    raw = str(folder.parent / "raw.bin")

    def external(file):
        where = [(raw, 0, IMAGES.nbytes)]
        file.create_dataset("x", IMAGES.shape, IMAGES.dtype, external=where)

    path = made(folder, external)
    assert f"keeps its values in another file, {raw}" in refusal(path)
    frames = Hdf5Reader(allow_external=True).frames(path)
    assert_array_equal([frame.image for frame in frames], IMAGES)


def test_links_in_a_circle_are_refused(folder):
    def circle(file):
        file["x"] = h5py.SoftLink("/y")
        file["y"] = h5py.SoftLink("/x")

    assert "circle" in refusal(made(folder, circle), dataset="/x")


def test_a_link_that_is_not_needed_does_no_harm(folder):
    def fill(file):
        file["images"] = IMAGES
        file["calibration"] = h5py.ExternalLink("/nowhere/dark.h5", "/dark")
        file["self"] = h5py.SoftLink("/self")

    assert len(Hdf5Reader().frames(made(folder, fill))) == 4


def test_sources_of_virtual_data_sets_are_there_and_whole(folder):
    with h5py.File(folder / "part.h5", "w") as file:
        file.create_dataset("whole", data=IMAGES[:2])
        file.create_dataset("half", (2, 9, 8), "u2", chunks=(1, 9, 8))[0] = 1

    def made_of(name, source, shape=(2, 9, 8)):
        def fill(file):
            layout = h5py.VirtualLayout((4, 9, 8), "u2")
            layout[:2] = h5py.VirtualSource(name, source, shape)[:2]
            layout[2:] = h5py.VirtualSource("part.h5", "whole", (2, 9, 8))
            file.create_virtual_dataset("x", layout)

        return made(folder, fill)

    frames = Hdf5Reader().frames(made_of("part.h5", "whole"))
    assert_array_equal(frames[3].image, IMAGES[1])
    frames.close()
    assert "links to gone.h5, which is not there" in refusal(made_of("gone.h5", "whole"))
    assert "made of gone in part.h5, which has none" in refusal(made_of("part.h5", "gone"))
    assert "half in part.h5 holds 1 chunks, not all" in refusal(made_of("part.h5", "half"))
    with h5py.File(folder / "part.h5", "a") as file:
        del file["half"]
        file["half"] = IMAGES[:1]
    assert "takes more of half in part.h5 than it has" in refusal(made_of("part.h5", "half"))


def test_a_frame_whose_chunks_are_lost_is_an_error_and_the_others_are_read(folder):
    def stopped(file):
        x = file.create_dataset("x", IMAGES.shape, "u2", chunks=(1, 5, 8), compression="gzip")
        x[:2] = IMAGES[:2]
        x[2, :5] = IMAGES[2, :5]

    frames = Hdf5Reader().frames(made(folder, stopped))
    assert_array_equal(frames[1].image, IMAGES[1])
    with pytest.raises(UnreadableFrameError, match="#2: it holds 1 of 2 chunks; the writer"):
        frames[2]
    with pytest.raises(UnreadableFrameError, match="#3: it holds 0 of 2 chunks; the writer"):
        frames[3]


def test_what_was_never_written_is_not_read_as_zeros(folder):
    path = made(folder, lambda file: file.create_dataset("x", (4, 9, 8), "u2"))
    assert "/x was never written" in refusal(path)


@pytest.mark.parametrize(
    ("shape", "chunks", "what"),
    [
        ((3, 70_000, 70_000), (1, 1000, 1000), "70000 x 70000 pixels"),
        ((300, 8000, 4000), (20, 8000, 4000), "claims chunks of 1221 MiB"),
        ((10**12, 9, 8), (1, 9, 8), "it claims 1000000000000 frames"),
        ((3, 8000, 8000), (1, 2, 2), "lies in 16000000 chunks"),
    ],
)
def test_claims_are_refused_before_memory_is_asked_for(folder, shape, chunks, what):
    path = made(folder, lambda file: file.create_dataset("x", shape, "u2", chunks=chunks))
    assert os.path.getsize(path) < 10_000
    assert what in refusal(path)


def test_a_bomb_is_refused_and_blank_frames_are_not(folder):
    def bomb(file):
        options = {"chunks": (1, 8000, 6000), "compression": "gzip", "compression_opts": 9}
        file.create_dataset("x", (1, 8000, 6000), "u2", **options)[:] = 0

    assert "compressed 1029 times; the limit is 1 GiB" in refusal(made(folder, bomb))
    blank = made(
        folder,
        lambda file: file.create_dataset(
            "x", data=np.zeros((2, 2000, 1000), "u2"), chunks=(1, 2000, 1000), compression="gzip"
        ),
    )
    assert len(list(Hdf5Reader().frames(blank))) == 2


FILTERED = """
import sys, h5py, numpy as np
from featcls.data.hdf5.reader import Hdf5Reader
from featcls.errors import UnreadableFrameError
if sys.argv[2] == "absent":
    sys.modules["hdf5plugin"] = None
try:
    print(int(Hdf5Reader().frames(sys.argv[1])[0].image.sum()), "hdf5plugin" in sys.modules)
except UnreadableFrameError as error:
    print(error)
"""


def run(path, plugin):
    arguments = [sys.executable, "-c", FILTERED, str(path), plugin]
    return subprocess.run(arguments, capture_output=True, text=True).stdout.strip()


def test_the_plugin_is_loaded_only_for_its_filters_and_named_if_missing(folder):
    hdf5plugin = pytest.importorskip("hdf5plugin")
    for name, options in (("gzip", {"compression": "gzip"}), ("lz4", hdf5plugin.Bitshuffle())):
        with h5py.File(folder / f"{name}.h5", "w") as file:
            file.create_dataset("x", data=IMAGES[:1], chunks=(1, 9, 8), **options)
    total = str(int(IMAGES[0].sum()))
    assert run(folder / "gzip.h5", "present") == f"{total} False"
    assert run(folder / "gzip.h5", "absent") == f"{total} True"  # a None in sys.modules
    assert run(folder / "lz4.h5", "present") == f"{total} True"
    said = run(folder / "lz4.h5", "absent")
    assert "/x needs HDF5 filter 32008 (bitshuffle); pip install 'featcls[formats]'" in said


def test_a_file_that_is_being_written_is_read_as_far_as_it_is(folder):
    path = str(folder / "a.h5")
    with h5py.File(path, "w", libver="latest") as writer:
        x = writer.create_dataset("x", (2, 9, 8), "u2", chunks=(1, 9, 8), maxshape=(None, 9, 8))
        x[:] = IMAGES[:2]
        writer.swmr_mode = True
        x.resize(4, 0)
        x[2] = IMAGES[2]
        x.flush()
        copy = folder / "copy.h5"
        copy.write_bytes((folder / "a.h5").read_bytes())
        cut = folder / "cut.h5"
        cut.write_bytes(copy.read_bytes()[: -IMAGES[0].nbytes // 2])
    frames = Hdf5Reader().frames(str(copy))
    assert len(frames) == 4
    assert_array_equal(frames[2].image, IMAGES[2])
    with pytest.raises(UnreadableFrameError, match="0 of 1 chunks"):
        frames[3]
    with pytest.raises(UnreadableFrameError):
        list(Hdf5Reader().frames(str(cut)))


def test_a_locked_file_is_read(folder):
    path = made(folder, lambda file: file.create_dataset("x", data=IMAGES))
    with open(path, "rb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(OSError, match="unable to lock"):
            h5py.File(path, "r", locking=True)
        assert len(list(Hdf5Reader().frames(path))) == 4


def texts(file):
    """Texts in the global heap: the label of each frame and the name of the signal."""
    file["entry/data"] = IMAGES
    file["entry"].attrs["signal"] = "data"
    file["entry/labels"] = ["a", "b", "c", "d"]


def test_a_text_that_never_ends_is_refused(folder):
    path = made(folder, texts)
    data = bytearray(Path(path).read_bytes())
    heap = data.find(b"GCOL")
    data[heap + 16 : heap + 32] = bytes(16)  # the library walks on by 0 bytes for ever
    Path(path).write_bytes(data)
    assert f"its texts or sources are damaged (global heap at byte {heap})" in refusal(path)


def test_a_text_of_gigabytes_is_refused(folder):
    path = made(folder, texts)
    with h5py.File(path) as file:
        at = file["entry/labels"].id.get_offset()
    data = bytearray(Path(path).read_bytes())
    data[at + 3] = 64
    Path(path).write_bytes(data)
    with pytest.raises(UnreadableFrameError, match="/entry/labels claims a text of 1073741825"):
        Hdf5Reader(dataset="/entry").rows(path)


def test_a_damaged_file_that_says_it_is_being_written_is_refused_at_once(folder):
    path = made(folder, lambda file: file.create_dataset("x", data=IMAGES))
    data = bytearray(Path(path).read_bytes())
    data[11] |= 4  # without the checksum that goes with it the library tries for minutes
    Path(path).write_bytes(data)
    assert "checksum" in refusal(path)


def test_wrong_sizes_of_a_filter_that_divides_by_them_are_refused(folder):
    hdf5plugin = pytest.importorskip("hdf5plugin")

    def packed(file):
        options = {"chunks": (1, 9, 8), **hdf5plugin.Bitshuffle()}
        file.create_dataset("x", data=IMAGES, **options)

    path = str(folder / "a.h5")
    with h5py.File(path, "w") as file:
        packed(file)
        values = file["x"].id.get_create_plist().get_filter(0)[2]
    data = Path(path).read_bytes()
    stated = np.array(values, "<u4").tobytes()
    assert values[2] == 2
    assert data.count(stated) == 1
    Path(path).write_bytes(data.replace(stated, stated[:8] + bytes(4) + stated[12:]))
    assert "/x states wrong sizes for its bitshuffle filter" in refusal(path)


def packed(folder, images=IMAGES):
    hdf5plugin = pytest.importorskip("hdf5plugin")
    path = folder / "a.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset(
            "x", data=images, chunks=(1, *images.shape[1:]), **hdf5plugin.Bitshuffle()
        )
        at = file["x"].id.get_chunk_info(1).byte_offset
    return path, at


@pytest.mark.parametrize("shape", [(2, 9, 8), (2, 9, 7), (2, 301, 299)])
def test_packed_chunks_of_any_size_are_read(folder, shape):
    images = np.random.default_rng(1).integers(0, 200, shape).astype(np.uint16)
    frames = Hdf5Reader("/x").frames(str(packed(folder, images)[0]))
    assert_array_equal([frame.image for frame in frames], images)


@pytest.mark.parametrize("byte", [0, 4, 7, 12])
def test_packed_chunks_that_would_lead_their_decoder_astray_are_refused(folder, byte):
    path, at = packed(folder)
    data = bytearray(path.read_bytes())
    data[at + byte] ^= 64
    path.write_bytes(data)
    frames = Hdf5Reader().frames(str(path))
    assert_array_equal(frames[0].image, IMAGES[0])
    with pytest.raises(UnreadableFrameError, match=r"#1: its chunk at \(1, 0, 0\) is damaged"):
        frames[1]


def test_damaged_sources_of_a_virtual_data_set_are_refused(folder):
    def fill(file):
        layout = h5py.VirtualLayout(IMAGES.shape, IMAGES.dtype)
        layout[:] = h5py.VirtualSource(".", "y", IMAGES.shape)
        file["y"] = IMAGES
        file.create_virtual_dataset("x", layout)

    path = Path(made(folder, fill))
    data = bytearray(path.read_bytes())
    data[data.find(b"GCOL") + 74] = 255  # the selection; the library crashes on it
    path.write_bytes(data)
    assert "its texts or sources are damaged" in refusal(str(path), dataset="/x")
