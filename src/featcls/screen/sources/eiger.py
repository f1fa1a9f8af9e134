"""Frames as DECTRIS EIGER detectors send them (Stream interface, version 1).

A message of a frame has the parts `dimage-1.0`, `dimage_d-1.0`, the packed pixels and
`dconfig-1.0`; `dheader-1.0` begins a series, with its settings and its pixel mask where the
detector is told to send all details, and `dseries_end-1.0` ends it.
"""

import json
import math
import threading
from collections.abc import Mapping, Sequence
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featcls.data.base import check_size
from featcls.data.flags import flagged, masked
from featcls.data.hdf5.blocks import BITSHUFFLE, LZ4, is_whole
from featcls.data.hdf5.masks import NEXUS_BITS, NEXUS_UNUSABLE, mask_bits
from featcls.frame import Frame
from featcls.geometry import Geometry
from featcls.screen.sources.zmq import Parsed

TYPES = ("uint8", "uint16", "uint32")
BITSHUFFLE_LZ4 = 2  # its number among the values of the filter


class EigerFrames:
    """Parses messages of a detector, one series after another."""

    def __init__(self) -> None:
        self._geometry: Geometry | None = None
        self._mask: NDArray[Any] | None = None

    def __call__(self, parts: Sequence[bytes]) -> Parsed | None:
        """Return the frame in a message; learn what a header says."""
        head = json.loads(parts[0])
        kind = str(head["htype"])
        if kind.startswith("dheader-"):
            self._begin(parts)
            return None
        if not kind.startswith("dimage-"):
            return None
        if len(parts) < 3:
            raise ValueError(f"it has {len(parts)} parts, wanted 4")
        name = f"series {head['series']} #{head['frame']}"
        told = json.loads(parts[1])
        read = partial(_frame, name, told, parts[2], self._geometry, self._mask)
        return Parsed(name, read)

    def _begin(self, parts: Sequence[bytes]) -> None:
        """Learn geometry and mask of a series, as far as its header tells them."""
        self._geometry = self._mask = None
        if len(parts) > 1:
            self._geometry = _geometry(json.loads(parts[1]))
        for told, data in pairwise(parts[2:]):
            if told.startswith(b"{") and b"dpixelmask-" in told:
                self._mask = _array("pixel mask", json.loads(told), data)


def _frame(
    name: str,
    told: Mapping[str, Any],
    data: bytes,
    geometry: Geometry | None,
    mask: NDArray[Any] | None,
) -> Frame:
    image = _array(name, told, data)
    reasons = flagged(image, counter=True)
    if mask is not None:
        if mask.shape != image.shape:
            raise ValueError(f"the pixel mask of its series has shape {mask.shape}")
        reasons |= mask_bits(mask, NEXUS_UNUSABLE, NEXUS_BITS, "pixel_mask")
    return masked(Frame(image, None, name, geometry), reasons)


def _array(name: str, told: Mapping[str, Any], data: bytes) -> NDArray[Any]:
    """Unpack pixels; the shape in a message is (columns, rows)."""
    cols, rows = (int(side) for side in told["shape"][:2])
    if told["type"] not in TYPES:
        raise ValueError(f"its pixels are {told['type']!r}, wanted one of {', '.join(TYPES)}")
    dtype = np.dtype(told["type"]).newbyteorder("<")
    check_size(name, None, (rows, cols), dtype.itemsize)
    size = math.prod((rows, cols)) * dtype.itemsize
    encoding = str(told.get("encoding", "<"))
    if encoding == "<":
        if len(data) != size:
            raise ValueError(f"it has {len(data)} bytes of pixels, its header asks for {size}")
        return np.frombuffer(data, dtype).reshape(rows, cols)
    if encoding == "lz4<":
        sizes = (size.to_bytes(8, "big"), size.to_bytes(4, "big"), len(data).to_bytes(4, "big"))
        return _unpacked(b"".join((*sizes, data)), (rows, cols), dtype, LZ4)
    if encoding == f"bs{8 * dtype.itemsize}-lz4<":
        return _unpacked(data, (rows, cols), dtype, BITSHUFFLE)
    raise ValueError(f"its encoding is {encoding!r}, wanted <, lz4< or bs..-lz4<")


def _unpacked(
    chunk: bytes, shape: tuple[int, int], dtype: np.dtype[Any], packer: int
) -> NDArray[Any]:
    """Let the HDF5 filter of the same form unpack a chunk, in a file that is only in memory."""
    import h5py
    import hdf5plugin  # noqa: F401  # registers the filters

    if not is_whole(chunk, math.prod(shape) * dtype.itemsize, dtype.itemsize, packer):
        raise ValueError("its packed pixels are damaged")
    values = (0, BITSHUFFLE_LZ4) if packer == BITSHUFFLE else (0,)
    own = f"frame {threading.get_ident()}"  # HDF5 holds files of one name for one
    with h5py.File(own, "w", driver="core", backing_store=False) as file:
        made = file.create_dataset(
            "data", shape, dtype, chunks=shape, compression=packer, compression_opts=values
        )
        made.id.write_direct_chunk((0, 0), chunk)
        return np.asarray(made[()])


def _geometry(config: Mapping[str, Any]) -> Geometry | None:
    """Return the geometry in a series' settings; its beam centre counts from the pixel corner."""
    known: dict[str, Any] = {}
    x, y = (config.get(f"beam_center_{axis}") for axis in "xy")
    if x and y:
        known["beam_center"] = (float(y) - 0.5, float(x) - 0.5)
    keys = {"pixel_size": "x_pixel_size", "distance": "detector_distance"}
    for name, key in keys.items():
        if config.get(key):
            known[name] = float(config[key])
    if config.get("wavelength"):
        known["wavelength"] = float(config["wavelength"]) * 1e-10
    return Geometry(**known) if known else None
