import os
import threading
from types import SimpleNamespace
from typing import ClassVar

import numpy as np
import pytest

from featcls.data.base import Frames, Reader
from featcls.dataset.files import Files
from featcls.dataset.handles import OPEN_FILES
from featcls.dataset.records import Record
from featcls.errors import DataError, UnreadableFrameError, UsageError
from featcls.frame import Frame
from featcls.hookspecs import hookimpl
from featcls.plugins import Registry, registry


class Counts(Reader):
    """Reads `n` frames from a file that says n, and notes what it opens and closes."""

    opened: ClassVar[list[str]] = []
    closed: ClassVar[list[str]] = []

    def __init__(self, level=0):
        self.level = level

    def understands(self, path, head):
        return head.startswith(b"COUNT")

    def frames(self, path):
        with open(path, "rb") as file:
            n = int(file.read().split()[1])
        self.opened.append(path)

        def read(index):
            return Frame(np.full((2, 2), index + self.level), frame_id=f"{path}#{index}")

        return Frames(n, read, lambda: self.closed.append(path))


class SameCounts(Counts):
    pass


class Boxes(Counts):
    """Knows arrays inside its files: each holds frames of its name's length."""

    takes_dataset = True

    def understands(self, path, head):
        return head.startswith(b"BOXES")

    def frames(self, path, dataset=""):
        return Frames(max(1, len(dataset)), lambda i: Frame(np.full((4, 5), len(dataset) + i)))

    def rows(self, path, dataset=""):
        return [{"label": dataset}] * len(self.frames(path, dataset))


class Broken(Counts):
    def understands(self, path, head):
        return head.startswith(b"BREAK")

    def frames(self, path):
        raise KeyError("what a decoder may raise")


@pytest.fixture
def files():
    Counts.opened.clear()
    Counts.closed.clear()
    return make_files()


def make_files(name=None, options=None):
    @hookimpl
    def register_readers(register):
        register("counts", Counts, extensions=(".one", ".cnt"))
        register("same", SameCounts, extensions=(".two",))
        register("broken", Broken)
        register("boxes", Boxes)

    plugins = Registry()
    plugin = SimpleNamespace(featcls_api=1, register_readers=register_readers)
    plugins.load("test", "test 1", lambda: plugin)
    return Files(plugins, name, options or {})


def make_files_with_arrays():
    """The readers above and the one of NPY, for masks."""
    from featcls.data import npy

    @hookimpl
    def register_readers(register):
        register("boxes", Boxes)
        npy.register_readers(register)

    plugins = Registry()
    plugin = SimpleNamespace(featcls_api=1, register_readers=register_readers)
    plugins.load("test", "test 1", lambda: plugin)
    return Files(plugins, None, {})


def write(folder, name, text):
    (folder / name).write_text(text)
    return str(folder / name)


def test_the_extension_decides_between_readers_that_both_understand(tmp_path, files):
    assert files.reader_of(write(tmp_path, "a.one", "COUNT 1")) == "counts"
    assert files.reader_of(write(tmp_path, "a.TWO", "COUNT 1")) == "same"


def test_a_tie_names_both_readers(tmp_path, files):
    with pytest.raises(DataError, match="several readers: counts, same; name the reader"):
        files.reader_of(write(tmp_path, "a.dat", "COUNT 1"))


def test_a_named_reader_is_not_asked(tmp_path):
    assert make_files("same").reader_of(write(tmp_path, "a.one", "COUNT 1")) == "same"


def test_a_file_of_no_known_kind_shows_its_first_bytes(tmp_path, files):
    with pytest.raises(
        UnreadableFrameError, match="no reader understands it; it starts with b'no"
    ):
        files.reader_of(write(tmp_path, "a.one", "nothing"))


def test_unknown_readers_and_options_are_named():
    with pytest.raises(UsageError, match="no reader named 'count', did you mean 'counts'"):
        make_files("count")
    with pytest.raises(
        UsageError, match="option of reader counts named 'lvel', did you mean 'level'"
    ):
        make_files("counts", {"lvel": 1})


def test_a_file_becomes_a_record_for_each_frame(tmp_path, files):
    write(tmp_path, "a.one", "COUNT 3")
    records = list(files.expand(str(tmp_path), [Record("a.one", label="x", weight=2.0)]))
    assert [(r.index, r.label, r.weight, r.reader) for r in records] == [
        (i, "x", 2.0, "counts") for i in range(3)
    ]
    assert files.frame(str(tmp_path), records[2]).image[0, 0] == 2


def test_an_index_beyond_the_file_is_refused(tmp_path, files):
    write(tmp_path, "a.one", "COUNT 3")
    (record,) = files.expand(str(tmp_path), [Record("a.one", index=2)])
    assert record.index == 2
    with pytest.raises(DataError, match=r"a\.one has no frame 3, only 3"):
        list(files.expand(str(tmp_path), [Record("a.one", index=3)]))


