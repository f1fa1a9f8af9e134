"""Frames as files: bytes of one image, or a stack in HDF5."""

import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featcls.geometry import PLANCK_LIGHT
from featcls.simulate.camera import Camera
from featcls.simulate.detector import Light, compress


def count_type(camera: Camera) -> type[np.generic]:
    """Narrowest of uint16 and int32 that holds the camera's counts."""
    return np.uint16 if camera.bottom >= 0 and camera.saturation <= 65535 else np.int32


def as_pgm(camera: Camera, counts: Light) -> bytes:
    """Portable greymap of the 8-bit square root."""
    rows, cols = counts.shape
    return b"P5\n%d %d\n255\n" % (cols, rows) + compress(counts).tobytes()


def as_png(camera: Camera, counts: Light) -> bytes:
    """PNG of the 8-bit square root."""
    return png(compress(counts))


def png(image: NDArray[np.uint8]) -> bytes:
    """PNG of an 8-bit image."""
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(image).save(file, "png", compress_level=1)
    return file.getvalue()


def as_tiff(camera: Camera, counts: Light) -> bytes:
    """TIFF of the counts, 16 bit where they fit."""
    import tifffile

    file = io.BytesIO()
    tifffile.imwrite(file, counts.astype(count_type(camera)), metadata=None, software=False)
    return file.getvalue()


IMAGE_FORMATS = {"pgm": as_pgm, "png": as_png, "tiff": as_tiff}
SUFFIX = {"pgm": ".pgm", "png": ".png", "tiff": ".tif", "hdf5": ".h5"}


def write_stack(
    path: Path,
    camera: Camera,
    dead: NDArray[np.bool_],
    n: int,
    shots: Iterable[tuple[Light, dict[str, Any]]],
) -> list[dict[str, Any]]:
    """Write counts, mask, geometry and labels of n shots in the layout of CXI; return their truth.

    Frames stand in ``/entry_1/data_1/data``, one chunk a frame; the detector's geometry and mask
    in ``/entry_1/instrument_1/detector_1`` in metres; labels in ``/entry_1/labels``; the energy
    of each pulse's photons in joule in ``/entry_1/instrument_1/source_1/energy``.
    """
    import h5py

    with Unfailing(path, "w+") as disk, h5py.File(disk, "w") as file:
        file["cxi_version"] = 160
        entry = file.create_group("entry_1")
        detector = entry.create_group("instrument_1/detector_1")
        data = detector.create_dataset(
            "data",
            (n, *camera.shape),
            count_type(camera),
            chunks=(1, *camera.shape),
            compression="gzip",
            compression_opts=1,
            shuffle=True,
        )
        entry["data_1/data"] = data
        detector["mask"] = dead.astype(np.uint8)
        detector["distance"] = camera.distance
        detector["x_pixel_size"] = detector["y_pixel_size"] = camera.pixel
        detector["beam_center_y"], detector["beam_center_x"] = camera.center
        truths = []
        for i, (counts, truth) in enumerate(shots):
            data[i] = counts.astype(count_type(camera))
            truths.append(truth)
            if disk.failure:
                raise disk.failure
        wavelengths = np.array([truth["wavelength"] for truth in truths]) * 1e-10
        entry["instrument_1/source_1/energy"] = PLANCK_LIGHT / wavelengths
        labels = [truth["label"] for truth in truths]
        text = [label if isinstance(label, str) else ";".join(label) for label in labels]
        entry.create_dataset("labels", data=text, dtype=h5py.string_dtype())
    if disk.failure:
        raise disk.failure
    return truths


class Unfailing(io.FileIO):
    """File that keeps the error of a write for later: HDF5 crashes when it cannot write."""

    failure: OSError | None = None

    def write(self, data: Any) -> int:
        """Write all of the data, or note why not."""
        rest = memoryview(data).cast("B")
        size = len(rest)
        try:
            while rest:
                rest = rest[super().write(rest) :]
        except OSError as error:
            self.failure = self.failure or error
        return size

    def truncate(self, size: int | None = None) -> int:
        """Set the file's size, or note why not."""
        try:
            return super().truncate(size)
        except OSError as error:
            self.failure = self.failure or error
            return size or 0
