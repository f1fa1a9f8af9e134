"""The two digests of a data set: what the pixels are, and what is said of them.

`pixels_id` covers, frame by frame and in order, the content of the file, the frame's place in
it, its region and mask file, and the reader with its options; it keys the feature cache.
`dataset_id` adds labels, classes, split, group and weight; it keys resume and leaderboards.
Names and places of files count in neither: a data set may be moved and renamed, as long as its
order and labels stay.
"""

import os
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from numpy.typing import NDArray

from featcls.config import digest
from featcls.data.base import decoding, hash_file
from featcls.dataset.address import parse_address
from featcls.dataset.files import Files
from featcls.dataset.memo import recall, remember
from featcls.dataset.records import Record

# A file changed more recently than this might change again within one step of the clock.
SETTLED_NS = 2_000_000_000


def pixels_digest(root: str, records: Sequence[Record], files: Files) -> str:
    """SHA-256 over the ordered frames: content, reader, options, place, region and mask."""
    return digest(origins(root, records, files))


def origins(root: str, records: Sequence[Record], files: Files) -> list[list[Any]]:
    """Return as JSON what the pixels of each frame come from; equal ones are equal frames."""
    masks = {one.mask: parse_address(one.mask, root) for one in records if one.mask}
    bare = [Record(address.path) for address in masks.values()]
    hashes = content_hashes(root, [*records, *bare], files)
    contents = {
        (name, path): digest([name, files.identity(name), content])
        for (name, path), content in hashes.items()
    }
    mask_contents = {
        name: [hashes["", address.path], address.dataset, address.index]
        for name, address in masks.items()
    }

    def origin(one: Record) -> list[Any]:
        place = [contents[one.reader, one.path], one.index or 0]
        if one.dataset or one.roi or one.mask:
            place += [one.dataset, one.roi, mask_contents.get(one.mask)]
        return place

    return [origin(one) for one in records]


def labels_digest(
    pixels_id: str, classes: Sequence[str], y: NDArray[Any] | None, records: Sequence[Record]
) -> str:
    """SHA-256 over the pixels and all that is said of each frame."""
    said = [[record.split, record.group, record.weight] for record in records]
    return digest([pixels_id, list(classes), None if y is None else y.tolist(), said])


def content_hashes(
    root: str, records: Sequence[Record], files: Files
) -> dict[tuple[str, str], str]:
    """Content hash of each (reader, path), remembered as long as size and time of a file stay."""
    pairs = list(dict.fromkeys((record.reader, record.path) for record in records))
    states = {pair: _state(root, *pair) for pair in pairs if pair[1]}
    known = recall(key for key, _ in states.values())
    hashes = {
        pair: known[key]["hash"]
        for pair, (key, state) in states.items()
        if known.get(key, {}).get("state") == state
    }
    missing = [pair for pair in pairs if pair not in hashes]
    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
        found = pool.map(lambda pair: _hash(root, files, *pair), missing)
        hashes.update(zip(missing, found, strict=True))
    fresh, settled = set(missing), time.time_ns() - SETTLED_NS
    remember(
        {
            key: {"state": state, "hash": hashes[pair]}
            for pair, (key, state) in states.items()
            if pair in fresh and state[1] < settled
        }
    )
    return hashes


def _state(root: str, reader: str, path: str) -> tuple[str, list[int]]:
    """Key and state (size, time) of a file, taken before it is hashed."""
    full = os.path.join(root, path)
    with decoding(full, None, "check the path and its rights"):
        files = list(os.scandir(full)) if os.path.isdir(full) else []
        states = [os.stat(full), *(one.stat() for one in files if one.is_file())]
    size, changed = sum(s.st_size for s in states), max(s.st_mtime_ns for s in states)
    return f"hash {reader} {full}", [size, changed]


def _hash(root: str, files: Files, reader: str, path: str) -> str:
    full = os.path.join(root, path) if path else ""
    if not reader:
        # A bad frame, which no reader could open: perhaps we may not read it either.
        with suppress(PermissionError, IsADirectoryError):
            return hash_file(full)
        return ""
    with decoding(full, None, "check the path and its rights"):
        return files.readers[reader].hash_pixels(full)
