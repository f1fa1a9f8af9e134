"""Shots in the files of a run of the European XFEL, found and read by EXtra-data."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from featcls.data.base import check_size, decoding
from featcls.data.hdf5.links import LinkedFiles, open_file
from featcls.data.hdf5.storage import check_dataset
from featcls.errors import UnreadableFrameError

CAMERA = "data.image.pixels"
ABSENT = "module without data"
Pixels = NDArray[Any]


class Shot(NamedTuple):
    """One image, what its files mask by reason, and whose train and pulse it is."""

    image: Pixels
    masks: Mapping[str, Pixels]
    meta: dict[str, Any]


class Shots(NamedTuple):
    """The shots of a detector or camera; `files` hold them."""

    n: int
    files: list[str]
    read: Callable[[int], Shot]
    close: Callable[[], None]


def open_run(path: str, wanted: str) -> Shots:
    """Find the shots of a run folder, or of one of its files.

    Raises
    ------
    UnreadableFrameError
        EXtra-data is missing, a file is damaged, or nothing or too much could be meant.
    """
    try:
        xfel = _library()
    except ImportError as error:
        what = "runs of the European XFEL need EXtra-data"
        raise UnreadableFrameError(path, None, what, "pip install 'featcls[euxfel]'") from error
    with decoding(path, None):
        # RunDirectory would pass over damaged files, and write one of its own into the run.
        files = [xfel.open(one) for one in run_files(path)]
        run = xfel.reader.DataCollection(files, ctx_closes=True, is_single_run=True)
        with ExitStack() as unfinished:
            unfinished.push(run)
            detectors = dict(xfel.components.identify_multimod_detectors(run))
            cameras = [one for one in sorted(run.instrument_sources) if CAMERA in run[one]]
            name = _chosen(path, list(detectors) or cameras, [*detectors, *cameras], wanted)
            if name not in detectors:
                shots = _of_camera(run, name)
            else:
                detector = _corrected(detectors[name], run, name)
                shots = _of_detector(run, detector, os.path.isdir(path))
            unfinished.pop_all()
            return shots


def run_files(path: str) -> list[str]:
    """HDF5 files of a run folder, without the overview that is made of them; or the one file."""
    if not os.path.isdir(path):
        return [path]
    names = sorted(name for name in os.listdir(path) if name.endswith(".h5"))
    return [os.path.join(path, name) for name in names if name.lower() != "overview.h5"]


class _Library(NamedTuple):
    reader: Any
    components: Any
    open: Callable[[str], Any]


@cache
def _library() -> _Library:
    from extra_data import components, file_access, reader

    class Unlocked(file_access.FileAccess):  # type: ignore[misc]
        """A file that is opened as all HDF5 files here: guarded, and without a lock."""

        _file: Any = None

        @property
        def file(self) -> Any:
            file_access.open_files_limiter.touch(self.filename)
            file = self._file  # another thread may close it meanwhile
            if file is None:
                file = self._file = open_file(self.filename)
            return file

    # EXtra-data keeps files by their path: a process that is forked off shall open its own.
    os.register_at_fork(after_in_child=file_access.file_access_registry.clear)
    return _Library(reader, components, Unlocked)


def _chosen(path: str, first: Sequence[str], every: Sequence[str], wanted: str) -> str:
    """Name of what is read: what is wanted, or the only one there is."""
    if wanted in every:
        return wanted
    if not wanted and len(first) == 1:
        return first[0]
    there = ", ".join(every) or "no detector and no camera"
    what = f"it has no {wanted}, only {there}" if wanted else f"it has {there}"
    raise UnreadableFrameError(path, None, what, "name a source by the reader's option source")


def _corrected(kind: Any, run: Any, name: str) -> Any:
    """Open corrected data of a detector if it is there, else raw data."""
    import extra_data

    try:
        return kind(run, name, raw=False)
    except extra_data.SourceNameError:
        return kind(run, name, raw=True)


def _of_camera(run: Any, name: str) -> Shots:
    """One frame a train."""
    pixels = run[name, CAMERA].drop_empty_trains()
    files = _checked([pixels])

    def read(index: int) -> Shot:
        train, image = pixels.train_from_index(index)
        return Shot(image, {}, {"train": int(train)})

    return Shots(len(pixels.train_ids), files, read, lambda: run.__exit__(None, None, None))


def _of_detector(run: Any, detector: Any, whole: bool) -> Shots:
    """Its modules one below the other: all of them if `whole`, else those that are there."""
    from extra_data import by_id, by_index

    in_trains = "data.adc" in detector  # JUNGFRAU: all pulses of a train are one entry
    key, mask_key = ("data.adc", "data.mask") if in_trains else ("image.data", "image.mask")
    pixels = detector[key]
    modules = [pixels.modno_to_keydata[number] for number in pixels.modules]
    shape = modules[0].entry_shape
    masked = mask_key in detector
    there = detector.data_availability(module_gaps=whole)
    check_size("", None, (len(there), *shape[-2:]), pixels.dtype.itemsize)
    files = _checked(modules)
    if masked:
        _checked(detector[mask_key].modno_to_keydata.values())
    counts = detector.frame_counts.to_numpy().astype(np.int64)
    first = np.repeat(np.cumsum(counts) - counts, counts)  # entry where the train begins
    trains = detector.train_ids_perframe
    pulses = None if in_trains else pixels.pulse_id_coordinates()
    cells = shape[0] if in_trains else 1

    def part(train: Any, name: str, entry: int, cell: int) -> Pixels:
        own = detector.select_trains(by_id[[train]])[name]
        if in_trains:
            image = own.ndarray(module_gaps=whole, roi=(cell,))
        else:
            at = entry - int(first[entry])
            roi = (0,) if name == key and own.ndim == 5 else ()  # of AGIPD: signal, gain
            image = own.select_pulses(by_index[at : at + 1]).ndarray(module_gaps=whole, roi=roi)
        return np.asarray(image).reshape(-1, shape[-1])

    def read(index: int) -> Shot:
        entry, cell = divmod(index, cells)
        train = trains[entry]
        image = part(train, key, entry, cell)
        masks = {
            ABSENT: np.repeat(~there[:, entry], shape[-2])[:, None] | np.zeros_like(image, bool)
        }
        if masked:
            masks["mask of the file"] = part(train, mask_key, entry, cell) != 0
        pulse = cell if pulses is None else int(pulses[entry])
        return Shot(image, masks, {"train": int(train), "pulse": pulse})

    return Shots(cells * len(trains), files, read, lambda: run.__exit__(None, None, None))


def _checked(keys: Iterable[Any]) -> list[str]:
    """Files of some arrays, which are looked at before a pixel is read."""
    places = {file.filename: one.hdf5_data_path for one in keys for file in one.files}
    for name, place in places.items():
        files = LinkedFiles(name, allow_external=False)
        try:
            dataset = files.find(place)
            if dataset.size:  # a sequence file may hold no train of its source
                check_dataset(files, dataset)
        finally:
            files.close()
    return sorted(places)
