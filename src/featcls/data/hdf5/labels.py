"""What an HDF5 file itself says of its frames."""

from collections.abc import Mapping
from typing import Any

from featcls.data.hdf5.heaps import MAX_TEXT, longest_text
from featcls.data.hdf5.images import Images
from featcls.data.hdf5.links import LinkedFiles
from featcls.data.hdf5.storage import check_dataset

# As in a .npz file. They stand in the group of the images or in one above it.
THRESHOLD = 0.5
COLUMNS = {"labels": "label", "split": "split", "group": "group", "weight": "weight"}


def labels_of(images: Images) -> list[Mapping[str, Any]]:
    """One mapping a frame, with label, split, group and weight as far as the file has them."""
    columns = {key: values for name, key in COLUMNS.items() if (values := _column(images, name))}
    n = len(images.stack) if columns else 0
    return [{key: values[k] for key, values in columns.items()} for k in range(n)]


def _column(images: Images, name: str) -> list[Any]:
    """Values of the nearest data set of a name; empty if there is none."""
    import h5py

    files, parts = images.files, images.stack.paths[0].split("/")[:-1]
    above = ["/".join(parts[:k]) for k in range(len(parts), 0, -1)]
    found = (files.find(f"{path}/{name}") for path in above)
    column = next((one for one in found if isinstance(one, h5py.Dataset)), None)
    if column is None:
        return []
    n = len(images.stack)
    if name == "labels" and len(column.shape or ()) == 2 and column.shape[0] == n:
        return _several(images, column)
    if column.shape != (n,):
        what = f"{column.name} has shape {column.shape} for {n} frames"
        raise files.error(what, "write one value a frame")
    if h5py.check_string_dtype(column.dtype):
        return _texts(files, column)
    check_dataset(files, column)
    return list(column[()].tolist())


def _several(images: Images, column: Any) -> list[Any]:
    """Classes of each frame from a column of 0 and 1 (or scores) for each class.

    Their names stand in `classes` beside it; without that they are numbers.
    """
    check_dataset(images.files, column)
    there = column[()] >= THRESHOLD
    named = images.files.find("classes", column.parent)
    names = [str(k) for k in range(there.shape[1])]
    if named is not None:
        names = _texts(images.files, named)
    if len(names) != there.shape[1]:
        what = f"{column.name} has {there.shape[1]} columns for {len(names)} classes"
        raise images.files.error(what, "name each column once")
    return [[name for name, own in zip(names, row, strict=True) if own] for row in there]


def _texts(files: LinkedFiles, column: Any) -> list[str]:
    import h5py

    kind = h5py.check_string_dtype(column.dtype)
    if kind is not None and kind.length is None and (n := longest_text(column)) > MAX_TEXT:
        raise files.error(f"{column.name} claims a text of {n} bytes")
    return [str(text) for text in column.asstr(errors="replace")[()]]
