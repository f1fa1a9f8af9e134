"""Files and their readers: which reader reads a file, and what is in it."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from featcls.data.base import Reader, decoding
from featcls.data.unpack import UnpackingReader, plain_head, plain_name
from featcls.dataset.address import Address, parse_address
from featcls.dataset.detector import Detector
from featcls.dataset.handles import OpenFiles
from featcls.dataset.masks import MaskFiles
from featcls.dataset.records import Record, as_label, as_split, as_weight
from featcls.errors import DataError, UnreadableFrameError, UsageError, unknown
from featcls.frame import Frame
from featcls.plugins import Registry
from featcls.preprocess.crop import Crop


class Files:
    """Reads the files of one data set, each by the one reader that understands it.

    Parameters
    ----------
    registry : Registry
        Where readers come from.
    name : str, optional
        The reader to use for all files.
    options : mapping
        Its options; without a name, options of any reader, given to those that know them.
    detector : mapping
        What is known of the detector beside the files; see `Detector`.
    """

    def __init__(
        self,
        registry: Registry,
        name: str | None,
        options: Mapping[str, Any],
        detector: Mapping[str, Any] | None = None,
    ) -> None:
        names = registry.names("reader") if name is None else [name]
        self.readers: dict[str, Reader] = {}
        self.extensions: dict[str, set[str]] = {}
        for known in names:
            entry = registry.get("reader", known)
            own = options if name else _known_to(entry.factory, options)
            self.readers[known] = UnpackingReader(_make(known, entry.factory, own))
            self.extensions[known] = {end.lower() for end in entry.options["extensions"]}
        for key in options:
            if not any(key in reader.get_params() for reader in self.readers.values()):
                allowed = {key for one in self.readers.values() for key in one.get_params()}
                raise UsageError(unknown("option of any reader", key, allowed))
        self.name = name
        self.remedy = (
            "give a folder of images, a stack or a manifest; `featcls plugins` lists readers"
        )
        if name is not None:
            others = ", ".join(registry.names("reader"))
            self.remedy = f"leave the reader {name} out, or name another of {others}"
        self._identities: dict[str, dict[str, Any]] = {}
        self._open = OpenFiles()
        self._masks = MaskFiles(lambda address: read_address(address, registry))
        self._detector = Detector(detector or {}, lambda address: read_address(address, registry))
        for reader in self.readers.values():
            reader.file_mask = not self._detector.options["replace_mask"]

    def is_frame(self, path: str) -> bool:
        """Say whether a file in a folder is meant as data: by its extension, else its bytes.

        A folder is where a reader takes it as one file.
        """
        extension = _extension(path)
        if any(extension in ends for ends in self.extensions.values()) and not os.path.isdir(path):
            return True
        try:
            return bool(self._understood(path))
        except UnreadableFrameError:
            return False

    def reader_of(self, path: str) -> str:
        """Return the name of the reader of a file.

        Raises
        ------
        UnreadableFrameError
            No reader understands the file.
        DataError
            Two readers do, and its extension does not decide.
        """
        if self.name is not None:
            return self.name
        names = self._understood(path)
        if len(names) > 1:
            names = [n for n in names if _extension(path) in self.extensions[n]] or names
        if len(names) == 1:
            return names[0]
        if names:
            both = ", ".join(names)
            raise DataError(f"{path} is understood by several readers: {both}", "name the reader")
        starts = (
            "is a folder" if os.path.isdir(path) else f"starts with {plain_head(path)[1][:8]!r}"
        )
        what = f"no reader understands it; it {starts}"
        raise UnreadableFrameError(path, None, what, "`featcls plugins` lists what can be read")

    def expand(self, root: str, records: Iterable[Record]) -> Iterator[Record]:
        """Yield one record for each frame that a record stands for, with what its file says."""
        seen: dict[tuple[str, str], _Contents | UnreadableFrameError] = {}
        for record in records:
            path = os.path.join(root, record.path) if record.path else ""
            place = path, record.dataset
            if place not in seen:
                try:
                    seen[place] = self._contents(*place)
                except UnreadableFrameError as error:
                    seen[place] = error
            contents = seen[place]
            if isinstance(contents, UnreadableFrameError):
                yield replace(record, error=contents)
            else:
                yield from _frame_records(record, path, contents)

    def _contents(self, path: str, dataset: str) -> "_Contents":
        name = self.reader_of(path)
        with decoding(path or f"reader {name}", None):
            n = len(self._frames(name, path, dataset))
            rows = self.readers[name].rows(path, *([dataset] if dataset else []))
            if rows and len(rows) != n:
                raise ValueError(f"reader {name} gives {len(rows)} rows for {n} frames")
        return _Contents(name, n, rows)

    def identity(self, name: str) -> dict[str, Any]:
        """Return what the pixels of a reader depend on beside the file."""
        if name not in self._identities:
            self._identities[name] = self.readers[name].identity() if name else {}
            if self._detector:
                self._identities[name]["detector"] = self._detector.identity()
        return self._identities[name]

    def frame(self, root: str, record: Record) -> Frame:
        """Read the frame of a record."""
        if record.error is not None:
            raise record.error.with_traceback(None)
        path = os.path.join(root, record.path) if record.path else ""
        with decoding(path, record.index):
            frame = self._frames(record.reader, path, record.dataset)[record.index or 0]
            if self._detector:
                frame = self._detector.apply(frame, path)
            return self._as_its_row_says(frame, root, path, record)

    def _as_its_row_says(self, frame: Frame, root: str, path: str, record: Record) -> Frame:
        """Lay on the mask of a row, then cut to its region: masks are of the whole frame."""
        if record.mask:
            address = os.path.join(root, record.mask)
            frame = self._masks.laid_on(frame, address, path, record.index)
        if record.roi is None:
            return frame
        try:
            return Crop(record.roi).apply(frame)
        except UsageError as error:
            what = error.message
            raise UnreadableFrameError(path, record.index, what, "correct its row") from error

    def _frames(self, name: str, path: str, dataset: str) -> Sequence[Frame]:
        reader = self.readers[name]
        if dataset and not reader.takes_dataset:
            what = f"its reader {name} knows no arrays inside a file, such as {dataset}"
            raise UnreadableFrameError(path, None, what, f"leave ::{dataset} out")
        status = os.stat(path) if path else None
        state = (status.st_size, status.st_mtime_ns) if status else (0, 0)
        return self._open.get(name, reader, path, dataset, state)

    def _understood(self, path: str) -> list[str]:
        folder = os.path.isdir(path)
        name, head = (path, b"") if folder else plain_head(path)
        with decoding(path, None):
            return [
                known
                for known, reader in self.readers.items()
                if (reader.takes_folders or not folder) and reader.understands(name, head)
            ]


class _Contents(NamedTuple):
    """What a file holds: its reader, the number of frames, and a row a frame if it says more."""

    reader: str
    n: int
    rows: Sequence[Mapping[str, Any]]


def read_address(address: str, registry: Registry) -> Frame:
    """Read one frame by its name, with the reader that understands its file.

    Raises
    ------
    UnreadableFrameError
        The file cannot be read, or holds several frames and none is named.
    """
    own = parse_address(address)
    try:
        files = Files(registry, None, {})
        records = list(files.expand("", [Record(own.path, own.index, dataset=own.dataset)]))
    except UnreadableFrameError:
        raise
    except DataError as error:
        raise UnreadableFrameError(own.path, own.index, error.message, error.remedy) from error
    if len(records) != 1:
        first = Address(own.path, own.dataset, 0)
        what = f"it holds {len(records)} frames, wanted one"
        raise UnreadableFrameError(own.path, None, what, f"name it, such as {first}")
    return files.frame("", records[0])


def _known_to(factory: Any, options: Mapping[str, Any]) -> dict[str, Any]:
    allowed: list[str] = getattr(factory, "parameter_names", list)()
    return {key: value for key, value in options.items() if key in allowed}


def _make(name: str, factory: Any, options: Mapping[str, Any]) -> Reader:
    try:
        reader: Reader = factory(**options)
    except TypeError as error:
        allowed: list[str] = getattr(factory, "parameter_names", list)()
        for key in options:
            if key not in allowed:
                raise UsageError(unknown(f"option of reader {name}", key, allowed)) from None
        raise UsageError(f"reader {name} does not take {dict(options)}: {error}") from error
    return reader


def _frame_records(record: Record, path: str, contents: _Contents) -> Iterator[Record]:
    n = contents.n
    if record.index is not None and record.index >= n:
        raise DataError(f"{path} has no frame {record.index}, only {n}", "correct the row")
    record = replace(record, reader=contents.reader)
    for index in range(n) if record.index is None else [record.index]:
        # The only frame of a file needs no index.
        one = replace(record, index=index if n > 1 else None)
        labelled = record.label is not None or not contents.rows
        yield one if labelled else _told(one, contents.rows[index])


def _told(record: Record, row: Mapping[str, Any]) -> Record:
    """Take what the file says of a frame that nothing else has labelled."""
    place = f"{record.path}#{record.index}"
    told: dict[str, Any] = {"label": as_label(row.get("label"))}
    if "split" in row:
        told["split"] = as_split(row["split"], place)
    if "group" in row:
        told["group"] = str(row["group"])
    if "weight" in row:
        told["weight"] = as_weight(row["weight"], place)
    return replace(record, **told)


def _extension(path: str) -> str:
    return os.path.splitext(plain_name(path))[1].lower()
