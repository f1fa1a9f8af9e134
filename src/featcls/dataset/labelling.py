"""Labels that exist already: hit lists matched with the frames of a data set, or counted spots."""

import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from featcls.dataset.address import Address
from featcls.dataset.ahead import ahead
from featcls.dataset.dataset import Dataset
from featcls.dataset.hitlists import HitList
from featcls.errors import DataError, UnreadableFrameError
from featcls.extractors.spots import Spots


@dataclass(frozen=True)
class Rule:
    """How many spots make a hit, and how many may be one (Ke et al. 2018)."""

    hit: int = 10
    maybe: int = 4

    def __call__(self, spots: int) -> str:
        """Return the label of a number of spots.

        Examples
        --------
        >>> [Rule()(spots) for spots in (10, 9, 4, 3)]
        ['hit', 'maybe', 'maybe', 'miss']
        """
        return "hit" if spots >= self.hit else "maybe" if spots >= self.maybe else "miss"


def labels_from(dataset: Dataset, lists: Iterable[HitList], rule: Rule) -> list[str | None]:
    """Return the label of each frame as the lists have it; None where they say nothing.

    Raises
    ------
    DataError
        A list names files of which the data set has several or none, or a frame beyond a
        file, or two lists say different things of one frame.
    """
    labels: list[str | None] = [None] * len(dataset)
    rests = []
    places = _Places(dataset)
    for one in lists:
        matched = 0
        for entry in one.entries:
            for i in places.frames(entry.frame):
                matched += 1
                label = entry.label or rule(entry.spots or 0)
                if labels[i] not in (None, label):
                    raise DataError(
                        f"{dataset.frame_ids[i]} is {labels[i]!r} and {label!r}",
                        "give one list that says which",
                    )
                labels[i] = label
        if one.entries and not matched:
            raise DataError(
                f"no frame of the data is in the {one.kind}, which names {one.entries[0].frame}",
                "check that the list belongs to the data",
            )
        rests.append(one.rest)
    if rests and all(rests):
        labels = [label or rests[0] for label in labels]
    return labels


class _Places:
    """The frames of a data set by file and place in it."""

    def __init__(self, dataset: Dataset) -> None:
        self._files: dict[str, dict[tuple[str, int], int]] = {}
        self._names: dict[str, list[str]] = defaultdict(list)
        for i, record in enumerate(dataset.records):
            if record.path not in self._files:
                self._files[record.path] = {}
                self._names[os.path.basename(record.path)].append(record.path)
            own = self._files[record.path]
            # Where a file has several arrays, its frames are counted through.
            index = len(own) if record.dataset or record.index is None else record.index
            own["", index] = i
            if record.dataset:
                own[record.dataset, record.index or 0] = i

    def frames(self, frame: Address) -> Sequence[int]:
        """Return the frames that an address means; none where its file is not in the data."""
        path = self._path(frame.path)
        if path is None:
            return []
        own = self._files[path]
        if frame.index is None:
            return [i for (dataset, _), i in own.items() if dataset == frame.dataset]
        # A list may name the array of which the data set only says the file.
        key = (frame.dataset, frame.index)
        key = key if key in own else ("", frame.index)
        return [own[key]] if key in own else []

    def _path(self, named: str) -> str | None:
        if not named:
            if len(self._files) > 1:
                raise DataError(
                    f"the list names no file, and the data has {len(self._files)}",
                    "give the one file that it belongs to as DATA",
                )
            return next(iter(self._files))
        found = self._names.get(os.path.basename(named), [])
        if len(found) > 1:
            found = [path for path in found if _ends_alike(path, named)]
        if len(found) > 1:
            raise DataError(f"{named} may be {' or '.join(found[:3])}", "name more of its path")
        return found[0] if found else None


def _ends_alike(path: str, named: str) -> bool:
    """Say whether the shorter of two paths is the end of the longer."""
    one, other = (os.path.normpath(text).split(os.sep)[::-1] for text in (path, named))
    return all(a == b for a, b in zip(one, other, strict=False))


def labels_by_spots(
    dataset: Dataset,
    spots: Spots,
    rule: Rule,
    n_threads: int = 1,
    progress: Callable[[int], None] | None = None,
) -> tuple[list[str | None], list[int]]:
    """Count the spots of every frame and label it by them.

    Returns
    -------
    labels : list of str or None
        None where a frame cannot be read.
    counts : list of int
        Spots of each frame, -1 where it cannot be read.
    """

    def count(index: int) -> int:
        try:
            return int(spots.extract(dataset.frame(index))[0])
        except UnreadableFrameError:
            return -1

    counts = []
    for done, n in enumerate(ahead(count, range(len(dataset)), n_threads), 1):
        counts.append(n)
        if progress:
            progress(done)
    return [rule(n) if n >= 0 else None for n in counts], counts