@pytest.mark.parametrize("text", ["BREAK", "COUNT x", "none of these"])
def test_a_file_that_cannot_be_opened_is_a_record_with_its_error(tmp_path, files, text):
    write(tmp_path, "a.one", text)
    (record,) = files.expand(str(tmp_path), [Record("a.one", label="x")])
    assert isinstance(record.error, UnreadableFrameError)
    with pytest.raises(UnreadableFrameError, match=r"a\.one"):
        files.frame(str(tmp_path), record)


def test_a_reader_of_containers_is_told_which_array_is_meant(tmp_path, files):
    write(tmp_path, "b.box", "BOXES")
    found = list(files.expand(str(tmp_path), [Record("b.box", dataset="/ab", label=None)]))
    assert [(r.dataset, r.index, r.label) for r in found] == [("/ab", i, "/ab") for i in range(3)]
    assert files.frame(str(tmp_path), found[1]).image[0, 0] == 4


def test_a_reader_without_arrays_says_so(tmp_path, files):
    write(tmp_path, "a.one", "COUNT 3")
    (record,) = files.expand(str(tmp_path), [Record("a.one", dataset="/ab")])
    assert "reader counts knows no arrays inside a file" in str(record.error)
    assert "leave ::/ab out" in str(record.error)


def test_a_row_masks_and_cuts_its_frame_in_that_order(tmp_path, files):
    write(tmp_path, "b.box", "BOXES")
    mask = np.zeros((4, 5), np.uint8)
    mask[1, 2] = mask[0, 0] = 255
    np.save(tmp_path / "m.npy", mask)
    (one,) = make_files_with_arrays().expand(
        str(tmp_path), [Record("b.box", roi=(1, 3, 2, 5), mask="m.npy")]
    )
    frame = make_files_with_arrays().frame(str(tmp_path), one)
    assert frame.mask.tolist() == [[True, False, False], [False, False, False]]
    assert frame.meta["masked"] == {"mask m.npy": 2}


@pytest.mark.parametrize(
    ("shape", "roi", "message"),
    [
        ((3, 5), None, r"b\.box: its mask m\.npy has shape \(3, 5\), the frame \(4, 5\)"),
        ((4, 5), (0, 4, 0, 6), r"b\.box: .* does not fit into an image of 4 x 5; correct its row"),
        (None, None, r"cannot read .*m\.npy"),
        ((2, 4, 5), None, r"m\.npy: it holds 2 frames, wanted one; name it, such as .*m\.npy#0"),
    ],
)
def test_a_row_that_does_not_fit_its_frame_is_one_bad_frame(tmp_path, shape, roi, message):
    write(tmp_path, "b.box", "BOXES")
    if shape:
        np.save(tmp_path / "m.npy", np.ones(shape, np.uint8))
    record = Record("b.box", reader="boxes", roi=roi, mask="m.npy")
    with pytest.raises(UnreadableFrameError, match=message):
        make_files_with_arrays().frame(str(tmp_path), record)


def test_few_files_stay_open_and_the_oldest_is_closed(tmp_path, files):
    records = []
    for i in range(OPEN_FILES + 2):
        write(tmp_path, f"{i}.one", "COUNT 2")
        records += files.expand(str(tmp_path), [Record(f"{i}.one")])
    assert [os.path.basename(path) for path in Counts.closed] == ["0.one", "1.one"]
    before = len(Counts.opened)
    for record in records[-2:]:
        files.frame(str(tmp_path), record)
    assert len(Counts.opened) == before


def test_a_file_that_changed_is_opened_anew(tmp_path, files):
    write(tmp_path, "a.one", "COUNT 1")
    (record,) = files.expand(str(tmp_path), [Record("a.one")])
    write(tmp_path, "a.one", "COUNT 12")
    files.frame(str(tmp_path), record)
    assert len(Counts.opened) == 2


def test_each_thread_has_handles_of_its_own(tmp_path, files):
    write(tmp_path, "a.one", "COUNT 1")
    (record,) = files.expand(str(tmp_path), [Record("a.one")])
    thread = threading.Thread(target=files.frame, args=(str(tmp_path), record))
    thread.start()
    thread.join()
    assert len(Counts.opened) == 2


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_handles_never_cross_a_fork_and_the_parents_stay_open(tmp_path, files, monkeypatch):
    write(tmp_path, "a.one", "COUNT 1")
    (record,) = files.expand(str(tmp_path), [Record("a.one")])
    monkeypatch.setattr(os, "getpid", lambda: -1)  # what a forked child would see
    files.frame(str(tmp_path), record)
    assert len(Counts.opened) == 2
    assert Counts.closed == []


def test_built_in_readers_do_not_claim_each_others_files():
    heads = {
        "pillow": b"\x89PNG\r\n\x1a\n",
        "pnm": b"P5 1 1 255\n",
        "tiff": b"II*\0",
        "npy": b"\x93NUMPY",
    }
    readers = Files(registry(), None, {}).readers
    for name, head in heads.items():
        assert [own for own, reader in readers.items() if reader.understands("x", head)] == [name]
