"""How frames and their labels lie on disk: folders by class, by split, manifests, files."""

import os
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace

from featcls.dataset.manifest import ENDINGS, NAMES, read_manifest
from featcls.dataset.public import annotated_runs, check_one_part, named_as_diffranet
from featcls.dataset.records import SHORT_SPLITS, SPLITS, Record, natural
from featcls.errors import DataError

Found = tuple[str, list[Record], list[str] | None]  # root, records, classes if stated
SPLIT_FOLDERS = {*SPLITS, *SHORT_SPLITS} - {""}
NO_LABELS = "give each class a folder of its own, or add a manifest.csv with path,label"


def find_records(
    source: str, labelled: bool, is_frame: Callable[[str], bool], remedy: str
) -> Found:
    """Find the frames of a source.

    Parameters
    ----------
    source : str
        A folder with a folder per class; one with `train`, `test` (`validation`,
        `calibration`) folders of such; one with a manifest (`NAMES`); a manifest; a file of
        frames; without labels, a folder of frames at any depth.
    labelled : bool
        Whether labels are looked for.
    is_frame : callable
        Says of the path of a file whether it holds frames, of a folder whether it is read as
        one file.
    remedy : str
        What to do where there is no frame.

    Raises
    ------
    DataError
        Nothing there, no frame, or frames beside class folders.
    """
    if os.path.isfile(source):
        if source.lower().endswith(ENDINGS):
            return os.path.dirname(source), *read_manifest(source, labelled)
        return os.path.dirname(source), [Record(os.path.basename(source))], None
    if not os.path.isdir(source):
        raise DataError(f"{source} does not exist", "check the path")
    if is_frame(source):
        return os.path.dirname(os.path.abspath(source)), [Record(_name(source))], None
    if manifests := [name for name in NAMES if os.path.isfile(os.path.join(source, name))]:
        if len(manifests) > 1:
            both = " and ".join(manifests)
            raise DataError(f"{source} has {both}", "name the file that counts instead")
        return source, *read_manifest(os.path.join(source, manifests[0]), labelled)
    records = list(_tree(source, "", is_frame))
    if not records:
        raise DataError(
            f"{source} holds no image that can be read",
            remedy,
        )
    if labelled:
        records = annotated_runs(source, records) or _by_folder(source, records)
    return source, records, None


def _by_folder(source: str, records: list[Record]) -> list[Record]:
    """Label frames by the folder they are in; loose files have to bring labels of their own."""
    parts = [record.path.split("/") for record in records]
    tops = {path[0] for path in parts if len(path) > 1}
    loose = [path[0] for path in parts if len(path) == 1]
    if not tops:
        return records
    if loose:
        raise DataError(
            f"{source} has frames ({loose[0]}) beside folders of frames ({min(tops)})", NO_LABELS
        )
    if tops <= SPLIT_FOLDERS:
        if bare := next((path for path in parts if len(path) == 2), None):
            raise DataError(f"{source}/{bare[0]} is a split without class folders", NO_LABELS)
        labelled = [
            replace(record, label=path[1], split=SHORT_SPLITS.get(path[0], path[0]))
            for record, path in zip(records, parts, strict=True)
        ]
        return named_as_diffranet(source, labelled)
    check_one_part(source, tops)
    for name in sorted(set(os.listdir(source)) - tops):
        if os.path.isdir(os.path.join(source, name)) and not _hidden(name):
            warnings.warn(f"the folder {name!r} of {source} holds no image and is left out")
    return [replace(record, label=path[0]) for record, path in zip(records, parts, strict=True)]


def _tree(folder: str, prefix: str, is_frame: Callable[[str], bool]) -> Iterator[Record]:
    """Frames below a folder in natural order; hidden files are passed over."""
    try:
        entries = [entry for entry in os.scandir(folder) if not _hidden(entry.name)]
    except OSError as error:
        raise DataError(f"cannot list {folder}: {error.strerror}", "check its rights") from error
    for entry in sorted(entries, key=lambda entry: natural(entry.name)):
        # A link to a folder counts at the top only: below, it could lead round in a circle.
        below = entry.is_dir(follow_symlinks=not prefix)
        if (below or entry.is_file()) and is_frame(entry.path):
            yield Record(prefix + entry.name)
        elif below:
            yield from _tree(entry.path, f"{prefix}{entry.name}/", is_frame)


def _name(folder: str) -> str:
    return os.path.basename(os.path.abspath(folder))


def _hidden(name: str) -> bool:
    return name.startswith(".") or name == "__MACOSX"
