"""What is checked of a data set before a pixel is read: type, filters, budget, whole storage."""

import math
from typing import Any

from featcls.data.base import FLOOR, MAX_BYTES, MAX_RATIO
from featcls.data.hdf5.blocks import BITSHUFFLE, LZ4
from featcls.data.hdf5.links import LinkedFiles

MAX_SOURCES = 8  # virtual data sets of virtual data sets

FILTERS = {  # of the registry of the HDF Group
    307: "bzip2",
    32000: "LZF",
    32001: "Blosc",
    LZ4: "LZ4",
    BITSHUFFLE: "bitshuffle",
    32013: "ZFP",
    32015: "Zstandard",
    32017: "SZ",
    32024: "SZ3",
    32026: "Blosc2",
    32028: "SPERR",
    32037: "BriefLZ",
}
PLUGINS = "pip install 'featcls[formats]'"


def check_dataset(files: LinkedFiles, dataset: Any, depth: int = 0) -> None:
    """Refuse what cannot be read as it was written.

    Raises
    ------
    UnreadableFrameError
        The values are no numbers; a filter is missing; the data lies where it may not; a chunk
        is larger than the budget; nothing was stored.
    """
    name = dataset.name
    if dataset.dtype.kind not in "biuf":
        raise files.error(f"{name} holds {_kind(dataset)}, no numbers", "name another data set")
    if not dataset.size:
        raise files.error(f"{name} is empty: its shape is {dataset.shape}", "write it first")
    if dataset.is_virtual:
        _check_sources(files, dataset, depth)
    else:
        _check_filters(files, dataset)
        _check_storage(files, dataset)


def stored_chunks(dataset: Any) -> set[tuple[int, ...]] | None:
    """Places in the grid of chunks where something is stored, None where all is.

    The library reads fill values for the rest. The whole index is looked through only if the
    number of chunks is short, or where the file is being written and its end may be missing.
    """
    if dataset.chunks is None or dataset.is_virtual:
        return None
    shape, sizes = dataset.shape, dataset.chunks
    wanted = math.prod(math.ceil(n / size) for n, size in zip(shape, sizes, strict=True))
    if dataset.id.get_num_chunks() == wanted and not dataset.file.swmr_mode:
        return None
    end = dataset.file.id.get_filesize()
    stored = set()

    def visit(chunk: Any) -> None:
        if chunk.byte_offset + chunk.size <= end:
            offset = zip(chunk.chunk_offset, sizes, strict=True)
            stored.add(tuple(at // size for at, size in offset))

    dataset.id.chunk_iter(visit)
    return None if len(stored) == wanted else stored


def _kind(dataset: Any) -> str:
    import h5py

    if h5py.check_string_dtype(dataset.dtype):
        return "text"
    if dataset.dtype.names:
        return f"records of {', '.join(dataset.dtype.names)}"
    return "objects" if dataset.dtype.kind == "O" else f"values of type {dataset.dtype}"


def _check_filters(files: LinkedFiles, dataset: Any) -> None:
    import h5py

    pipeline = dataset.id.get_create_plist()
    for k in range(pipeline.get_nfilters()):
        number, _, values, title = pipeline.get_filter(k)
        if not h5py.h5z.filter_avail(number) and not _loaded(number):
            known = FILTERS.get(number) or title.decode("utf-8", "replace") or "without a name"
            raise files.error(f"{dataset.name} needs HDF5 filter {number} ({known})", PLUGINS)
        # The filter divides by the size of an element that the file states.
        if number == BITSHUFFLE and (len(values) < 3 or values[2] != dataset.dtype.itemsize):
            raise files.error(f"{dataset.name} states wrong sizes for its bitshuffle filter")


def _loaded(number: int) -> bool:
    """Import hdf5plugin, only now that a filter is met which HDF5 itself has not."""
    import h5py

    try:
        import hdf5plugin  # noqa: F401
    except ImportError:
        return False
    return bool(h5py.h5z.filter_avail(number))


def _check_storage(files: LinkedFiles, dataset: Any) -> None:
    import h5py

    name = dataset.name
    if dataset.external and not files.allow_external:
        raise files.error(
            f"{name} keeps its values in another file, {dataset.external[0][0]}",
            "if you trust the file, set the reader's option allow_external",
        )
    layout = dataset.id.get_create_plist().get_layout()
    stored = dataset.id.get_storage_size()
    if layout == h5py.h5d.CHUNKED:
        size = math.prod(dataset.chunks) * dataset.dtype.itemsize
        ratio = size * dataset.id.get_num_chunks() / max(stored, 1)
        if size > MAX_BYTES or (size > FLOOR and ratio > MAX_RATIO):
            raise files.error(
                f"{name} claims chunks of {size / 2**20:.0f} MiB, compressed {ratio:.0f} times; "
                f"the limit is 1 GiB, and {MAX_RATIO} times beyond 64 MiB",
                "write it with smaller chunks",
            )
    elif not dataset.external and stored < dataset.size * dataset.dtype.itemsize:
        raise files.error(f"{name} was never written", "write it again")


def _check_sources(files: LinkedFiles, dataset: Any, depth: int) -> None:
    """Hold the sources of a virtual data set to the rules of links, and to being whole.

    The library reads fill values for a source that is absent or too small.
    """
    name = dataset.name
    if depth == MAX_SOURCES:
        raise files.error(f"{name} is made of virtual data sets, one of another, in a circle")
    shapes: dict[tuple[str, str], tuple[int, ...]] = {}
    for target, *source, space in dataset.virtual_sources():
        key = source[0], source[1]
        if key not in shapes:
            shapes[key] = _source(files, dataset, *key, depth)
        if not _reaches(target, space, shapes[key]):
            raise files.error(f"{name} takes more of {key[1]} in {key[0]} than it has")


def _source(files: LinkedFiles, dataset: Any, file: str, name: str, depth: int) -> tuple[int, ...]:
    """Shape of one source, which is checked as any data set."""
    if "%" in file or "%" in name:
        raise files.error(f"{dataset.name} numbers its sources by a pattern", "list them by name")
    parent = dataset.file
    found = files.find(name, parent if file == "." else files.linked(file, parent.filename))
    if found is None:
        raise files.error(f"{dataset.name} is made of {name} in {file}, which has none")
    check_dataset(files, found, depth + 1)
    if (stored := stored_chunks(found)) is not None:
        lost = f"{name} in {file} holds {len(stored)} chunks, not all; its writer stopped"
        raise files.error(lost, "read the whole sources instead")
    return tuple(found.shape)


def _reaches(target: Any, space: Any, shape: tuple[int, ...]) -> bool:
    """Whether a source has all that is taken of it."""
    import h5py

    if space.get_select_type() == h5py.h5s.SEL_ALL:
        return bool(target.get_select_npoints() <= math.prod(shape))
    last = space.get_select_bounds()[1]
    return all(at < side for at, side in zip(last, shape, strict=True))
