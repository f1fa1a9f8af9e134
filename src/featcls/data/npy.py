"""NumPy arrays: a stack in .npy, or in .npz with labels and masks beside it."""

import hashlib
import os
import zipfile
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import IO, Any, Literal, NamedTuple

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from featcls.data.base import (
    FLOOR,
    MAX_BYTES,
    MAX_RATIO,
    Frames,
    Reader,
    check_size,
    decoding,
    hash_file,
)
from featcls.errors import UnreadableFrameError
from featcls.frame import Frame
from featcls.hookspecs import RegisterReader, hookimpl

featcls_api = 1

NPY = b"\x93NUMPY"
ZIP = b"PK\x03\x04"
COLUMNS = {"labels": "label", "split": "split", "group": "group", "weight": "weight"}


class NpyReader(Reader):
    """Frames of an array of (rows, cols) or (n, rows, cols), mapped, not loaded.

    A .npz file holds `images`, and may hold `mask` ((rows, cols) or one a frame, True =
    ignore), `labels` ((n,) of text or integers, or (n, k) of 0 and 1), `classes` (names of
    integer labels or of the k columns), `split`, `group` and `weight`, each (n,). Nothing is
    ever unpickled. A compressed .npz is unpacked in memory, up to 1 GiB.
    """

    def understands(self, path: str, head: bytes) -> bool:
        """Look for the magic of .npy, or for a ZIP that starts with a .npy member."""
        return head.startswith(NPY) or (head.startswith(ZIP) and _starts_with_array(head))

    def frames(self, path: str) -> Sequence[Frame]:
        """Return the frames, one a leading index."""
        with decoding(path, None):
            images, _ = _arrays(path)
            n = 1 if images.ndim == 2 else len(images)
            return Frames(n, lambda index: _frame(path, index, self.file_mask))

    def rows(self, path: str) -> list[Mapping[str, Any]]:
        """Return label, split, group and weight of each frame, as far as a .npz has them."""
        if not _is_zip(path):
            return []
        n = len(self.frames(path))
        with decoding(path, None):
            columns = _columns(path)
            for name, values in columns.items():
                if len(values) != n:
                    raise ValueError(f"{name} has {len(values)} entries for {n} images")
            return [{name: values[i] for name, values in columns.items()} for i in range(n)]

    def hash_pixels(self, path: str) -> str:
        """SHA-256 of the file, of a .npz of its images and masks alone."""
        if not _is_zip(path):
            return hash_file(path)
        result = hashlib.sha256()
        with decoding(path, None), zipfile.ZipFile(path) as archive:
            for name in ("images.npy", "mask.npy"):
                if name in archive.namelist():
                    result.update(name.encode())
                    with archive.open(name) as member:
                        while block := member.read(2**20):
                            result.update(block)
        return result.hexdigest()


def _starts_with_array(head: bytes) -> bool:
    length = int.from_bytes(head[26:28], "little")
    return head[30 : 30 + length].endswith(b".npy")


def _is_zip(path: str) -> bool:
    with open(path, "rb") as file:
        return file.read(len(ZIP)) == ZIP


def _frame(path: str, index: int, file_mask: bool) -> Frame:
    images, mask = _arrays(path)
    single = images.ndim == 2
    with decoding(path, None if single else index):
        # Copied: a frame outlives the mapping, and survives the file being cut later.
        image = np.array(images if single else images[index])
        name, meta = path if single else f"{path}#{index}", {}
        if mask is not None:
            mask = np.array(mask if mask.ndim == 2 else mask[index]) if file_mask else None
        if mask is not None and (n_masked := int(np.count_nonzero(mask))):
            meta = {"masked": {"mask of the file": n_masked}}
        return Frame(image, mask, name, meta=meta)


def _arrays(path: str) -> tuple[NDArray[Any], NDArray[np.bool_] | None]:
    with decoding(path, None):
        status = os.stat(path)
        return _open(path, status.st_size, status.st_mtime_ns)


@lru_cache(maxsize=2)
def _open(path: str, size: int, mtime: int) -> tuple[NDArray[Any], NDArray[np.bool_] | None]:
    """Images and mask of one state of a file; shared by all threads."""
    if not _is_zip(path):
        return _checked(path, _map(path, 0, size)), None
    with zipfile.ZipFile(path) as archive:
        if "images.npy" not in archive.namelist():
            found = ", ".join(name.removesuffix(".npy") for name in archive.namelist())
            what = f"it has no array 'images', only {found}"
            raise UnreadableFrameError(path, None, what, "save with np.savez(file, images=...)")
        images = _checked(path, _member(path, archive, "images.npy"))
        mask = _member(path, archive, "mask.npy") if "mask.npy" in archive.namelist() else None
    if mask is not None and (
        mask.dtype != bool or mask.shape not in (images.shape, images.shape[-2:])
    ):
        what = f"mask is {mask.dtype} of shape {mask.shape}, images have shape {images.shape}"
        raise UnreadableFrameError(path, None, what, "save a bool mask of the shape of a frame")
    return images, mask


