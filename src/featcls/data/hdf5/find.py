"""Where the images of an HDF5 file are, by the conventions of its kind."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from featcls.data.hdf5.links import LinkedFiles
from featcls.errors import UnreadableFrameError

MIN_SIDE = 8  # pixels; smaller arrays are tables unless they are named
MAX_OBJECTS = 100_000
NO_IMAGES = {"mask", "masks", "pixel_mask", "flatfield", "darkfield", "gain", "offset"}
NUMBERED = re.compile(r"data_(\d+)")

Node = tuple[str, Any]  # path and group or data set


def find_images(files: LinkedFiles, wanted: str = "") -> list[str]:
    """Paths of the data sets that hold the frames, in order: several follow one another.

    Parameters
    ----------
    files : LinkedFiles
    wanted : str
        Path of a data set or group; without it the file is searched.

    Raises
    ------
    UnreadableFrameError
        There is none, or there are several and nothing says which is meant.
    """
    if wanted:
        return _named(files, wanted)
    if series := _series(files) or chunks(files):
        return series
    found = _cxi(files) or _default(files)
    refused: list[UnreadableFrameError] = []
    if not found:
        nodes = list(walk(files, refused))
        found = _signals(files, nodes) or _detectors(files, nodes) or _others(nodes)
    if not found and refused:
        raise refused[0]
    if not found:
        raise files.error("it holds no images", "name the data set: file::/path")
    if len(found) > 1:
        raise files.error(
            f"it holds {len(found)} data sets of images: {_listed(found)}",
            f"name one: {files.path}::{found[0]}, or the reader's option dataset",
        )
    return found


def walk(files: LinkedFiles, refused: list[UnreadableFrameError]) -> Iterator[Node]:
    """Yield all groups and data sets of a file once; links that may not be followed go apart."""
    import h5py

    waiting: list[Node] = [("", files.first)]
    seen = {_identity(files.first)}
    for path, group in waiting:
        yield path or "/", group
        for name in members(group):
            try:
                node = files.find(name, group)
            except UnreadableFrameError as error:
                refused.append(error)
                continue
            if isinstance(node, h5py.Group | h5py.Dataset) and _identity(node) not in seen:
                seen.add(_identity(node))
                waiting.append((f"{path}/{name}", node))
        if len(waiting) > MAX_OBJECTS:
            raise files.error(f"it has more than {MAX_OBJECTS} parts", "name the data set")


def is_image(node: Any) -> bool:
    """Whether it is a data set of numbers whose last two dimensions may be an image's."""
    import h5py

    if not isinstance(node, h5py.Dataset) or node.dtype.kind not in "iuf":
        return False
    return len(node.shape or ()) >= 2 and min(node.shape[-2:]) >= MIN_SIDE


def attribute(node: Any, name: str) -> str:
    """Text or number of an attribute as text; empty if it is not there or a list."""
    value = node.attrs.get(name)
    if getattr(value, "size", 0) == 1:
        value = value.item()
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return str(value) if isinstance(value, str | int) else ""


def members(node: Any) -> list[str]:
    """Names in a group; nothing of what is no group."""
    import h5py

    return list(node) if isinstance(node, h5py.Group) else []


def _named(files: LinkedFiles, wanted: str) -> list[str]:
    import h5py

    found = files.find(wanted)
    if found is None:
        held = _listed([name for name, node in walk(files, []) if is_image(node)])
        raise files.error(
            f"it has no {wanted}; it holds {held or 'no images'}", "correct the name"
        )
    if isinstance(found, h5py.Dataset):
        return [wanted]
    if paths := _numbered(wanted, found) or _signal(files, wanted, found):
        return paths
    raise files.error(f"{wanted} is a group that names no signal", "name a data set in it")


def _series(files: LinkedFiles) -> list[str]:
    """Find what EIGER's file writer makes: /entry/data/data_000001 and on, in linked files."""
    for entry in files.first:
        path = f"/{entry}/data"
        group = _allowed(files, path)
        series = _numbered(path, group)
        signal = attribute(group, "signal") if series else ""
        if series and (not signal or NUMBERED.fullmatch(signal)):
            return series
    return []


def chunks(files: LinkedFiles) -> list[str]:
    """Find /data/<chunk>/images of a file of CXIDB 76; nothing in files of another kind."""
    if files.find("/metadata/idh5_version") is None:
        return []
    paths = (f"/data/{name}/images" for name in members(files.find("/data")))
    return [path for path in paths if is_image(files.find(path))]


def _allowed(files: LinkedFiles, path: str) -> Any:
    """Find a part that may be meant; None where a link to it may not be followed."""
    try:
        return files.find(path)
    except UnreadableFrameError:
        return None


def _numbered(path: str, group: Any) -> list[str]:
    names = members(group)
    numbers = [(int(m[1]), name) for name in names if (m := NUMBERED.fullmatch(name))]
    return [f"{path}/{name}" for _, name in sorted(numbers)]


def _cxi(files: LinkedFiles) -> list[str]:
    """Find /entry_1/data_1/data, or what stands for it."""
    entries = [f"/{name}" for name in files.first if re.fullmatch(r"entry_\d+", name)]
    for part in (r"data_\d+", r"image_\d+"):
        found = [
            (f"{entry}/{name}/data", files.find(f"{entry}/{name}/data"))
            for entry in entries
            for name in members(files.find(entry))
            if re.fullmatch(part, name)
        ]
        if images := _images(found):
            return images
    return []


def _default(files: LinkedFiles) -> list[str]:
    """Follow the attributes `default` down to a group, and its `signal`."""
    path, group = "", files.first
    for _ in range(8):
        name = attribute(group, "default")
        below = files.find(name, group) if name else None
        if below is None:
            break
        path, group = f"{path}/{name}", below
    return _signal(files, path, group) if path else []


def _signal(files: LinkedFiles, path: str, group: Any) -> list[str]:
    """Find what a group calls its signal, or the member that says so of itself."""
    import h5py

    if not isinstance(group, h5py.Group):
        return []
    if name := attribute(group, "signal"):
        return _images([(f"{path}/{name}", files.find(name, group))])
    members = [(f"{path}/{name}", files.find(name, group)) for name in group]
    return _images(
        [node for node in members if is_image(node[1]) and attribute(node[1], "signal")]
    )


def _signals(files: LinkedFiles, nodes: Iterable[Node]) -> list[str]:
    groups = [(path, node) for path, node in nodes if attribute(node, "NX_class") == "NXdata"]
    paths = [found for path, group in groups for found in _signal(files, path, group)]
    return _images([(path, files.find(path)) for path in paths])


def _detectors(files: LinkedFiles, nodes: Iterable[Node]) -> list[str]:
    groups = [path for path, node in nodes if attribute(node, "NX_class") == "NXdetector"]
    return _images([(f"{path}/data", files.find(f"{path}/data")) for path in groups])


def _others(nodes: Iterable[Node]) -> list[str]:
    return _images([one for one in nodes if one[0].rpartition("/")[2] not in NO_IMAGES])


def _images(nodes: Iterable[Node]) -> list[str]:
    """Paths of those that may be images, each data set once."""
    images = {_identity(node): path for path, node in reversed([*nodes]) if is_image(node)}
    return list(reversed(images.values()))


def _identity(node: Any) -> tuple[int, int]:
    import h5py

    info = h5py.h5o.get_info(node.id)
    return info.fileno, info.addr


def _listed(paths: list[str]) -> str:
    return ", ".join(paths[:8]) + (f" and {len(paths) - 8} more" if len(paths) > 8 else "")
