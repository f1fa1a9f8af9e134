"""The masks that HDF5 files hold: which bits mean what, and which make a pixel unusable."""

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from featcls.data.flags import mask_of
from featcls.data.hdf5.detector import Detector
from featcls.data.hdf5.stack import Stack
from featcls.data.hdf5.storage import check_dataset
from featcls.frame import Mask

MAX_KEPT = 64  # masks of panels


class Masked(NamedTuple):
    """A mask, its pixels by flat index, and how many there are of each reason."""

    mask: Mask | None = None
    pixels: NDArray[np.intp] | None = None
    counts: Mapping[str, int] = MappingProxyType({})


# https://manual.nexusformat.org/classes/applications/NXmx.html: "unusable if mask & 0xFFFF".
NEXUS_BITS = {
    0: "gap",
    1: "dead",
    2: "under-responding",
    3: "over-responding",
    4: "noisy",
    6: "part of a cluster",
    8: "user",
    31: "virtual",
}
NEXUS_UNUSABLE = 0xFFFF

# The CXI format's table, with bit 15 of Cheetah. What does not make a pixel wrong stays in:
# marks of a peak search (5, 13), of a region of interest (8, 15) and of a correction (11, 14).
CXI_BITS = {
    0: "invalid",
    1: "saturated",
    2: "hot",
    3: "dead",
    4: "shadowed",
    5: "in peak mask",
    6: "to be ignored",
    7: "bad",
    8: "out of resolution limits",
    9: "missing",
    10: "noisy",
    11: "artifact corrected",
    12: "failed artifact correction",
    13: "peak for hit finder",
    14: "photon background corrected",
    15: "in jet",
}
CXI_UNUSABLE = 0b0001_0110_1101_1111


class FileMask(NamedTuple):
    """A data set of mask bits and what they mean."""

    dataset: Any
    name: str
    bits: Mapping[int, str]
    unusable: int


class FrameMasks:
    """The masks of a stack: one for all its images, one for each panel, or one for each image."""

    def __init__(self, mask: FileMask, stack: Stack) -> None:
        self.mask = mask
        self.shape = stack.shape
        n = len(stack.panels)
        lead = mask.dataset.shape[:-n]
        # (1, 4, rows, cols) is for all shots, as (4, rows, cols) is.
        self.extra = next((k for k, side in enumerate(lead) if side != 1), len(lead))
        lead = lead[self.extra :]
        fits = not lead or (len(stack.leads) == 1 and stack.leads[0][-len(lead) :] == lead)
        if mask.dataset.shape[-n:] != stack.panels or not fits:
            raise stack.files.error(
                f"its {mask.name} has shape {mask.dataset.shape}, its images {stack.panels}",
                "set the reader's option mask_bits to 0 to read it without",
            )
        self.lead = lead
        self._kept: dict[tuple[int, ...], Masked] = {}

    def of(self, at: tuple[int, ...]) -> Masked:
        """What is masked of the image at an index of the leading dimensions."""
        place = (0,) * self.extra + at[len(at) - len(self.lead) :]
        if place in self._kept:
            return self._kept[place]
        reasons = mask_bits(
            self.mask.dataset[place], self.mask.unusable, self.mask.bits, self.mask.name
        )
        mask, counts = mask_of(
            {reason: bad.reshape(self.shape) for reason, bad in reasons.items()}
        )
        found = Masked(mask, None if mask is None else np.flatnonzero(mask), counts)
        if math.prod(self.lead) <= MAX_KEPT:
            self._kept[place] = found
        return found


def file_mask(detector: Detector, unusable: int | None) -> FileMask | None:
    """Find the mask that belongs to a data set; `unusable` bits of it count, if not the usual.

    A plain HDF5 file has none: what its ones mean is not known.
    """
    if unusable == 0:
        return None
    files = detector.files
    if detector.cxi:
        found = files.find("mask", detector.images) or detector.get("mask")
        bits, usual = CXI_BITS, CXI_UNUSABLE
    else:
        found = detector.get("pixel_mask", "detectorSpecific/pixel_mask")
        bits, usual = NEXUS_BITS, NEXUS_UNUSABLE
    if found is None:
        return None
    check_dataset(files, found)
    if found.dtype.kind == "f":
        raise files.error(f"{found.name} holds floats, no bits", "set the option mask_bits to 0")
    name = found.name.rpartition("/")[2]
    return FileMask(found, name, bits, usual if unusable is None else unusable)


def mask_bits(
    values: NDArray[Any], unusable: int, bits: Mapping[int, str], name: str
) -> dict[str, Mask]:
    """Masked pixels for each unusable bit that occurs.

    Examples
    --------
    >>> mask_bits(np.array([[0, 3], [256, 2]]), 0xFF, NEXUS_BITS, "pixel_mask")
    {'pixel_mask bit 0 (gap)': array([[False,  True], [False, False]]),
     'pixel_mask bit 1 (dead)': array([[False,  True], [False,  True]])}
    """
    if values.dtype.kind == "b":
        values = values.astype(np.uint8)
    width = 8 * values.dtype.itemsize
    set_bits = int(np.bitwise_or.reduce(values, axis=None)) & unusable & (2**width - 1)
    found = {}
    for k in range(width):
        if set_bits >> k & 1:
            title = f"{name} bit {k} ({bits[k]})" if k in bits else f"{name} bit {k}"
            found[title] = (values >> values.dtype.type(k)) & values.dtype.type(1) != 0
    return found
