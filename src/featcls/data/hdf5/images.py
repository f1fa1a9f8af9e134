"""Frames of an HDF5 file: images with their masks, reasons and geometry."""

import threading
from typing import Any

import numpy as np

from featcls.data.base import decoding
from featcls.data.flags import flagged, mask_of
from featcls.data.hdf5.detector import Detector, detector_of
from featcls.data.hdf5.find import find_images
from featcls.data.hdf5.geometry import geometries
from featcls.data.hdf5.links import LinkedFiles
from featcls.data.hdf5.masks import FrameMasks, Masked, file_mask
from featcls.data.hdf5.quantities import values_of
from featcls.data.hdf5.stack import Stack
from featcls.data.hdf5.storage import check_dataset
from featcls.errors import UsageError
from featcls.frame import Frame
from featcls.geometry import Geometry

PANELS = ("auto", "slab", "each")


class Images:
    """What is read of a file once, and its frames one at a time; threads may share it."""

    def __init__(
        self, files: LinkedFiles, dataset: str, panels: str, flags: bool, mask_bits: int | None
    ) -> None:
        self.files = files
        paths = find_images(files, dataset)
        self.detector = detector_of(files, paths[0])
        self.stack = Stack(files, paths, _n_lead(files, paths[0], panels, self.detector.cxi))
        self._geometries = geometries(self.detector)
        mask = file_mask(self.detector, mask_bits) if flags else None
        self._masks = None if mask is None else FrameMasks(mask, self.stack)
        self._limits = _limits(self.detector, self.stack.dtype.kind) if flags else None
        self._lock = threading.Lock()

    def read(self, frame: int, frame_id: str) -> Frame:
        """Read a frame; only one thread unpacks at a time, as h5py has it anyway."""
        with self._lock, decoding(self.files.path, frame if len(self.stack) > 1 else None):
            image = self.stack.read(frame)
            place = self.stack.index(frame)[1]
            own = Masked() if self._masks is None else self._masks.of(place)
        mask, masked = own.mask, dict(own.counts)
        if own.pixels is not None:
            image.reshape(-1)[own.pixels] = 0  # in place: Frame would make a copy
        if self._limits is not None and (found := flagged(image, **self._limits)):
            mask, more = mask_of(found, mask)
            masked = {**masked, **more}
            if mask is not None:
                np.copyto(image, 0, where=mask)
        return Frame(image, mask, frame_id, self._geometry(frame, place), self._meta(masked))

    def _geometry(self, frame: int, place: tuple[int, ...]) -> Geometry | None:
        stack = self.stack
        if len(stack.panels) > 2 and stack.shape[0] != stack.panels[-2]:
            return self._geometries.at(frame, len(stack), None)
        if self.detector.cxi and len(place) > 1:
            return self._geometries.at(place[0], stack.leads[0][0], place[-1])
        return self._geometries.at(frame, len(stack))

    def _meta(self, masked: dict[str, int]) -> dict[str, Any]:
        meta: dict[str, Any] = {}
        if masked:
            meta["masked"] = masked
        if len(self.stack.panels) > 2:
            rows, cols = self.stack.panels[-2:]
            n = self.stack.shape[0] // rows
            meta["panels"] = f"{n} of {rows} x {cols}, one below the other"
        if self._geometries.notes:
            meta["geometry"] = "; ".join(self._geometries.notes)
        return meta


def _n_lead(files: LinkedFiles, path: str, panels: str, cxi: bool) -> int:
    """How many leading dimensions count frames: the first, or all but the last two.

    Dimensions between are panels by CXI's convention and points of a scan by NeXus'.
    """
    if panels not in PANELS:
        raise UsageError(f"panels is {panels!r}", f"give one of {', '.join(PANELS)}")
    dataset = files.find(path)
    check_dataset(files, dataset)
    if dataset.ndim < 2:
        raise files.error(f"{path} has shape {dataset.shape}, no image", "name another data set")
    slab = panels == "slab" or (panels == "auto" and cxi)
    return 1 if slab and dataset.ndim > 3 else int(dataset.ndim) - 2


def _limits(detector: Detector, kind: str) -> dict[str, Any]:
    """What the file says of its counters, as `flagged` takes it."""

    def told(name: str) -> float | None:
        values = values_of(detector.get(name, f"detectorSpecific/{name}"))
        return None if values is None or len(values) != 1 else float(values[0])

    depth = told("bit_depth_image") if kind == "u" else None
    return {
        # Signed data of such a file is of an integrating detector, where -3 is a value.
        "counter": True if depth else None,
        "bits": int(depth) if depth and 0 < depth < 64 else None,
        "low": told("underload_value"),
        "high": told("saturation_value"),
    }
