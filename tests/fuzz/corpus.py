"""A small valid file of every format that is read, each in a folder with what it needs."""

import bz2
import gzip
import json
from pathlib import Path

import numpy as np

from data import samples
from two_panels import TWO

IMAGE = np.random.default_rng(0).poisson(300.0, (13, 17)).astype(np.int64)
STACK = np.stack([IMAGE, IMAGE + 1, IMAGE + 2]).astype(np.uint16)
ROWS = "a.png,train,hit,1\nb.png,val,miss,0.5\nc.png,test,hit;ice,2\n"
PONI = """poni_version: 2
Detector_config: {"pixel1": 7.5e-05, "pixel2": 7.5e-05}
Distance: 1.2
Poni1: 0.08
Poni2: 0.09
Rot1: 0.02
Rot2: -0.03
Wavelength: 1e-10
"""
STREAM = """CrystFEL stream format 2.3
----- Begin chunk -----
Image filename: run.cxi
Event: //3
hit = 1
num_peaks = 12
----- End chunk -----
"""


def make_corpus(root: Path) -> dict[str, Path]:
    """Write all of them; the file to open by the name of its format."""
    made = {}
    for name, (file, write) in SEEDS.items():
        made[name] = root / name / file
        made[name].parent.mkdir(parents=True)
        write(made[name])
    return made


def png(path):
    samples.png(path, IMAGE)


def colour_png(path):
    from PIL import Image

    Image.fromarray(np.stack([IMAGE % 256] * 3, -1).astype(np.uint8)).convert("P").save(path)


def pillow(path):
    from PIL import Image

    Image.fromarray((IMAGE % 256).astype(np.uint8)).resize((40, 40)).save(path)


def ppm(path):
    path.write_bytes(b"P6\n17 13\n255\n" + np.stack([IMAGE % 251] * 3, -1).astype("u1").tobytes())


def ascii_pgm(path):
    path.write_text("P2\n# counts\n17 13\n999\n" + " ".join(map(str, IMAGE.ravel())) + "\n")


def tiff(**options):
    def write(path):
        import tifffile

        tifffile.imwrite(path, STACK, photometric="minisblack", **options)

    return write


def npz(save):
    return lambda path: save(path, images=STACK, labels=["a", "b", "a"], mask=STACK > 330)


def idx(path):
    samples.idx(path, IMAGE, 3)
    path.with_name("a-labels-idx1").write_bytes(b"\0\0\x08\x01\0\0\0\3\7\1\7")


def packed_cbf(path):
    """An imgCIF by pycbf; fabio writes byte offsets only."""
    import pycbf

    handle = pycbf.cbf_handle_struct()
    handle.new_datablock(b"a")
    handle.new_category(b"array_data")
    handle.new_column(b"data")
    handle.set_integerarray_wdims(
        pycbf.CBF_PACKED, 1, IMAGE.astype("<i4").tobytes(), 4, 1, IMAGE.size, b"little_endian",
        17, 13, 1, 0,
    )  # fmt: skip
    handle.write_widefile(
        str(path).encode(), pycbf.CBF, pycbf.MIME_HEADERS | pycbf.MSG_DIGEST, pycbf.ENC_NONE
    )


def hdf5(**options):
    def write(path):
        import h5py

        with h5py.File(path, "w") as file:
            file.create_dataset("data", data=STACK, **options)

    return write


def bitshuffle(path):
    import hdf5plugin

    hdf5(chunks=(1, 13, 17), **hdf5plugin.Bitshuffle())(path)


def nexus(path):
    """NXmx with a mask, a geometry and labels; texts lie in the global heap."""
    import h5py

    with h5py.File(path, "w", libver="latest") as file:
        file.attrs["default"] = "entry"
        file["entry/data/data"] = STACK
        file["entry/labels"] = ["a", "b", "a"]
        file["entry"].attrs["default"] = "data"
        file["entry/data"].attrs["signal"] = "data"
        detector = file.create_group("entry/instrument/detector")
        detector["pixel_mask"] = (IMAGE > 330).astype(np.uint32)
        for key, value, unit in (("x_pixel_size", 75.0, "um"), ("y_pixel_size", 75.0, "um")):
            detector[key] = value
            detector[key].attrs["units"] = unit


def cxi(path):
    import h5py

    with h5py.File(path, "w", userblock_size=512) as file:
        file["entry_1/data_1/data"] = np.stack([STACK, STACK])
        file["entry_1/data_1/mask"] = (STACK > 330).astype(np.uint16)
        file["entry_1/instrument_1/detector_1/distance"] = 0.1


