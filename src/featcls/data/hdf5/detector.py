"""The group that describes the detector of a data set, by the layout of NeXus or of CXI."""

import re
from dataclasses import dataclass
from typing import Any

from featcls.data.hdf5.find import attribute, members
from featcls.data.hdf5.links import LinkedFiles

CXI = re.compile(r"(/entry_\d+)/(?:(?:data|image)_(\d+)/|(instrument_\d+/detector_\d+)/)")


@dataclass(frozen=True)
class Detector:
    """What is known of a data set's detector.

    `entry`, `group` and `source` are groups or None; `images` is the group of the data set.
    """

    files: LinkedFiles
    cxi: bool
    images: Any
    entry: Any
    group: Any

    def get(self, *paths: str) -> Any:
        """First data set there is of some, in the detector's group, by paths from there."""
        return _first(self.files, self.group, paths)

    def of_entry(self, *paths: str) -> Any:
        """First data set there is of some, by paths from the entry."""
        return _first(self.files, self.entry, paths)


def detector_of(files: LinkedFiles, path: str) -> Detector:
    """Find the detector of the data set at `path`."""
    images = files.find(path.rpartition("/")[0] or "/")
    if found := CXI.match(path):
        entry = files.find(found[1])
        place = found[3] or f"instrument_1/detector_{found[2]}"
        return Detector(files, True, images, entry, files.find(place, entry))
    top, _, below = path.strip("/").partition("/")
    entry = files.find(top) if below else files.first
    return Detector(files, False, images, entry, _nexus(files, entry, path))


def _nexus(files: LinkedFiles, entry: Any, path: str) -> Any:
    """Find the one detector of an instrument, or of several the one that holds the data."""
    detectors = [
        group
        for name in members(files.find("instrument", entry))
        if members(group := files.find(f"instrument/{name}", entry))
        and (name.startswith("detector") or attribute(group, "NX_class") == "NXdetector")
    ]
    if len(detectors) == 1:
        return detectors[0]
    data = files.find(path)
    return next((group for group in detectors if files.find("data", group) == data), None)


def _first(files: LinkedFiles, group: Any, paths: tuple[str, ...]) -> Any:
    import h5py

    for path in paths if group is not None else ():
        found = files.find(path, group)
        if isinstance(found, h5py.Dataset):
            return found
    return None
