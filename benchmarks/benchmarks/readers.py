"""Frames read one after the other, HDF5 beside a bare loop of h5py; data sets looked through."""

import tempfile
from pathlib import Path

import numpy as np

from benchmarks import images
from featcls.data.hdf5.reader import Hdf5Reader
from featcls.data.pnm import PnmReader
from featcls.dataset import open_dataset
from featcls.dataset.inspection import inspect

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
    frames = np.stack([np.roll(counts, 50 * k, 1) for k in range(N)])
    frames[:, 514:551] = frames[:, 1065:1102] = frames[:, 1616:1653] = 2**32 - 1
    frames[:, :, 1030:1040] = 2**32 - 1  # gaps stay where they are
    return frames


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
            del file["x"]
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


class Pgm:
    """8-bit PGM files, one frame each."""

    param_names = ("size",)
    params = ((512,),)

    def setup(self, size):
        self.folder = tempfile.TemporaryDirectory()
        self.paths = write_pgm(self.folder.name, N, size)
        self.time_open_and_read(size)

    def time_open_and_read(self, size):
        for path in self.paths:
            PnmReader().frames(path)[0]

    def teardown(self, size):
        self.folder.cleanup()


class Inspect:
    """What `featcls inspect` does, of files in two class folders: 2.6 GB at 10,000."""

    param_names = ("files", "threads")
    params = ((100, 10_000), (1, 2))

    def setup(self, files, threads):
        self.folder = tempfile.TemporaryDirectory()
        for k, name in enumerate(("hit", "miss")):
            folder = Path(self.folder.name) / name
            folder.mkdir()
            write_pgm(str(folder), files // 2, 512, seed=k)

    def time_inspect(self, files, threads):
        inspect(open_dataset(self.folder.name), n_threads=threads)

    def teardown(self, files, threads):
        self.folder.cleanup()


class ManyFrames:
    """One HDF5 file of many frames, read through with two threads ahead."""

    param_names = ("frames",)
    params = ((500, 100_000),)

    def setup(self, frames):
        import h5py

        self.folder = tempfile.TemporaryDirectory()
        self.path = str(Path(self.folder.name) / "run.h5")
        some = np.random.default_rng(0).poisson(3, (50, 128, 128)).astype(np.uint8)
        with h5py.File(self.path, "w") as file:
            shape, chunks = (frames, 128, 128), (1, 128, 128)
            images = file.create_dataset("images", shape, "u1", chunks=chunks)
            for start in range(0, frames, len(some)):
                images[start : start + len(some)] = some

    def peakmem_read_through(self, frames):
        for _ in open_dataset(self.path, labelled=False).outcomes(n_threads=2):
            pass

    def teardown(self, frames):
        self.folder.cleanup()


def write_pgm(folder, n, size, seed=0):
    """Write diffraction patterns, each shifted in its own way, as binary PGM."""
    rng = np.random.default_rng(seed)
    some = [images.diffraction(size, seed=seed + k) for k in range(8)]
    paths = []
    for k in range(n):
        shifted = np.roll(some[k % 8], rng.integers(0, size, 2), (0, 1))
        paths.append(str(Path(folder) / f"{k:05d}.pgm"))
        Path(paths[-1]).write_bytes(b"P5\n%d %d\n255\n" % (size, size) + shifted.tobytes())
    return paths
