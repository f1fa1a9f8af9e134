"""A series of simulated shots as files with a manifest, from any start and on any threads."""

import csv
import io
import json
import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from featcls import atomic
from featcls.atomic import unfinished
from featcls.errors import DataError, UsageError, unknown
from featcls.simulate.formats import IMAGE_FORMATS, SUFFIX, write_stack
from featcls.simulate.series import Series, Truth

MANIFEST = "manifest.csv"
SERIES = "series.json"
JOURNAL = "truth.jsonl"  # a line a finished shot; goes when the manifest stands
BLOCK = 100  # shots in one HDF5 file

Progress = Callable[[int, int], None]
Item = TypeVar("Item")
Result = TypeVar("Result")


def write_series(
    out: str | os.PathLike[str],
    series: Series,
    format: str = "pgm",
    n_jobs: int = 1,
    progress: Progress | None = None,
) -> Path:
    """Write all shots of a series with a manifest.

    An interrupted call goes on where it stopped when it is repeated; the files are then the same,
    byte for byte, as those of a call that was not, whatever `n_jobs`.

    Parameters
    ----------
    out : path
        Folder: new, empty, or of the same series.
    series : Series
    format : str
        "pgm" or "png" (8-bit square root), "tiff" (counts), "hdf5" (counts in CXI layout, 100
        shots a file).
    n_jobs : int
        Threads.
    progress : callable, optional
        Called with (shots done, shots in all).

    Returns
    -------
    Path
        Of the manifest.

    Raises
    ------
    UsageError
        Unknown format, no shot, or no thread.
    DataError
        The folder holds something else, or cannot be written.
    """
    if format not in SUFFIX:
        raise UsageError(unknown("format", format, SUFFIX))
    if not series.rows or n_jobs < 1:
        raise UsageError(f"{len(series.rows)} shots on {n_jobs} threads; give 1 or more of each")
    folder = Path(out)
    with _writing(folder):
        _claim(folder, series, format)
        if not (folder / MANIFEST).exists():
            _write(folder, series, format, n_jobs, progress)
    return folder / MANIFEST


def _write(
    folder: Path, series: Series, format: str, n_jobs: int, progress: Progress | None
) -> None:
    done = _finished(folder)
    atomic.write(folder / JOURNAL, "".join(map(_line, done.values())).encode())
    write = _write_images if format in IMAGE_FORMATS else _write_stacks
    with open(folder / JOURNAL, "a", encoding="utf-8") as journal:
        for truth in write(folder, series, done, format, n_jobs):
            done[truth["index"]] = truth
            journal.write(_line(truth))
            journal.flush()
            if progress:
                progress(len(done), len(series.rows))
    _write_manifest(folder, series, [done[row["index"]] for row in series.rows])
    (folder / JOURNAL).unlink()


def _line(truth: Truth) -> str:
    return json.dumps(truth) + "\n"


def _write_images(
    folder: Path, series: Series, done: dict[int, Truth], format: str, n_jobs: int
) -> Iterator[Truth]:
    """Write a file a shot; give the truth of each as it is finished."""

    def one(row: Truth) -> Truth:
        counts, truth = series.render(row)
        name = f"shot_{row['index']:06d}{SUFFIX[format]}"
        with unfinished(folder / name) as path:
            path.write_bytes(IMAGE_FORMATS[format](series.settings, counts))
        return {**truth, "path": name}

    yield from in_order(one, [row for row in series.rows if row["index"] not in done], n_jobs)


def _write_stacks(
    folder: Path, series: Series, done: dict[int, Truth], format: str, n_jobs: int
) -> Iterator[Truth]:
    """Write a file a block; give the truth of its shots when it stands."""
    for first in range(0, len(series.rows), BLOCK):
        block = series.rows[first : first + BLOCK]
        if all(row["index"] in done for row in block):
            continue
        name = f"shots_{first:06d}{SUFFIX[format]}"
        shots = in_order(series.render, block, n_jobs)
        with unfinished(folder / name) as path:
            truths = write_stack(path, series.settings, series.dead, len(block), shots)
        for i, truth in enumerate(truths):
            yield {**truth, "path": f"{name}#{i}"}


def in_order(
    function: Callable[[Item], Result], items: list[Item], n_jobs: int
) -> Iterator[Result]:
    """Results of `function` in the order of `items`, from `n_jobs` threads and bounded memory.

    Examples
    --------
    >>> list(in_order(abs, [-3, 2, -1], n_jobs=2))
    [3, 2, 1]
    """
    if n_jobs == 1:
        yield from map(function, items)
        return
    rest = iter(items)
    with ThreadPoolExecutor(n_jobs) as pool:
        waiting: list[Future[Result]] = []
        while True:
            room = 2 * n_jobs - len(waiting)
            waiting.extend(pool.submit(function, item) for item in islice(rest, room))
            if not waiting:
                return
            yield waiting.pop(0).result()


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise DataError(
            f"cannot write to {folder}: {error.strerror or error}",
            "make room or choose another folder; the same command then goes on",
        ) from error


def _claim(folder: Path, series: Series, format: str) -> None:
    """Make the folder, or see that it holds the same series."""
    what = {"n": len(series.rows), "seed": series.seed, "format": format}
    text = json.dumps({"version": 1, **what, "settings": asdict(series.settings)}, indent=1)
    folder.mkdir(parents=True, exist_ok=True)
    stated = folder / SERIES
    if stated.exists():
        if stated.read_text(encoding="utf-8") != text:
            remedy = f"choose another folder, or the settings in {stated}"
            raise DataError(f"{folder} holds another series", remedy)
    elif any(folder.iterdir()):
        raise DataError(f"{folder} is not empty", "choose a new folder")
    else:
        atomic.write(stated, text.encode())


def _finished(folder: Path) -> dict[int, Truth]:
    """Truth of the shots that a call before this one wrote, by index."""
    done: dict[int, Truth] = {}
    journal = folder / JOURNAL
    for line in journal.read_text(encoding="utf-8").splitlines() if journal.exists() else ():
        try:
            truth = json.loads(line)
        except ValueError:  # cut short: that shot is made again
            continue
        if (folder / truth["path"].split("#")[0]).exists():
            done[truth["index"]] = truth
    return done


def _write_manifest(folder: Path, series: Series, truths: list[Truth]) -> None:
    text = io.StringIO()
    text.write(f"# classes: {';'.join(series.classes)}\n")
    names = ["path", "label", *(name for name in truths[0] if name not in ("path", "label"))]
    writer = csv.DictWriter(text, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _cell(cell) for name, cell in truth.items()} for truth in truths)
    atomic.write(folder / MANIFEST, text.getvalue().encode())


def _cell(value: Any) -> Any:
    """Several labels are parted by ";", the numbers of a vector by blanks, vectors by ";"."""
    if not isinstance(value, list):
        return value
    if value and isinstance(value[0], dict):
        return json.dumps(value)
    nested = bool(value) and isinstance(value[0], (list, str))
    return (";" if nested else " ").join(str(_cell(part)) for part in value)
