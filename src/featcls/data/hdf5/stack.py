"""The images of one data set, or of several that follow one another, read one at a time."""

import math
from bisect import bisect_right
from itertools import accumulate, product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featcls.data.base import check_size
from featcls.data.hdf5.blocks import is_whole, packer_of
from featcls.data.hdf5.links import LinkedFiles
from featcls.data.hdf5.storage import check_dataset, stored_chunks
from featcls.errors import UnreadableFrameError

CACHE = 64 * 2**20  # bytes of unpacked chunks kept for the next frame
MAX_FRAMES = 10**7
MAX_CHUNKS = 2**16  # of one frame


class Stack:
    """Images by index, over all leading dimensions of one or more data sets.

    Parameters
    ----------
    files : LinkedFiles
    paths : list of str
        Data sets of the same type and size of image.
    n_lead : int
        Leading dimensions that count frames; those between them and the last two are panels,
        which become one image, one below the other.
    """

    def __init__(self, files: LinkedFiles, paths: list[str], n_lead: int) -> None:
        self.files = files
        self.paths = paths
        self.n_lead = n_lead
        self._datasets: dict[int, Any] = {}
        self._stored: dict[int, set[tuple[int, ...]] | None] = {}
        first = self._dataset(0)
        self._packer = packer_of(first)
        self._checked: tuple[int, list[tuple[int, ...]]] | None = None
        self.panels = first.shape[n_lead:]
        self.dtype = first.dtype
        self.shape = (math.prod(self.panels[:-1]), self.panels[-1])
        check_size(files.path, None, self.shape, self.dtype.itemsize)
        _check_chunks(files, first, n_lead)
        self.leads = [self._lead(k) for k in range(len(paths))]
        self._ends = list(accumulate(math.prod(lead) for lead in self.leads))
        if len(self) > MAX_FRAMES:
            raise files.error(f"it claims {len(self)} frames; the limit is {MAX_FRAMES}")

    def __len__(self) -> int:
        return self._ends[-1]

    def index(self, frame: int) -> tuple[int, tuple[int, ...]]:
        """Which data set holds a frame, and where."""
        k = bisect_right(self._ends, frame)
        within = frame - (self._ends[k - 1] if k else 0)
        return k, tuple(int(at) for at in np.unravel_index(within, self.leads[k]))

    def read(self, frame: int) -> NDArray[Any]:
        """Return a frame, (rows, cols), as an array of its own."""
        k, at = self.index(frame)
        dataset = self._dataset(k)
        stored = self._stored[k]
        if stored is not None:
            cells = _cells(dataset, at)
            if lost := sum(cell not in stored for cell in cells):
                what = f"it holds {len(cells) - lost} of {len(cells)} chunks; the writer stopped"
                raise UnreadableFrameError(self.files.path, frame, what, "leave the frame out")
        if self._packer:
            self._check_blocks(k, dataset, at, frame)
        image: NDArray[Any] = np.asarray(dataset[at])
        return image.reshape(self.shape)

    def _check_blocks(self, k: int, dataset: Any, at: tuple[int, ...], frame: int) -> None:
        """Look over the packed chunks of a frame, unless those of the last one were the same."""
        cells = _cells(dataset, at)
        if self._checked == (k, cells):
            return
        size = math.prod(dataset.chunks) * self.dtype.itemsize
        for cell in cells:
            offset = tuple(i * side for i, side in zip(cell, dataset.chunks, strict=True))
            skipped, chunk = dataset.id.read_direct_chunk(offset)
            if not (skipped or is_whole(chunk, size, self.dtype.itemsize, self._packer)):
                what = f"its chunk at {offset} is damaged"
                raise UnreadableFrameError(self.files.path, frame, what, "replace the file")
        self._checked = k, cells

    def _lead(self, k: int) -> tuple[int, ...]:
        dataset = self._dataset(k)
        if dataset.shape[self.n_lead :] != self.panels or dataset.dtype != self.dtype:
            one, other = (f"{d.dtype} {d.shape}" for d in (self._dataset(0), dataset))
            raise self.files.error(f"{self.paths[0]} holds {one}, {self.paths[k]} {other}")
        return tuple(dataset.shape[: self.n_lead])

    def _dataset(self, k: int) -> Any:
        """Open a data set, again if its file was closed for others, and check it."""
        import h5py

        if not self._datasets.get(k):
            dataset = self.files.find(self.paths[k])
            if not isinstance(dataset, h5py.Dataset):
                raise self.files.error(f"it has no data set {self.paths[k]}")
            check_dataset(self.files, dataset)
            self._stored[k] = stored_chunks(dataset)
            self._datasets[k] = _with_cache(dataset, self.n_lead)
        return self._datasets[k]


def _check_chunks(files: LinkedFiles, dataset: Any, n_lead: int) -> None:
    if dataset.chunks is None:
        return
    sizes = zip(dataset.shape[n_lead:], dataset.chunks[n_lead:], strict=True)
    n = math.prod(math.ceil(side / chunk) for side, chunk in sizes)
    if n > MAX_CHUNKS:
        raise files.error(f"a frame of {dataset.name} lies in {n} chunks", "write larger chunks")


def _cells(dataset: Any, at: tuple[int, ...]) -> list[tuple[int, ...]]:
    """Places of the chunks of a frame in the grid of chunks."""
    n = len(at)
    lead = [(i // chunk,) for i, chunk in zip(at, dataset.chunks, strict=False)]
    sizes = zip(dataset.shape[n:], dataset.chunks[n:], strict=True)
    return list(product(*lead, *(range(math.ceil(side / chunk)) for side, chunk in sizes)))


def _with_cache(dataset: Any, n_lead: int) -> Any:
    """Open a data set again so that chunks which hold many frames are unpacked once."""
    import h5py

    chunks = dataset.chunks
    if chunks is None or math.prod(chunks[:n_lead]) == 1:
        return dataset
    size = len(_cells(dataset, (0,) * n_lead)) * math.prod(chunks) * dataset.dtype.itemsize
    if size > CACHE:
        return dataset
    file, name = dataset.file, dataset.name.encode("utf-8", "surrogateescape")
    dataset.id.close()  # a cache is made when a data set is first opened
    access = h5py.h5p.create(h5py.h5p.DATASET_ACCESS)
    access.set_chunk_cache(10_007, size, 1.0)
    return h5py.Dataset(h5py.h5d.open(file.id, name, access))
