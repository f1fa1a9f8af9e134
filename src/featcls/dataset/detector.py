"""What a data set's spec says of its detector, laid on every frame after its reader."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from featcls.data.base import hash_file
from featcls.data.flags import masked
from featcls.dataset.address import parse_address
from featcls.detector import masks
from featcls.detector.crystfel import read_geom
from featcls.detector.geom import Geom, MaskSource
from featcls.detector.panels import GAP, Layout, assembly
from featcls.detector.poni import read_poni
from featcls.errors import DataError, UnreadableFrameError, UsageError, unknown
from featcls.frame import Frame, Mask
from featcls.geometry import Geometry

LENGTHS = ("pixel_size", "distance", "wavelength")
DEFAULTS: dict[str, Any] = {
    "mask": [],
    "replace_mask": False,
    "mask_edge": 0,
    "mask_values": [],
    "polygons": [],
    "geometry": None,
    "assemble": True,
    "beam_center": None,
    **dict.fromkeys(LENGTHS),
}


@dataclass(frozen=True)
class _Static:
    """What is the same for all frames of one shape: masks by reason, and where pixels go."""

    stored: dict[str, Mask]
    layout: Layout | None
    final: dict[str, Mask]


class Detector:
    """Masks, panels and geometry of one detector.

    Parameters
    ----------
    options : mapping
        Any of `mask` (addresses of mask images: not 0 is ignored), `replace_mask` (leave out
        masks that data files hold), `mask_edge` (pixels beside the border, gaps and panels),
        `mask_values` (pixel values that are flags), `polygons` (lists of (row, col) corners),
        `geometry` (a .geom or .poni file), `assemble` (lay panels out as the .geom says),
        `beam_center` (row, col), `pixel_size`, `distance`, `wavelength` (metres).
    read : callable
        From the address of a mask image to its frame.

    Raises
    ------
    UsageError
        An unknown key or a value of the wrong kind.
    DataError
        The geometry file is not there or cannot be meant.

    Notes
    -----
    Masks are joined, never taken away. A mask image has the shape of the stored image or of
    the assembled one; polygons, the beam centre and the border are those of the assembled one.
    """

    def __init__(self, options: Mapping[str, Any], read: Callable[[str], Frame]) -> None:
        for key in options:
            if key not in DEFAULTS:
                raise UsageError(unknown("option of the detector", key, DEFAULTS))
        self.options = {**DEFAULTS, **options}
        self._read = read
        self._static: dict[tuple[int, int], _Static] = {}
        self._bits: dict[tuple[str, str], Mask] = {}
        self._geom: Geom | None = None
        self._geometry = self._stated_geometry()
        self._check()

    def __bool__(self) -> bool:
        """False where nothing is said, and frames stay as their readers give them."""
        return self.options != DEFAULTS

    def identity(self) -> dict[str, Any]:
        """Return as JSON what the pixels depend on: options, files by their content."""
        told = {key: value for key, value in self.options.items() if value != DEFAULTS[key]}
        if "mask" in told:
            told["mask"] = [
                [hash_file(at.path), at.dataset, at.index]
                for at in map(parse_address, told["mask"])
            ]
        if "geometry" in told:
            told["geometry"] = hash_file(told["geometry"])
            files = (
                [self._mask_file(source, "") for source in self._geom.masks] if self._geom else []
            )
            told["geometry masks"] = [hash_file(file) for file in files if file]
        return told

    def apply(self, frame: Frame, path: str) -> Frame:
        """Return the frame with all that is known of its detector; `path` is its file."""
        static = self._static_of(frame.shape)
        frame = masked(frame, {**static.stored, **self._of_pixels(frame, path)})
        if static.layout is not None:
            frame = _assembled(frame, static.layout)
        frame = masked(frame, static.final)
        if (width := self.options["mask_edge"]) and self._geom is None:
            frame = masked(frame, {"edges": masks.edges(frame.mask, frame.shape, width)})
        return frame.replace(geometry=self._geometry_of(frame, static.layout))

    def _of_pixels(self, frame: Frame, path: str) -> dict[str, Mask]:
        """Masks that differ from frame to frame or from file to file."""
        found = {f"value {v:g}": frame.image == v for v in self.options["mask_values"]}
        if self._geom is not None:
            name = self._geometry_name
            if any(self._geom.flags.values()):
                found["flags of the geometry"] = masks.flagged(self._geom, frame.image, name)
            for source in self._geom.masks:
                label = f"{source.data} of the geometry"
                found[label] = self._stored_mask(source, path, frame.shape)
        return found

    def _static_of(self, shape: tuple[int, int]) -> _Static:
        if shape not in self._static:
            self._static[shape] = self._make_static(shape)
        return self._static[shape]

    def _make_static(self, shape: tuple[int, int]) -> _Static:
        stored: dict[str, Mask] = {}
        final: dict[str, Mask] = {}
        layout = None
        if self._geom is not None:
            edge = self.options["mask_edge"]
            name = self._geometry_name
            stored["regions of the geometry"] = masks.bad_panels(self._geom, shape, edge, name)
            if self.options["assemble"]:
                layout = assembly(self._geom.panels, shape, name)
        seen = shape if layout is None else (layout.source.shape[0], layout.source.shape[1])
        for address in self.options["mask"]:
            frame = self._mask_image(address)
            if frame.shape not in (shape, seen):
                raise DataError(
                    f"mask {address} has shape {frame.shape}, the frames {shape}",
                    "give a mask of the frames' shape",
                )
            of = stored if frame.shape == shape else final
            of[f"mask {os.path.basename(address)}"] = (frame.image != 0) | ~frame.valid
        for i, corners in enumerate(self.options["polygons"]):
            final[f"polygon {i + 1}"] = masks.polygon(corners, seen)
        return _Static(stored, layout, final)

    def _mask_image(self, address: str) -> Frame:
        """Read a mask that all frames need: without it none can be used."""
        try:
            return self._read(address)
        except UnreadableFrameError as error:
            raise DataError(f"the mask cannot be used: {error.message}", error.remedy) from error

    def _stored_mask(self, source: MaskSource, path: str, shape: tuple[int, int]) -> Mask:
        """Read a mask that the geometry names, from its own file or from that of the frame."""
        file = self._mask_file(source, path)
        key = (file, source.data)
        if key not in self._bits:
            bits = self._read(f"{file}::{source.data}").image.astype(np.int64)
            self._bits = {key: source.ignored(bits)}  # of one file: those before are done with
        if self._bits[key].shape != shape:
            what = f"the mask {source.data} has shape {self._bits[key].shape}, the frame {shape}"
            raise UnreadableFrameError(path, None, what, "correct the geometry file")
        return self._bits[key]

    def _mask_file(self, source: MaskSource, path: str) -> str:
        if not source.file:
            return path
        return os.path.join(os.path.dirname(self.options["geometry"]), source.file)

    @property
    def _geometry_name(self) -> str:
        return os.path.basename(self.options["geometry"] or "")

    def _stated_geometry(self) -> Geometry:
        """Return what the geometry file and the options say, the options on top."""
        base, file = Geometry(), self.options["geometry"]
        if file is not None and file.endswith(".poni"):
            base = read_poni(file)
        elif file is not None:
            self._geom = read_geom(file)
            base = self._geom.geometry
        stated = {key: self.options[key] for key in LENGTHS if self.options[key] is not None}
        if (center := self.options["beam_center"]) is not None:
            stated["beam_center"] = tuple(center)
        try:
            return replace(base, **stated)
        except (TypeError, ValueError) as error:
            raise UsageError(f"geometry: {error}", "correct the option") from None

    def _geometry_of(self, frame: Frame, layout: Layout | None) -> Geometry | None:
        """What is stated, else what the panels say of the beam, else what the file says."""
        stated = self._geometry
        if stated.beam_center is None and layout is not None:
            stated = replace(stated, beam_center=layout.center)
        own = frame.geometry or Geometry()
        fields = ("beam_center", *LENGTHS)
        known = {
            key: getattr(own, key) if getattr(stated, key) is None else getattr(stated, key)
            for key in fields
        }
        return Geometry(**known) if any(v is not None for v in known.values()) else None

    def _check(self) -> None:
        width = self.options["mask_edge"]
        if not isinstance(width, int) or not 0 <= width <= 100:
            raise UsageError(f"mask_edge is {width!r}", "give 0 to 100 pixels")
        for corners in self.options["polygons"]:
            masks.polygon(corners, (1, 1))
        for value in self.options["mask_values"]:
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise UsageError(f"mask_values has {value!r}", "give numbers")


def _assembled(frame: Frame, layout: Layout) -> Frame:
    """Lay the pixels of a stored image out; gaps between panels are masked."""
    mask = None if frame.mask is None else frame.mask.ravel()[layout.source]
    laid_out = frame.replace(image=frame.image.ravel()[layout.source], mask=mask, geometry=None)
    # Where there is a gap, the last pixel stands in the image: GAP indexes from the end.
    gap = layout.source == GAP
    if mask is not None:
        laid_out = laid_out.replace(mask=mask & ~gap)
    return masked(laid_out, {"gaps between panels": gap})
