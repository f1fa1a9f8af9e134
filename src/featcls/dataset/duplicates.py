"""Frames that show the same: exact copies, and copies that were stored again in another way.

Shots of one detector share its background without being copies of one another, so a frame is
known by its fine structure: mean values over 64 x 64 boxes less those of their neighbours, by
256 fixed random projections, less the mean of the data set (hot pixels, gaps). Two frames whose
projections correlate by 0.92 or more are near duplicates; candidates are pairs that agree in the
signs of 16 projections in a row (after Charikar 2002, doi:10.1145/509907.509965).
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from featcls.dataset.ahead import ahead
from featcls.errors import UnreadableFrameError
from featcls.frame import Frame

if TYPE_CHECKING:
    from featcls.dataset.dataset import Dataset

SIDE = 64  # boxes of a frame
PROJECTIONS = 256
CORRELATION = 0.92  # unrelated shots of one jet reach 0.91
MANY = 50  # frames from which on what they have in common can be told from what one shows
AT_ONCE = 1 << 18  # pairs compared in one step


class Look(NamedTuple):
    """What is kept of a frame."""

    projections: NDArray[np.float32]  # (PROJECTIONS,) of the fine structure; 0 without any
    digest: bytes  # of shape, type and pixels


class Group(NamedTuple):
    """Frames that show the same, ascending; `exact` where their pixels are equal."""

    frames: list[int]
    exact: bool


def near_duplicates(
    dataset: "Dataset",
    indices: Iterable[int] | None = None,
    n_threads: int = 1,
    progress: Callable[[int], None] | None = None,
) -> list[Group]:
    """Find the frames of a data set that show the same; unreadable ones are passed over.

    Parameters
    ----------
    dataset : Dataset
    indices : iterable of int, optional
        The frames to look at; all of them by default.
    n_threads : int
        Threads that read.
    progress : callable, optional
        Is told the number of frames that are done.

    Returns
    -------
    list of Group
        Of two frames or more, by their first frame.
    """
    from threadpoolctl import threadpool_limits

    numbers = sorted(range(len(dataset)) if indices is None else indices)

    def look_at(index: int) -> Look | None:
        try:
            return look(dataset.frame(index))
        except UnreadableFrameError:
            return None

    seen = []
    with threadpool_limits(1):  # each of our threads would start some for its own small product
        for done, one in enumerate(ahead(look_at, numbers, n_threads), 1):
            if one is not None:
                seen.append((numbers[done - 1], one))
            if progress:
                progress(done)
    found = group_looks([one for _, one in seen])
    return [Group([seen[i][0] for i in group.frames], group.exact) for group in found]


def look(frame: Frame) -> Look:
    """Reduce a frame to its projections and digest."""
    pixels = hashlib.blake2b(f"{frame.shape} {frame.image.dtype}".encode(), digest_size=16)
    pixels.update(frame.image.data)
    return Look(_projections(frame), pixels.digest())


def group_looks(looks: Sequence[Look]) -> list[Group]:
    """Group frames by what is kept of them: see `near_duplicates`.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> one, other = (Frame(rng.integers(0, 9, (32, 32))) for _ in range(2))
    >>> brighter = Frame(2 * one.image + 5)
    >>> [group.frames for group in group_looks([look(one), look(other), look(brighter)])]
    [[0, 2]]
    """
    leader = np.arange(len(looks))
    first: dict[bytes, int] = {}
    for i, one in enumerate(looks):
        leader[i] = first.setdefault(one.digest, i)
    singles = np.array(sorted(first.values()), np.int64)  # one of each kind of pixels
    if len(singles):
        for i, j in _near_pairs(np.stack([looks[i].projections for i in singles])):
            _join(leader, singles[i], singles[j])
    members: dict[int, list[int]] = {}
    for i in range(len(looks)):
        members.setdefault(_root(leader, i), []).append(i)
    return [
        Group(own, len({looks[i].digest for i in own}) == 1)
        for own in members.values()
        if len(own) > 1
    ]


def _projections(frame: Frame) -> NDArray[np.float32]:
    # 0 stands under the mask, so the sums are of valid pixels.
    counts = _areas(frame.shape) if frame.mask is None else _boxes(frame.valid)
    means = _boxes(frame.image) / np.maximum(counts, 1)
    fine = 4 * means[1:-1, 1:-1] - means[:-2, 1:-1] - means[2:, 1:-1]
    fine -= means[1:-1, :-2] + means[1:-1, 2:]
    whole = counts > 0
    fine[~(whole[1:-1, 1:-1] & whole[:-2, 1:-1] & whole[2:, 1:-1])] = 0
    fine[~(whole[1:-1, :-2] & whole[1:-1, 2:])] = 0
    size = np.abs(fine)
    if size.max() <= 1e-5 * np.abs(means).max():
        return np.zeros(PROJECTIONS, np.float32)
    # A few bright spots shall not be all that counts.
    soft = fine / (size + size.mean())
    return np.asarray(soft.astype(np.float32).ravel() @ _directions())


def _boxes(image: NDArray[Any]) -> NDArray[np.float64]:
    """Sum the pixels of each of SIDE x SIDE boxes; small images have boxes in common."""
    rows, cols = (np.arange(SIDE) * side // SIDE for side in image.shape)
    found = np.add.reduceat(image, cols, axis=1, dtype=np.float64)
    return np.asarray(np.add.reduceat(found, rows, axis=0))


@lru_cache(maxsize=16)
def _areas(shape: tuple[int, int]) -> NDArray[np.float64]:
    """Pixels of each box."""
    return _boxes(np.ones(shape, np.uint8))


@cache
def _directions() -> NDArray[np.float32]:
    rng = np.random.default_rng(0)
    return rng.choice(np.array([-1, 1], np.float32), ((SIDE - 2) ** 2, PROJECTIONS))


def _near_pairs(projections: NDArray[np.float32]) -> Iterator[tuple[int, int]]:
    """Yield the pairs that are near."""
    known = np.flatnonzero(projections.any(axis=1))
    own = projections[known]
    if len(own) >= MANY:
        own = own - own.mean(axis=0)
    own /= np.maximum(np.linalg.norm(own, axis=1, keepdims=True), 1e-30)
    for i, j in _candidates(own > 0):
        alike = np.einsum("nk,nk->n", own[i], own[j]) >= CORRELATION
        yield from zip(known[i[alike]].tolist(), known[j[alike]].tolist(), strict=True)


def _candidates(signs: NDArray[np.bool_]) -> Iterator[tuple[NDArray[Any], NDArray[Any]]]:
    """Yield pairs that have a band of signs in common."""
    bands = np.packbits(signs, axis=1).view(np.uint16)
    for band in bands.T:
        order = np.argsort(band, kind="stable")
        starts = np.flatnonzero(np.diff(band[order])) + 1
        for bucket in np.split(order, starts):
            step = max(1, AT_ONCE // max(1, len(bucket)))
            for start in range(0, len(bucket) - 1, step):
                own = np.arange(start, min(start + step, len(bucket)))
                i, j = np.nonzero(own[:, None] < np.arange(len(bucket))[None, :])
                yield bucket[own[i]], bucket[j]


def _join(leader: NDArray[Any], i: int, j: int) -> None:
    one, other = sorted((_root(leader, i), _root(leader, j)))
    leader[other] = one


def _root(leader: NDArray[Any], i: int) -> int:
    while leader[i] != i:
        leader[i] = leader[leader[i]]
        i = leader[i]
    return int(i)
