"""The contract of readers, checked on good files that their author gives, and on spoilt copies."""

import os
import tempfile
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.testing import assert_array_equal

from featcls.errors import UnreadableFrameError
from featcls.frame import Frame
from featcls.plugins import Entry
from featcls.testing.imports import IMPORT
from featcls.testing.report import NotApplicable, Report, run_checks
from featcls.testing.step import untouched_generators

HEAD = 4096
ROW_KEYS = {"label", "split", "group", "weight"}


def check_reader(
    reader: Any,
    files: Sequence[str | os.PathLike[str]] = (),
    *,
    cuts: int = 40,
    flips: int = 40,
    seed: int = 0,
    skip: Collection[str] = (),
) -> Report:
    """Check that a reader keeps its contract.

    Parameters
    ----------
    reader : Entry, class or other factory
    files : sequence of path
        Good files of its kind; they are only read. Without one most checks are skipped.
    cuts, flips : int
        Copies of each file cut at, or with a bit changed at, places spread over the file.
    seed : int
        Of the places.
    skip : collection of str
        Names of checks to leave out.

    Raises
    ------
    BrokenContract
        Names every check that failed.
    """
    factory = reader.factory if isinstance(reader, Entry) else reader
    name = reader.name if isinstance(reader, Entry) else getattr(factory, "__name__", "reader")
    paths = [os.fspath(path) for path in files]
    module = reader.module if isinstance(reader, Entry) else ""
    return run_checks(name, Subject(factory, paths, cuts, flips, seed, module), CHECKS, skip)


@dataclass(frozen=True)
class Subject:
    """A reader with its good files."""

    factory: Any
    given: Sequence[str]
    cuts: int
    flips: int
    seed: int
    module: str = ""

    @property
    def files(self) -> Sequence[str]:
        """The good files; a check that asks for them without any is skipped."""
        if not self.given:
            raise NotApplicable("no good file was given")
        return self.given

    def read(self, path: str) -> list[Frame]:
        """Return all frames of a file, which is closed again."""
        frames = self.factory().frames(path)
        try:
            return [frames[k] for k in range(len(frames))]
        finally:
            if hasattr(frames, "close"):
                frames.close()


def it_understands_its_files(subject: Subject) -> None:
    for path in subject.files:
        found = subject.factory().understands(path, _bytes(path)[:HEAD])
        assert found is True, f"understands({path!r}, its head) gave {found!r}"


def it_understands_no_other_file(subject: Subject) -> None:
    noise = np.random.default_rng(subject.seed).bytes(HEAD)
    for head in (b"", b"\0", bytes(HEAD), b"path,label\na.png,hit\n", noise):
        found = subject.factory().understands("other", head)
        assert found is False, f"understands gave {found!r} for the bytes {head[:12]!r}"


def it_gives_frames_with_names_of_their_own(subject: Subject) -> None:
    names: list[str] = []
    for path in subject.files:
        frames = subject.read(path)
        assert frames, f"{path} has no frame"
        for frame in frames:
            assert isinstance(frame, Frame), f"it gave {type(frame).__name__}"
            assert frame.frame_id.startswith(path), f"frame_id {frame.frame_id!r} of {path!r}"
        names += [frame.frame_id for frame in frames]
    assert len(set(names)) == len(names), "two frames have one frame_id"


def it_gives_the_same_in_any_order(subject: Subject) -> None:
    for path in subject.files:
        forward = subject.read(path)
        frames = subject.factory().frames(path)
        for k in reversed(range(len(forward))):
            _same(frames[k], forward[k])


def it_gives_the_same_in_threads(subject: Subject) -> None:
    for path in subject.files:
        wanted = subject.read(path)
        frames = subject.factory().frames(path)
        with ThreadPoolExecutor(4) as pool:
            found = list(pool.map(lambda k: frames[k], [*range(len(wanted))] * 4))  # noqa: B023
        for one, other in zip(found, wanted * 4, strict=True):
            _same(one, other)


def its_rows_go_with_its_frames(subject: Subject) -> None:
    for path in subject.files:
        rows, frames = subject.factory().rows(path), subject.read(path)
        assert len(rows) in (0, len(frames)), (
            f"{len(rows)} rows for {len(frames)} frames of {path}"
        )
        unknown = {key for row in rows for key in row} - ROW_KEYS
        assert not unknown, f"rows have unknown keys {sorted(unknown)}"


def it_leaves_files_as_they_are(subject: Subject) -> None:
    for path in subject.files:
        before = _bytes(path)
        subject.read(path)
        assert _bytes(path) == before, f"it changed {path}"


def it_draws_from_no_global_generator(subject: Subject) -> None:
    with untouched_generators():
        for path in subject.files:
            subject.read(path)


def a_missing_file_is_unreadable(subject: Subject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        missing = os.path.join(folder, "missing" + os.path.splitext(subject.files[0])[1])
        try:
            subject.read(missing)
        except UnreadableFrameError:
            return
    raise AssertionError("frames of a missing file came back")


def a_cut_file_is_unreadable_or_whole(subject: Subject) -> None:
    for path in subject.files:
        data, wanted = _bytes(path), subject.read(path)
        lengths = np.unique(np.linspace(0, len(data) - 1, subject.cuts).astype(int))
        for length in [*lengths, *range(max(0, len(data) - 4), len(data))]:
            with _copy(path, data[:length]) as copy:
                try:
                    found = subject.read(copy)
                except UnreadableFrameError:
                    continue
            assert len(found) == len(wanted), f"{len(found)} frames of {length} bytes of {path}"
            for one, other in zip(found, wanted, strict=True):
                assert_array_equal(one.image, other.image, f"cut to {length} of {len(data)} bytes")


def a_damaged_file_raises_nothing_else(subject: Subject) -> None:
    rng = np.random.default_rng(subject.seed)
    for path in subject.files:
        data = _bytes(path)
        # Half of the places in the head, where a bit does most harm.
        places = [*rng.integers(0, min(len(data), 128), subject.flips // 2)]
        places += [*rng.integers(0, len(data), subject.flips - len(places))]
        for place in places:
            spoilt = bytearray(data)
            spoilt[place] ^= 1 << int(rng.integers(8))
            with _copy(path, bytes(spoilt)) as copy:
                try:
                    subject.factory().understands(copy, bytes(spoilt[:HEAD]))
                    subject.read(copy)
                except UnreadableFrameError:
                    continue
                except Exception as error:
                    raise AssertionError(f"byte {place} of {path} changed: {error!r}") from error


def _bytes(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


@contextmanager
def _copy(path: str, data: bytes) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        copy = os.path.join(folder, os.path.basename(path))
        with open(copy, "wb") as file:
            file.write(data)
        yield copy


def _same(one: Frame, other: Frame) -> None:
    assert one.frame_id == other.frame_id, f"{one.frame_id!r} came for {other.frame_id!r}"
    assert one.image.dtype == other.image.dtype, f"{one.frame_id}: type of the pixels"
    assert_array_equal(one.image, other.image, f"{one.frame_id}: pixels")
    assert_array_equal(one.valid, other.valid, f"{one.frame_id}: mask")


CHECKS = (
    *IMPORT,
    it_understands_its_files,
    it_understands_no_other_file,
    it_gives_frames_with_names_of_their_own,
    it_gives_the_same_in_any_order,
    it_gives_the_same_in_threads,
    its_rows_go_with_its_frames,
    it_leaves_files_as_they_are,
    it_draws_from_no_global_generator,
    a_missing_file_is_unreadable,
    a_cut_file_is_unreadable_or_whole,
    a_damaged_file_raises_nothing_else,
)