def eiger(path):
    """A master file with two linked data files."""
    import h5py
    import hdf5plugin

    with h5py.File(path, "w") as file:
        for k in (1, 2):
            with h5py.File(path.with_name(f"a_data_{k}.h5"), "w") as data:
                options = {"chunks": (1, 13, 17), **hdf5plugin.Bitshuffle()}
                data.create_dataset("entry/data/data", data=STACK.astype(np.uint32), **options)
            link = h5py.ExternalLink(f"a_data_{k}.h5", "/entry/data/data")
            file[f"entry/data/data_{k:06d}"] = link


def virtual(path):
    import h5py

    hdf5(chunks=(1, 13, 17), compression="gzip")(path.with_name("part.h5"))
    layout = h5py.VirtualLayout(STACK.shape, STACK.dtype)
    layout[:] = h5py.VirtualSource("part.h5", "data", STACK.shape)
    with h5py.File(path, "w", libver="latest") as file:
        file.create_virtual_dataset("x", layout)


def peaks(path):
    import h5py

    with h5py.File(path, "w") as file:
        file["entry_1/result_1/nPeaks"] = np.arange(3, dtype=np.int32)


def table(text):
    def write(path):
        for name in ("a.png", "b.png", "c.png"):
            png(path.with_name(name))
        path.write_text(text)

    return write


def parquet(path):
    from pyarrow import csv
    from pyarrow import parquet as pq

    table("path,split,label,weight\n" + ROWS)(path)
    pq.write_table(csv.read_csv(path), path)


def scores(path):
    told = {"classes": ["x", "y"], "frames": {"a.png": [0.9, 0.1], "b.png": [0.2, 0.7]}}
    table(json.dumps(told))(path)


def packed(write, codec):
    def write_packed(path):
        plain = path.with_suffix("")
        write(plain)
        path.write_bytes(codec.compress(plain.read_bytes()))
        plain.unlink()

    return write_packed


def stack_of(write):
    return lambda path: write(path, IMAGE, 3)


def one_of(write):
    return lambda path: write(path, IMAGE)


# Name of the format: file to open, and who writes it.
SEEDS = {
    "png": ("a.png", png),
    "png palette": ("a.png", colour_png),
    "jpeg": ("a.jpg", pillow),
    "bmp": ("a.bmp", pillow),
    "pgm": ("a.pgm", one_of(samples.pgm)),
    "pgm ascii": ("a.pgm", ascii_pgm),
    "ppm": ("a.ppm", ppm),
    "tiff": ("a.tif", tiff()),
    "tiff deflate": ("a.tif", tiff(compression="zlib", metadata=None)),
    "tiff tiles": ("a.tif", tiff(tile=(16, 16), bigtiff=True)),
    "npy": ("a.npy", lambda path: np.save(path, STACK)),
    "npz": ("a.npz", npz(np.savez)),
    "npz deflate": ("a.npz", npz(np.savez_compressed)),
    "idx": ("a-images-idx3", idx),
    "hdf5": ("a.h5", hdf5()),
    "hdf5 gzip": ("a.h5", hdf5(chunks=(2, 9, 9), compression="gzip", shuffle=True)),
    "hdf5 bslz4": ("a.h5", bitshuffle),
    "nexus": ("a.nxs", nexus),
    "cxi": ("a.cxi", cxi),
    "eiger": ("a_master.h5", eiger),
    "hdf5 virtual": ("a.h5", virtual),
    "cbf": ("a.cbf", one_of(samples.cbf)),
    "cbf packed": ("a.cbf", packed_cbf),
    "smv": ("a.img", one_of(samples.smv)),
    "edf": ("a.edf", stack_of(samples.edf)),
    "mar345": ("a.mar345", one_of(samples.mar345)),
    "spe": ("a.spe", stack_of(samples.spe)),
    "spe 3": ("a.spe", lambda path: samples.spe(path, IMAGE, 3, version=3.0)),
    "mib": ("a.mib", stack_of(samples.mib)),
    "npy.gz": ("a.npy.gz", packed(lambda path: samples.npy(path, IMAGE), gzip)),
    "edf.bz2": ("a.edf.bz2", packed(stack_of(samples.edf), bz2)),
    "csv": ("manifest.csv", table("path,split,label,weight\n" + ROWS)),
    "split table": ("split.csv", table("# classes: hit;ice;miss\npath,split,label,n\n" + ROWS)),
    "parquet": ("manifest.parquet", parquet),
    "json": ("manifest.json", scores),
    "geom": ("a.geom", lambda path: path.write_text(TWO)),
    "poni": ("a.poni", lambda path: path.write_text(PONI)),
    "peaks": ("a.cxi", peaks),
    "stream": ("a.stream", lambda path: path.write_text(STREAM)),
}
