"""Labels that exclude one another, declared in a file beside the manifest.

`manifest.csv.exclusive` stands beside `manifest.csv` and holds a group a line, labels parted
by `;` as in the manifest: a frame can have one of them at most.
"""

from collections.abc import Sequence
from os import PathLike, fspath
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featcls.dataset.manifest import NAMES
from featcls.errors import DataError, unknown

Groups = Sequence[Sequence[str]]
ENDING = ".exclusive"


def exclusive_groups(
    source: str | PathLike[str] | None, classes: Sequence[str]
) -> tuple[tuple[str, ...], ...]:
    """Read the groups declared beside a data set; none where there is no such file.

    Parameters
    ----------
    source : path or None
        Of the data set: a manifest, or a folder that holds one.
    classes : sequence of str

    Raises
    ------
    DataError
        A group of one label, or a label that the data set does not have.
    """
    path = Path(fspath(source)) if source else None
    if path is None:
        return ()
    homes = [path / name for name in NAMES] if path.is_dir() else [path]
    found = next((p for home in homes if (p := Path(f"{home}{ENDING}")).is_file()), None)
    if found is None:
        return ()
    try:
        lines = found.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeError) as error:
        raise DataError(f"cannot read {found}: {error}", "write it as UTF-8 text") from error
    rows = [(i, line) for i, line in enumerate(lines, 1) if line.strip()]
    return tuple(_group(line, f"{found} line {i}", classes) for i, line in rows)


def _group(line: str, place: str, classes: Sequence[str]) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(name.strip() for name in line.split(";") if name.strip()))
    for name in names:
        if name not in classes:
            raise DataError(f"{place}: {unknown('label', name, classes)}")
    if len(names) < 2:
        raise DataError(f"{place} names one label", "write labels that exclude one another: a;b")
    return names


def violations(labels: NDArray[Any], group: Sequence[str], classes: Sequence[str]) -> int:
    """Count the frames with more than one label of a group.

    Examples
    --------
    >>> violations(np.array([[1, 1, 0], [1, 0, 1]]), ["round", "long"], ["round", "long", "ring"])
    1
    """
    columns = [list(classes).index(name) for name in group]
    return int((np.asarray(labels)[:, columns].sum(axis=1) > 1).sum())
