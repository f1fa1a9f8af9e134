"""What a worker does: damage one file, read it, and say what came of it."""

import hashlib
import logging
import re
import resource
import shutil
import signal
import tempfile
import time
import warnings
import zlib
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from featcls.dataset import open_dataset
from featcls.dataset.hitlists import read_hits
from featcls.dataset.manifest import read_manifest
from featcls.detector.crystfel import read_geom
from featcls.detector.poni import read_poni
from featcls.errors import DataError
from fuzz.mutate import mutate

CPU = 2  # seconds of computing
MEMORY = 4 * 2**30  # bytes that a worker may have, as `search --memory-limit` sets it
GROWTH = 2 * 2**30  # bytes that reading one file may take: a frame of 1 GiB, and its mask and copy
# Text that ends anywhere: one line less, or half a number, is as good a file as the whole.
ENDLESS = ("csv", "split table", "geom", "poni", "stream")
TABLES = ("csv", "split table", "parquet", "json")


def peaks(path: str) -> list[int | None]:
    """Only the numbers: entries name the file, which is another in each case."""
    return [entry.spots for entry in read_hits(path).entries]


PARSERS = {"geom": read_geom, "poni": read_poni, "peaks": peaks, "stream": read_hits}


class Outcome(NamedTuple):
    """What came of one file.

    `kind` is one of `read`, `refused`, `undetected` (cut, and read as something else),
    `foreign` (an error that is not ours) and `memory`.
    """

    kind: str
    what: str
    seconds: float
    growth: int


class Reading:
    """The whole files, and what they hold; one in each worker."""

    corpus: dict[str, Path]
    whole: dict[str, list[str]]
    folder: Path


def start_worker(corpus: dict[str, Path], folder: Path) -> None:
    """Read every whole file once, which loads all libraries, then set the limits."""
    logging.disable()
    warnings.simplefilter("ignore")
    Reading.corpus = corpus
    Reading.folder = folder
    Reading.whole = {name: contents(name, path) for name, path in corpus.items()}
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))


def run_case(name: str, case: int) -> Outcome:
    """Damage and read one file; a crash or too much computing ends the process."""
    folder = Path(tempfile.mkdtemp(dir=Reading.folder))
    try:
        path, cut_to = damaged(name, Reading.corpus[name], case, folder)
        before = _peak()
        began = time.process_time()
        signal.setitimer(signal.ITIMER_PROF, CPU)
        try:
            kind, what = outcome(name, path, cut_to)
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
        growth = max(_peak() - before, 0)
        if growth > GROWTH:
            kind, what = "memory", f"took {growth / 2**20:.0f} MiB, then {kind} {what}"
        return Outcome(kind, what, time.process_time() - began, growth)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def damaged(name: str, path: Path, case: int, folder: Path) -> tuple[Path, int | None]:
    """Copy a format's files and damage one of them, the one to open or one that goes with it.

    Returns
    -------
    path : Path
        The file to open.
    cut_to : int or None
        Bytes that are left if one was cut and that can be told; None after other damage.
    """
    rng = np.random.default_rng([zlib.crc32(name.encode()), case])
    shutil.copytree(path.parent, folder, dirs_exist_ok=True)
    own = folder / path.name
    others = sorted(one for one in folder.iterdir() if one != own and name not in TABLES)
    if others and rng.random() < 0.5:
        victim, kind = others[int(rng.integers(len(others)))], ""
    else:
        victim, kind = own, name
    whole = victim.read_bytes()
    data, was_cut = mutate(rng, kind, whole)
    victim.write_bytes(data)
    return own, len(data) if was_cut and not is_excused(kind, whole, len(data)) else None


def contents(name: str, path: Path) -> list[str]:
    """What a file holds: a text for each frame, or for each thing that a text says."""
    if name in PARSERS:
        return [repr(PARSERS[name](str(path)))]
    if name in TABLES:
        records, classes = read_manifest(str(path), labelled=True)
        return [repr(classes), *map(repr, records)]
    data = open_dataset(path, labelled=False)
    return [_told(data, i) for i in range(min(len(data), 64))]


def _told(data: Any, i: int) -> str:
    frame, record = data.frame(i), data.records[i]
    mask = b"" if frame.mask is None else frame.mask.tobytes()
    pixels = hashlib.sha256(frame.image.tobytes() + mask).hexdigest()
    return f"{frame.shape} {frame.image.dtype} {pixels} {record.label}"


def outcome(name: str, path: Path, cut_to: int | None) -> tuple[str, str]:
    """Kind and reason of what comes of a damaged file; `cut_to` as `damaged` returns it."""
    try:
        found = contents(name, path)
    except DataError as error:
        return ("memory" if _out_of_memory(error) else "refused"), str(error)
    except Exception as error:
        return "foreign", f"{type(error).__name__}: {error}"
    if cut_to is not None and found != Reading.whole[name]:
        return "undetected", f"cut to {cut_to} bytes"
    return "read", ""


def is_excused(name: str, whole: bytes, left: int) -> bool:
    """Whether nothing in a file of this format can tell that it was cut there."""
    if name == "pgm ascii":  # inside its last number
        return left > re.search(rb"\d+\s*\Z", whole).start()
    if name == "jpeg":  # in its end marker
        return left >= len(whole) - 2
    if name in ("edf", "mib"):  # between two frames of a stack
        return 3 * left % len(whole) == 0
    return name in ENDLESS


def _out_of_memory(error: BaseException | None) -> bool:
    while error is not None and not isinstance(error, MemoryError):
        error = error.__cause__ or error.__context__
    return error is not None


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
