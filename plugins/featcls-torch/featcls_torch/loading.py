"""Frames as tensors, read ahead by threads and never more at once than a few batches."""

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from featcls.errors import DataError
from featcls.frame import Frame
from featcls.pipeline import Chained
from featcls.pipeline import apply as apply_steps
from featcls_torch import device as steps
from featcls_torch.device import Batch

KEPT_BYTES = 256 << 20  # of images that are read once and then held
AHEAD = 2  # batches, or as many as keep all threads reading


@dataclass(frozen=True)
class Read:
    """A frame as it is read: float32 pixels, mask, beam centre (row, col)."""

    image: NDArray[np.float32]
    mask: NDArray[np.bool_] | None
    centre: tuple[float, float]
    frame_id: str


class Images:
    """A lazy sequence of frames, read by threads.

    Where the frames come with the chain of steps that they still have to pass, its last steps
    may be done on the device, on whole batches.

    Parameters
    ----------
    frames : sequence of Frame, or Chained
        Read when asked for; from several threads at once.
    n_threads : int
    device : torch.device, optional
        Where batches are wanted; the CPU by default.
    shape : (int, int), optional
        Rows and columns that all must have; those of the first by default.
    twins : bool, optional
        Do the last steps on the device; by default where that is not the CPU, whose own
        kernels are faster.

    Raises
    ------
    DataError
        On reading: a frame of another shape.
    """

    def __init__(
        self,
        frames: Sequence[Frame],
        n_threads: int,
        device: torch.device | None = None,
        shape: tuple[int, int] | None = None,
        twins: bool | None = None,
    ) -> None:
        self.frames, self.n_threads = frames, max(n_threads, 1)
        self.device = device or torch.device("cpu")
        self._before: Sequence[Any] = ()
        self._after: Sequence[Any] = ()
        wanted = self.device.type != "cpu" if twins is None else twins
        if isinstance(frames, Chained) and wanted:
            self._before, self._after = steps.split(frames.chain)
            self.frames = frames.frames
        self._kept: dict[int, Read] = {}
        self._room = KEPT_BYTES
        self.shape = shape or self._first_shape()

    def __len__(self) -> int:
        return len(self.frames)

    def read(self, index: int) -> Read:
        """Return a frame as it is before what the device does."""
        if index in self._kept:
            return self._kept[index]
        frame = apply_steps(self._before, self.frames[index])
        centre = frame.geometry.beam_center if frame.geometry is not None else None
        centre = centre or ((frame.shape[0] - 1) / 2, (frame.shape[1] - 1) / 2)
        name = frame.frame_id or str(index)
        result = Read(np.asarray(frame.image, np.float32), frame.mask, centre, name)
        if self._room >= 4 * frame.image.size:
            self._room -= 4 * frame.image.size
            self._kept[index] = result
        return result

    def some(self, most: int) -> Iterator[tuple[NDArray[np.float32], NDArray[np.bool_] | None]]:
        """Yield at most so many images with masks, evenly spaced, as the network has them."""
        picked = np.unique(np.linspace(0, len(self) - 1, most).astype(int))
        for batch in self.batches(np.array_split(picked, -(-len(picked) // 16))):
            valid = None if batch.valid is None else batch.valid.cpu().numpy()
            for k, image in enumerate(batch.images.cpu().numpy()):
                yield image[0], None if valid is None else ~valid[k, 0]

    def batches(self, parts: Sequence[NDArray[Any]]) -> Iterator[Batch]:
        """Yield the frames of each list of indices, on the device."""
        with ThreadPoolExecutor(self.n_threads) as pool:
            todo = iter(parts)
            ahead: deque[list[Future[Read]]] = deque()
            try:
                while True:
                    while len(ahead) < AHEAD or sum(map(len, ahead)) < self.n_threads:
                        part = next(todo, None)
                        if part is None:
                            break
                        ahead.append([pool.submit(self.read, int(k)) for k in part])
                    if not ahead:
                        return
                    yield self._batch([future.result() for future in ahead.popleft()])
            finally:
                for future in (f for futures in ahead for f in futures):
                    future.cancel()

    def _batch(self, reads: Sequence[Read]) -> Batch:
        """Return frames as one batch after all steps, of whatever sizes they were before."""
        places: dict[tuple[int, ...], list[int]] = {}
        for k, read in enumerate(reads):
            places.setdefault(read.image.shape, []).append(k)
        done = []
        for own in places.values():
            batch = _stacked([reads[k] for k in own], self.device)
            batch = steps.apply(self._after, batch)
            rows, cols = batch.images.shape[2:]
            if (rows, cols) != self.shape:
                raise DataError(
                    f"frame {reads[own[0]].frame_id} has {rows} x {cols} pixels, the network "
                    f"takes {self.shape[0]} x {self.shape[1]}",
                    'add {"name": "resize"} or {"name": "crop"} to the config\'s preprocess',
                )
            done.append(batch)
        return steps.joined(done, [k for own in places.values() for k in own])

    def _first_shape(self) -> tuple[int, int]:
        first = steps.apply(self._after, _stacked([self.read(0)], self.device))
        return first.images.shape[2], first.images.shape[3]


def _stacked(reads: Sequence[Read], device: torch.device) -> Batch:
    """Return frames of one size as a batch."""
    images, valid = _on([read.image for read in reads], torch.float32, device), None
    if any(read.mask is not None for read in reads):
        known = [np.ones(r.image.shape, bool) if r.mask is None else ~r.mask for r in reads]
        valid = _on(known, torch.bool, device)
    centres = torch.tensor([read.centre for read in reads], dtype=torch.float64)
    return Batch(images, valid, centres.to(device))


def _on(arrays: Sequence[NDArray[Any]], dtype: torch.dtype, device: torch.device) -> Tensor:
    """Return arrays as (n, 1, rows, cols) on a device, copied once: a GPU's into pinned memory."""
    pinned = device.type == "cuda"
    host = torch.empty((len(arrays), 1, *arrays[0].shape), dtype=dtype, pin_memory=pinned)
    np.stack(arrays, out=host.numpy()[:, 0])
    return host.to(device, non_blocking=pinned)