def _checked(path: str, images: NDArray[Any]) -> NDArray[Any]:
    if images.ndim not in (2, 3) or images.dtype.kind not in "biuf" or images.size == 0:
        what = f"the array is {images.dtype} of shape {images.shape}"
        remedy = "save numbers of shape (rows, cols) or (n, rows, cols)"
        raise UnreadableFrameError(path, None, what, remedy)
    check_size(path, None, images.shape[-2:], images.dtype.itemsize)
    return images


def _header(file: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    version = npy.read_magic(file)
    if version == (1, 0):
        return npy.read_array_header_1_0(file)
    if version == (2, 0):
        return npy.read_array_header_2_0(file)
    raise ValueError(f"version {version} of the .npy format is not read")


class _Described(NamedTuple):
    """What a .npy header says, and the byte behind it."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    order: Literal["C", "F"]
    data: int
    size: int


def _described(path: str, file: IO[bytes], end: int) -> _Described:
    """Read a header, and hold it to the bytes that there are up to `end`."""
    shape, fortran, dtype = _header(file)
    data, wanted = file.tell(), dtype.itemsize * int(np.prod(shape, dtype=object))
    if dtype.hasobject or end - data != wanted:
        what = f"it has {end - data} bytes of data, its header asks for {wanted} of {dtype}"
        raise UnreadableFrameError(path, None, what, "replace the file")
    return _Described(shape, dtype, "F" if fortran else "C", data, wanted)


def _map(path: str, start: int, end: int) -> NDArray[Any]:
    """Map the .npy array that fills the bytes from `start` to `end` of a file."""
    with open(path, "rb") as file:
        file.seek(start)
        own = _described(path, file, end)
    if own.size == 0:
        return np.empty(own.shape, own.dtype, own.order)
    return np.memmap(path, own.dtype, "r", own.data, own.shape, own.order)


def _member(path: str, archive: zipfile.ZipFile, name: str) -> NDArray[Any]:
    """Array of a ZIP member, its checksum verified: mapped if it is stored plain."""
    info = archive.getinfo(name)
    if info.compress_type != zipfile.ZIP_STORED:
        limit = max(FLOOR, MAX_RATIO * info.compress_size)
        if info.file_size > min(MAX_BYTES, limit):
            what = f"{name} unpacks to {info.file_size} bytes from {info.compress_size}"
            raise UnreadableFrameError(path, None, what, "save it with np.savez or as .npy")
        with archive.open(name) as member:
            own = _described(path, member, info.file_size)
            data = np.frombuffer(member.read(), own.dtype)
        return data.reshape(own.shape, order=own.order)
    with archive.open(name) as member:
        while member.read(2**20):
            pass
    with open(path, "rb") as file:
        file.seek(info.header_offset + 26)
        lengths = file.read(4)
    start = info.header_offset + 30
    start += int.from_bytes(lengths[:2], "little") + int.from_bytes(lengths[2:], "little")
    return _map(path, start, start + info.file_size)


def _columns(path: str) -> dict[str, list[Any]]:
    with zipfile.ZipFile(path) as archive:
        names = {name.removesuffix(".npy") for name in archive.namelist()}
        arrays = {
            name: np.atleast_1d(_member(path, archive, f"{name}.npy"))
            for name in names & {*COLUMNS, "classes"}
        }
    classes = arrays.pop("classes", None)
    columns: dict[str, list[Any]] = {
        COLUMNS[name]: array.tolist() for name, array in arrays.items() if name != "labels"
    }
    if "labels" in arrays:
        columns["label"] = _labels(arrays["labels"], classes)
    return columns


def _labels(labels: NDArray[Any], classes: NDArray[Any] | None) -> list[Any]:
    if labels.ndim == 1 and (classes is None or labels.dtype.kind not in "iu"):
        return [str(label) for label in labels.tolist()]
    names = [str(name) for name in (np.arange(labels.shape[-1]) if classes is None else classes)]
    if labels.ndim == 1:
        if labels.size and not 0 <= labels.min() <= labels.max() < len(names):
            raise ValueError(f"labels go up to {labels.max()}, there are {len(names)} classes")
        return [names[code] for code in labels]
    if labels.ndim != 2 or labels.shape[1] != len(names) or not np.isin(labels, (0, 1)).all():
        raise ValueError("labels of several classes must be (n, k) of 0 and 1, with k classes")
    return [[names[k] for k in np.flatnonzero(row)] for row in labels]


@hookimpl
def register_readers(register: RegisterReader) -> None:
    """Register the reader of .npy and .npz."""
    register("npy", NpyReader, extensions=(".npy", ".npz"))
