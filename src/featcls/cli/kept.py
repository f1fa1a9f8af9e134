"""Hits set apart: as links, copies, or frames of one new file."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from featcls import atomic
from featcls.cli import output
from featcls.dataset import Dataset
from featcls.errors import RunError, UsageError

STACKS = (".h5", ".hdf5", ".cxi")
IMAGES = "/entry_1/data_1/data"
MASKS = "/entry_1/data_1/mask"
IDS = "/entry_1/data_1/frame_id"
BAD = 1 << 7  # CXI's bit of a bad pixel


class Keeper(Protocol):
    """Takes hits, by their place in the data set."""

    def __call__(self, index: int) -> None: ...


@contextmanager
def keeping(out: str | None, dataset: Dataset, copy: bool) -> Iterator[Keeper | None]:
    """Give what takes hits: into the folder `out`, or into a file if it is named as one."""
    if out is None:
        yield None
    elif Path(out).suffix in STACKS:
        output.check_place(out)
        with atomic.unfinished(out) as temporary, Stack(temporary, dataset) as stack:
            yield stack
    else:
        yield Folder(out, dataset, copy)


class Folder:
    """Files of hits in a folder, under the paths that they have in the data set.

    A file that lies outside of the data set's folder gets its whole path: nothing is written
    outside of `out`.
    """

    def __init__(self, out: str, dataset: Dataset, copy: bool) -> None:
        inside = {record.path for record in dataset.records if record.index is not None}
        if inside or not all(record.path for record in dataset.records):
            raise UsageError(
                f"{next(iter(inside), 'the data')} holds several frames, which cannot be linked",
                "name a file that they are written into, such as --save-hits hits.cxi",
            )
        self.out, self.dataset, self.copy = Path(out), dataset, copy

    def __call__(self, index: int) -> None:
        """Link or copy the file of a frame."""
        root = os.path.abspath(self.dataset.root)
        source = os.path.abspath(os.path.join(root, self.dataset.records[index].path))
        inside = os.path.commonpath([root, source]) == root
        target = self.out / os.path.relpath(source, root if inside else "/")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            if os.path.samefile(target.parent, os.path.dirname(source)):
                raise UsageError(
                    f"hits in {self.out} would replace the frames themselves",
                    "name another folder with --save-hits",
                )
            if os.path.lexists(target):
                target.unlink()
            shutil.copy2(source, target) if self.copy else target.symlink_to(source)
        except OSError as error:
            raise RunError(
                f"cannot write {target}: {error.strerror}", "name another folder with --save-hits"
            ) from error


class Stack:
    """An HDF5 file in the layout of CXI: images, their masks and their frame ids."""

    def __init__(self, path: Path, dataset: Dataset) -> None:
        self.path, self.dataset, self.n = path, dataset, 0
        self._file: Any = None

    def __enter__(self) -> "Stack":
        import h5py

        self._file = h5py.File(self.path, "w")
        self._file["cxi_version"] = 160
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def __call__(self, index: int) -> None:
        """Append a frame."""
        frame = self.dataset.frame(index)
        if self.n == 0:
            self._create(frame.image.dtype, frame.shape)
        images = self._file[IMAGES]
        if images.shape[1:] != frame.shape or images.dtype != frame.image.dtype:
            raise RunError(
                f"{frame.frame_id} is {frame.image.dtype} {frame.shape}, hits before it "
                f"{images.dtype} {images.shape[1:]}",
                "keep frames of one detector in a file, or link them into a folder",
            )
        mask = np.zeros(frame.shape, np.uint32)
        mask[~frame.valid] = BAD
        for name, value in ((IMAGES, frame.image), (MASKS, mask), (IDS, frame.frame_id)):
            self._file[name].resize(self.n + 1, axis=0)
            self._file[name][self.n] = value
        self.n += 1

    def _create(self, dtype: Any, shape: tuple[int, int]) -> None:
        import h5py

        packed = {"compression": "gzip", "compression_opts": 1, "shuffle": True}
        for name, kind in ((IMAGES, dtype), (MASKS, np.uint32)):
            self._file.create_dataset(
                name, (0, *shape), kind, maxshape=(None, *shape), chunks=(1, *shape), **packed
            )
        self._file.create_dataset(IDS, (0,), h5py.string_dtype(), maxshape=(None,), chunks=(256,))
