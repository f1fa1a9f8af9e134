"""Frames as tensors, read ahead by threads and never more at once than a few batches."""

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from featcls.errors import DataError
from featcls.frame import Frame

KEPT_BYTES = 256 << 20  # of images that are read once and then held
AHEAD = 2  # batches

Read = tuple[NDArray[np.float32], NDArray[np.bool_] | None]


class Images:
    """A lazy sequence of frames, read by threads.

    Parameters
    ----------
    frames : sequence of Frame
        Read when asked for; from several threads at once.
    n_threads : int
    shape : (int, int), optional
        Rows and columns that all must have; those of the first by default.

    Raises
    ------
    DataError
        On reading: a frame of another shape.
    """

    def __init__(
        self, frames: Sequence[Frame], n_threads: int, shape: tuple[int, int] | None = None
    ) -> None:
        self.frames, self.n_threads = frames, max(n_threads, 1)
        self.shape = frames[0].shape if shape is None else shape
        size = len(frames) * self.shape[0] * self.shape[1] * 4
        self._kept: dict[int, Read] | None = {} if size <= KEPT_BYTES else None

    def __len__(self) -> int:
        return len(self.frames)

    def read(self, index: int) -> Read:
        """Return an image as float32, with its mask."""
        if self._kept is not None and index in self._kept:
            return self._kept[index]
        frame = self.frames[index]
        if frame.shape != self.shape:
            raise DataError(
                f"frame {frame.frame_id or index} has {frame.shape[0]} x {frame.shape[1]} pixels, "
                f"the network takes {self.shape[0]} x {self.shape[1]}",
                'add {"name": "resize"} or {"name": "crop"} to the config\'s preprocess',
            )
        result = np.asarray(frame.image, np.float32), frame.mask
        if self._kept is not None:
            self._kept[index] = result
        return result

    def some(self, most: int) -> Iterator[Read]:
        """Yield at most so many images, evenly spaced."""
        picked = np.unique(np.linspace(0, len(self) - 1, most).astype(int))
        return (self.read(int(k)) for k in picked)

    def batches(
        self, parts: Sequence[NDArray[Any]], device: Any
    ) -> Iterator[tuple[Tensor, Tensor | None]]:
        """Yield images (n, 1, rows, cols) and where they are valid, for each list of indices."""
        with ThreadPoolExecutor(self.n_threads) as pool:
            todo = iter(parts)
            ahead: deque[list[Future[Read]]] = deque()
            try:
                while True:
                    for part in islice(todo, AHEAD - len(ahead)):
                        ahead.append([pool.submit(self.read, int(k)) for k in part])
                    if not ahead:
                        return
                    yield _batch([future.result() for future in ahead.popleft()], device)
            finally:
                for future in (f for futures in ahead for f in futures):
                    future.cancel()


def _batch(reads: Sequence[Read], device: Any) -> tuple[Tensor, Tensor | None]:
    images = torch.from_numpy(np.stack([image for image, _ in reads])[:, None])
    valid = None
    if any(mask is not None for _, mask in reads):
        known = [np.ones(image.shape, bool) if mask is None else ~mask for image, mask in reads]
        valid = torch.from_numpy(np.stack(known)[:, None]).to(device, non_blocking=True)
    if device.type == "cuda":
        images = images.pin_memory()
    return images.to(device, non_blocking=True), valid
