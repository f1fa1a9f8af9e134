"""Small files of every format, written here: `FORMATS[name](path, image)`."""

import struct

import numpy as np


def smv(path, image):
    header = (
        "{\nHEADER_BYTES=  512;\nDIM=2;\nBYTE_ORDER=little_endian;\nTYPE=unsigned_short;\n"
        f"SIZE1={image.shape[1]};\nSIZE2={image.shape[0]};\nPIXEL_SIZE=0.055;\nDISTANCE=531.85;\n"
        "WAVELENGTH=1.25;\nBEAM_CENTER_X=12.5;\nBEAM_CENTER_Y=14;\n}"
    )
    path.write_bytes(header.encode().ljust(512, b"\0") + image.astype("<u2").tobytes())


def edf(path, image, n=1):
    content = b""
    for i in range(n):
        pixels = (image + i).astype(">u2").tobytes()
        header = (
            f"{{\nHeaderID = EH:{i:06d}:000000:000000 ;\nByteOrder = HighByteFirst ;\n"
            f"DataType = UnsignedShort ;\nDim_1 = {image.shape[1]} ;\nDim_2 = {image.shape[0]} ;\n"
            f"Size = {len(pixels)} ;\nCenter_1 = 7.5 ;\nCenter_2 = 4 ;\nPSize_1 = 1e-4 ;\n"
            "SampleDistance = 0.2 ;\nWaveLength = 1e-10 ;\n"
        )
        content += header.encode().ljust(510, b" ") + b"}\n" + pixels
    path.write_bytes(content)


def spe(path, image, n=1, version=2.2):
    header = bytearray(4100)
    struct.pack_into("<H", header, 42, image.shape[1])
    struct.pack_into("<H", header, 656, image.shape[0])
    struct.pack_into("<i", header, 1446, n)
    struct.pack_into("<h", header, 108, 3)
    struct.pack_into("<f", header, 1992, version)
    header[4098:] = b"\x55\x55"
    pixels = b"".join((image + i).astype("<u2").tobytes() for i in range(n))
    footer = b"<SpeFormat>more</SpeFormat>" if version >= 3 else b""
    if footer:
        struct.pack_into("<Q", header, 678, 4100 + len(pixels))
    path.write_bytes(bytes(header) + pixels + footer)


def mib(path, image, n=1):
    content = b""
    for i in range(n):
        rows, cols = image.shape
        header = f"MQ1,{i + 1:06d},00384,01,{cols:04d},{rows:04d},U16,   1x1,01,2018-01-19,"
        content += header.encode().ljust(384, b"\0") + (image + i).astype(">u2").tobytes()
    path.write_bytes(content)


def idx(path, image, n=1):
    stack = np.stack([image + i for i in range(n)]).astype(">i4")
    head = struct.pack(">4B3I", 0, 0, 0x0C, 3, n, *image.shape)
    path.write_bytes(head + stack.tobytes())


def cbf(path, image):
    """Byte offsets, by fabio."""
    from fabio.cbfimage import CbfImage

    CbfImage(data=image.astype(np.int32)).write(str(path))


def mar345(path, image):
    """A packed plate with one pixel beyond 16 bits."""
    from fabio.compression import compPCK

    rows, cols = image.shape
    header = struct.pack("<6i", 1234, cols, 1, 1, 1, rows * cols).ljust(128, b"\0")
    text = b"mar research\nPIXEL          LENGTH 150  HEIGHT 150\nWAVELENGTH     1.54179\n"
    header = (header + text + b"DISTANCE       100.000\n").ljust(4096)
    high = struct.pack("<2i", 3, int(image.ravel()[2])).ljust(64, b"\0")
    low = image.astype(np.int32)
    low.ravel()[2] = 65535
    path.write_bytes(header + high + compPCK(low))


def pgm(path, image):
    path.write_bytes(b"P5\n%d %d\n65535\n" % image.shape[::-1] + image.astype(">u2").tobytes())


def npy(path, image):
    np.save(path, image.astype(np.uint16))


def png(path, image):
    from PIL import Image

    Image.fromarray(image.astype(np.uint16)).save(path)


def tif(path, image):
    import tifffile

    tifffile.imwrite(path, image.astype(np.uint16))


def h5(path, image):
    import h5py

    with h5py.File(path, "w") as file:
        file.create_dataset("data", data=image.astype(np.uint16), chunks=True, compression="gzip")


FORMATS = {
    ".img": smv,
    ".edf": edf,
    ".spe": spe,
    ".mib": mib,
    ".idx": idx,
    ".cbf": cbf,
    ".mar345": mar345,
    ".pgm": pgm,
    ".npy": npy,
    ".png": png,
    ".tif": tif,
    ".h5": h5,
}
STACKS = {".edf": edf, ".spe": spe, ".mib": mib, ".idx": idx}
