"""What a data set holds and what is wrong with it, from one look at each frame."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from featcls.dataset.ahead import ahead
from featcls.dataset.dataset import Dataset
from featcls.dataset.duplicates import Group, Look, group_looks, look
from featcls.errors import UnreadableFrameError
from featcls.frame import Frame

FEW = 10  # frames of a class below which a search has little to go by
LEAK = "leak: "  # how the gravest warning starts
SKEWED = 20  # times as many frames in the largest class as in the smallest


@dataclass(frozen=True)
class Inspection:
    """What was found; all of it is JSON but `alike`.

    Attributes
    ----------
    frames : int
    readers, shapes, dtypes : dict of str to int
        Frames of each.
    low, high : float or None
        Least and largest value of valid pixels in any frame.
    masked : dict of str to dict
        By reason: the number of `frames` and of `pixels` in all of them.
    masked_share : float
        Share of all pixels that is masked.
    flat : list of str
        Frames whose valid pixels all have one value, or that have none.
    geometry : list of dict
        The different geometries (beam centre as row and column, metres), at most ten.
    without_geometry : int
        Frames that say nothing of it.
    classes, splits : dict
        Frames of each class; of each split, and of each class in it.
    groups : int or None
    straddling : list of str
        Groups in more than one split.
    broken : list of dict
        `frame_id`, `what` and `remedy` of frames that cannot be read.
    duplicates : list of dict
        `frames` that show the same, whether they are `exact` copies, their `splits` and
        `labels`.
    warnings : list of str
        What a person should look at, in words.
    """

    frames: int
    readers: dict[str, int]
    shapes: dict[str, int]
    dtypes: dict[str, int]
    low: float | None
    high: float | None
    masked: dict[str, dict[str, int]]
    masked_share: float
    flat: list[str]
    geometry: list[dict[str, Any]]
    without_geometry: int
    classes: dict[str, int]
    splits: dict[str, dict[str, Any]]
    groups: int | None
    straddling: list[str]
    broken: list[dict[str, str]]
    duplicates: list[dict[str, Any]]
    warnings: list[str]


class _Seen(NamedTuple):
    """What is kept of one frame."""

    shape: tuple[int, int]
    dtype: str
    ends: tuple[float, float] | None  # None without a valid pixel
    masked: dict[str, int]
    n_masked: int
    geometry: Any
    look: Look | None


def inspect(
    dataset: Dataset,
    *,
    duplicates: bool = True,
    n_threads: int = 1,
    progress: Callable[[int], None] | None = None,
) -> Inspection:
    """Read every frame of a data set once and say what is there and what is wrong.

    Parameters
    ----------
    dataset : Dataset
    duplicates : bool
        Whether frames that show the same are looked for.
    n_threads : int
        Threads that read.
    progress : callable, optional
        Is told the number of frames that are done.
    """
    from threadpoolctl import threadpool_limits

    seen: dict[int, _Seen] = {}
    broken: dict[int, UnreadableFrameError] = {}

    def see(index: int) -> _Seen | UnreadableFrameError:
        try:
            return _see(dataset.frame(index), duplicates)
        except UnreadableFrameError as error:
            return error

    with threadpool_limits(1):  # each of our threads would start some for its own small product
        for index, one in enumerate(ahead(see, range(len(dataset)), n_threads)):
            if isinstance(one, UnreadableFrameError):
                broken[index] = one
            else:
                seen[index] = one
            if progress:
                progress(index + 1)
    return _summed(dataset, seen, broken, _alike(seen) if duplicates else [])


def _see(frame: Frame, duplicates: bool) -> _Seen:
    values = frame.values
    return _Seen(
        frame.shape,
        frame.image.dtype.name,
        (float(values.min()), float(values.max())) if values.size else None,
        dict(frame.meta.get("masked", {})),
        frame.image.size - values.size,
        frame.geometry,
        look(frame) if duplicates else None,
    )


def _alike(seen: dict[int, _Seen]) -> list[Group]:
    indices = list(seen)
    found = group_looks([one.look for one in seen.values() if one.look is not None])
    return [Group([indices[i] for i in group.frames], group.exact) for group in found]


def _summed(
    dataset: Dataset,
    seen: dict[int, _Seen],
    broken: dict[int, UnreadableFrameError],
    alike: Sequence[Group],
) -> Inspection:
    names = dataset.frame_ids
    ends = [one.ends for one in seen.values() if one.ends is not None]
    pixels = sum(one.shape[0] * one.shape[1] for one in seen.values())
    known = Counter(one.geometry for one in seen.values() if one.geometry is not None)
    found = Inspection(
        frames=len(dataset),
        readers=_counted(record.reader or "none" for record in dataset.records),
        shapes=_counted(f"{one.shape[0]} x {one.shape[1]}" for one in seen.values()),
        dtypes=_counted(one.dtype for one in seen.values()),
        low=min((low for low, _ in ends), default=None),
        high=max((high for _, high in ends), default=None),
        masked=_reasons(seen),
        masked_share=sum(one.n_masked for one in seen.values()) / max(pixels, 1),
        flat=[names[i] for i, one in seen.items() if one.ends is None or not np.ptp(one.ends)],
        geometry=[asdict(one) for one, _ in known.most_common(10)],
        without_geometry=len(seen) - sum(known.values()),
        classes=dataset.class_counts(),
        splits=_splits(dataset),
        groups=None if dataset.group is None else len(set(dataset.group)),
        straddling=_straddling(dataset),
        broken=[
            {"frame_id": names[i], "what": error.what, "remedy": error.remedy}
            for i, error in broken.items()
        ],
        duplicates=[_told(dataset, group) for group in alike],
        warnings=[],
    )
    found.warnings.extend(_warnings(found))
    return found


def _counted(words: Any) -> dict[str, int]:
    return dict(Counter(words).most_common())


def _reasons(seen: dict[int, _Seen]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for one in seen.values():
        rest = one.n_masked - sum(one.masked.values())
        for reason, n in {**one.masked, "not finite": rest if rest > 0 else 0}.items():
            if n:
                own = found.setdefault(reason, {"frames": 0, "pixels": 0})
                own["frames"] += 1
                own["pixels"] += n
    return found


def _splits(dataset: Dataset) -> dict[str, dict[str, Any]]:
    return {
        str(name): {
            "frames": int(own.sum()),
            "classes": dataset.class_counts(own.nonzero()[0]),
        }
        for name in dict.fromkeys(dataset.split.tolist())
        for own in [dataset.split == name]
    }


def _straddling(dataset: Dataset) -> list[str]:
    if dataset.group is None:
        return []
    pairs = sorted(set(zip(dataset.group.tolist(), dataset.split.tolist(), strict=True)))
    return sorted({one[0] for one, other in pairwise(pairs) if one[0] == other[0]})


def _told(dataset: Dataset, group: Group) -> dict[str, Any]:
    labels = [] if dataset.y is None else [dataset.records[i].label for i in group.frames]
    texts = [";".join(one) if isinstance(one, tuple) else str(one) for one in labels]
    return {
        "frames": [dataset.frame_ids[i] for i in group.frames],
        "exact": group.exact,
        "splits": sorted(set(dataset.split[group.frames].tolist())),
        "labels": sorted(set(texts)),
    }


def _warnings(found: Inspection) -> list[str]:
    """Say in words what deserves a look."""
    across = [one for one in found.duplicates if len(one["splits"]) > 1]
    torn = [one for one in found.duplicates if len(one["labels"]) > 1]
    few = [name for name, n in found.classes.items() if n < FEW]
    sizes = [n for n in found.classes.values() if n]
    frames = sum(len(one["frames"]) for one in across)
    said = {
        f"{LEAK}{frames} frames that show the same lie in more than one split (groups: "
        f"{len(across)}), so figures on the test split will be too good; `featcls split` keeps "
        "such frames together": across,
        f"{len(found.broken)} of {found.frames} frames cannot be read": found.broken,
        f"{len(found.flat)} frames are flat or fully masked": found.flat,
        f"{len(torn)} groups of frames that show the same have different labels": torn,
        f"{len(found.straddling)} groups lie in more than one split": found.straddling,
        f"fewer than {FEW} frames of {', '.join(few)}": few,
        "frames have different shapes": len(found.shapes) > 1,
        f"the largest class has {SKEWED} times the frames of the smallest or more": sizes
        and max(sizes) >= SKEWED * min(sizes),
    }
    return [words for words, there in said.items() if there]
