"""HDF5 frames read one after the other, beside a bare loop of h5py."""

import tempfile
from pathlib import Path

import numpy as np

from benchmarks import images
from featcls.data.hdf5.reader import Hdf5Reader

N = 32  # frames
KINDS = ("8 bit 512", "8 bit 512 gzip", "EIGER 4M bslz4")


def packing(kind):
    """Keyword arguments of `create_dataset`."""
    if kind.endswith("gzip"):
        return {"compression": "gzip", "compression_opts": 1, "shuffle": True}
    if kind.endswith("bslz4"):
        import hdf5plugin

        return dict(hdf5plugin.Bitshuffle())
    return {}


def stack(kind):
    """(n, rows, cols): a diffraction pattern, for EIGER with its gaps at 2^32 - 1."""
    if not kind.startswith("EIGER"):
        return np.stack([images.diffraction(512, seed=k) for k in range(N)])
    counts = images.counts(2167)[:, :2070].astype(np.uint32)
    counts[514:551] = counts[1065:1102] = counts[1616:1653] = 2**32 - 1
    counts[:, 1030:1040] = 2**32 - 1
    return np.stack([np.roll(counts, 50 * k, 1) for k in range(N)])


class Hdf5:
    """The reader: chunks and their filters checked, flags found, pixels under the mask 0."""

    param_names = ("kind",)
    params = (KINDS,)

    def setup(self, kind):
        frames = stack(kind)
        self.folder = tempfile.TemporaryDirectory()
        self.path = str(Path(self.folder.name) / "a.h5")
        self.write(frames, packing(kind))
        self.time_open_and_read(kind)  # libraries and the file in memory

    def write(self, frames, options):
        import h5py

        with h5py.File(self.path, "w") as file:
            file.create_dataset("x", data=frames, chunks=(1, *frames.shape[1:]), **options)

    def time_open_and_read(self, kind):
        frames = Hdf5Reader().frames(self.path)
        for k in range(N):
            frames[k]
        frames.close()

    def teardown(self, kind):
        self.folder.cleanup()


class Hdf5WithMask(Hdf5):
    """The same with the file's own pixel mask, as EIGER writes it."""

    def write(self, frames, options):
        import h5py

        super().write(frames, options)
        with h5py.File(self.path, "a") as file:
            file["entry/data/data"] = file["x"]
            gaps = frames[0] == np.iinfo(frames.dtype).max
            file["entry/instrument/detector/pixel_mask"] = gaps.astype(np.uint32)


class Hdf5Bare(Hdf5):
    """h5py alone: no check, no mask."""

    def time_open_and_read(self, kind):
        import h5py

        with h5py.File(self.path, "r") as file:
            data = file["x"]
            for k in range(N):
                data[k]
