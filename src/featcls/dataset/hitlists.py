"""Hit lists of other programs: which frames they called hits, and how many spots they found."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from featcls.data.base import decoding
from featcls.data.hdf5.find import walk
from featcls.data.hdf5.links import LinkedFiles
from featcls.data.hdf5.quantities import values_of
from featcls.data.hdf5.storage import check_dataset
from featcls.dataset.address import Address, parse_address
from featcls.errors import DataError

HDF5 = b"\x89HDF\r\n\x1a\n"
N_PEAKS = re.compile(r"(^|/)nPeaks$")


class Entry(NamedTuple):
    """What a list says of one frame: a label, or a number of spots to make one of."""

    frame: Address  # the path is empty where the list names no file
    label: str | None
    spots: int | None = None


@dataclass(frozen=True)
class HitList:
    """A list and the program that wrote it."""

    kind: str
    entries: list[Entry]
    rest: str | None = None  # label of the frames that are not listed; None where none is known


def read_hits(path: str) -> HitList:
    """Read a hit list, known by its content.

    CrystFEL's `.stream` and lists of frames (`.lst`), `frames.txt` of Cheetah and OM, the
    expert and the DIALS text of Ke et al. (2018), doi:10.1107/S1600577518004873, and `nPeaks`
    in a CXI or HDF5 file of peaks.

    Raises
    ------
    DataError
        The file cannot be read or is none of these.
    """
    try:
        with open(path, "rb") as file:
            head = file.read(4096)
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}", "check the path") from error
    if head.startswith(HDF5):
        return _peaks(path)
    text = head.decode("utf-8", "replace")
    first = next((line for line in text.splitlines() if line.strip()), "")
    for kind, pattern, parse in KINDS:
        if re.match(pattern, first):
            return parse(path, kind)
    raise DataError(
        f"{path} is no hit list that is known; it starts with {first[:40]!r}",
        "give a CrystFEL .stream or .lst, frames.txt, Ke's annotation or a file with nPeaks",
    )


def _lines(path: str) -> Iterator[tuple[str, str]]:
    """Give the place and the text of each line that is not empty."""
    with open(path, encoding="utf-8", errors="replace") as file:
        for number, line in enumerate(file, 1):
            if text := line.strip():
                yield f"{path} line {number}", text


def _number(text: str, place: str) -> int:
    try:
        return int(float(text))
    except (ValueError, OverflowError):
        raise DataError(f"{place}: {text!r} is no number", "correct the line") from None


def _stream(path: str, kind: str) -> HitList:
    """Chunks of a stream: file, event, whether a hit, and the number of peaks."""
    entries = []
    known: dict[str, str] = {}
    for place, line in _lines(path):
        if line == "----- Begin chunk -----":
            known = {}
        elif line == "----- End chunk -----":
            entries.append(_chunk(known, place))
        elif not line[0].isdigit():  # a row of peaks or reflections
            key, _, value = line.partition(":" if ": " in line else "=")
            known.setdefault(key.strip(), value.strip())
    return HitList(kind, entries)


def _chunk(known: dict[str, str], place: str) -> Entry:
    if "Image filename" not in known:
        raise DataError(f"{place} ends a chunk without `Image filename`", "write the stream again")
    event = known.get("Event", "//")
    frame = parse_address(f"{known['Image filename']} {event}")
    label = {"0": "miss", "1": "hit"}.get(known.get("hit", ""))
    spots = _number(known["num_peaks"], place) if "num_peaks" in known else None
    if label is None and spots is None:
        label = "miss" if known.get("indexed_by", "none") == "none" else "hit"
    return Entry(frame, label, spots)


def _frames_txt(path: str, kind: str) -> HitList:
    """Columns by name; a frame is known by the file it was saved in and the one it came from."""
    lines = _lines(path)
    _, header = next(lines)
    names = [name.strip().lower() for name in header.lstrip("# ").split(",")]
    entries = []
    for place, line in lines:
        cells = [cell.strip() for cell in line.split(",")]
        if len(cells) != len(names):
            raise DataError(
                f"{place} has {len(cells)} cells, the first line {len(names)}", "correct the line"
            )
        row = dict(zip(names, cells, strict=True))
        label = "hit" if row["hit"].lower() in ("1", "true") else "miss"
        if row["filename"].strip("-"):
            index = _number(row["index"], place) if "index" in row else -1
            saved = Address(row["filename"], "", index if index >= 0 else None)
            entries.append(Entry(saved, label))
        if "//" in (event := row.get("event_id", "")):
            entries.append(Entry(parse_address(event), label))
    return HitList(kind, entries)


def _expert(path: str, kind: str) -> HitList:
    """`r0027_2000.h5 [1] MISS`, counted from 1; `None` where nobody has looked."""
    entries = []
    for place, line in _lines(path):
        match = re.fullmatch(r"(.+?)\s+\[(\d+)\]\s+(HIT|MAYBE|MISS|None)", line)
        if match is None:
            raise DataError(f"{place} is {line[:40]!r}", "write `file [number] HIT|MAYBE|MISS`")
        if match[3] != "None":
            frame = Address(match[1], "", _from_one(match[2], place))
            entries.append(Entry(frame, match[3].lower()))
    return HitList(kind, entries)


def _dials(path: str, kind: str) -> HitList:
    """`00012    44 Hit`, counted from 1; frames without a spot have no line."""
    entries = []
    for place, line in _lines(path):
        match = re.fullmatch(r"(\d+)\s+(\d+)\s+(Hit|Miss)", line)
        if match is None:
            raise DataError(f"{place} is {line[:40]!r}", "write `number spots Hit|Miss`")
        frame = Address("", "", _from_one(match[1], place))
        entries.append(Entry(frame, match[3].lower(), int(match[2])))
    return HitList(kind, entries, rest="miss")


def _from_one(text: str, place: str) -> int:
    if int(text) < 1:
        raise DataError(f"{place}: frame {text}, but frames are counted from 1", "correct it")
    return int(text) - 1


def _list(path: str, kind: str) -> HitList:
    """A frame a line: those are the hits, and all others were passed over."""
    entries = [Entry(parse_address(line), "hit") for _, line in _lines(path)]
    return HitList(kind, entries, rest="miss")


def _peaks(path: str) -> HitList:
    """`nPeaks` of a file of frames: a number of spots for each."""
    files = LinkedFiles(path, allow_external=False)
    try:
        with decoding(path, None):
            nodes = [node for name, node in walk(files, []) if N_PEAKS.search(name)]
            nodes = [node for node in nodes if getattr(node, "ndim", 0) == 1]
            for node in nodes:
                check_dataset(files, node)
            counts = [values_of(node) for node in nodes]
    finally:
        files.close()
    if len(counts) != 1:
        raise DataError(f"{path} has {len(counts)} data sets nPeaks, wanted one", "check the file")
    if counts[0] is None or (counts[0] < 0).any():
        raise DataError(f"{path} has nPeaks that are no counts", "check the file")
    entries = [Entry(Address(path, "", k), None, int(n)) for k, n in enumerate(counts[0])]
    return HitList("nPeaks", entries)


KINDS: tuple[tuple[str, str, Callable[[str, str], HitList]], ...] = (
    ("CrystFEL stream", r"CrystFEL stream format", _stream),
    ("frames.txt", r"#.*\bhit\b.*\bfilename\b", _frames_txt),
    ("expert annotation", r".+\s\[\d+\]\s+(HIT|MAYBE|MISS|None)\s*$", _expert),
    ("DIALS annotation", r"\s*\d+\s+\d+\s+(Hit|Miss)\s*$", _dials),
    ("list of frames", r"[^\s#<{\[].*\.\w+(\s+\S*//\s*[\d/]*|#\d+|::/\S+)?\s*$", _list),
)
