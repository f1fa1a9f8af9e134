"""Which frames belong together, so that no split parts them: groups, runs, stretches of time."""

import logging
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from featcls.dataset.dataset import Dataset

Indices = NDArray[np.int64]
ENOUGH = 3  # groups of each class: one to test on, and two to learn and choose with
STRETCHES = 50  # of each run

log = logging.getLogger(__name__)


def kept_together(dataset: "Dataset", indices: Indices) -> NDArray[Any] | None:
    """Return what holds frames together that are to be divided.

    The data set's own groups if it has any. Else the run, where frames come from several
    files of several frames; else stretches of time within each run, for shots that follow one
    another share the jet, the background and the drift. The coarsest of these is taken by
    which each class is in three groups or more.

    Parameters
    ----------
    dataset : Dataset
    indices : (m,) int64 array
        The frames to be divided.

    Returns
    -------
    (m,) array or None
        Equal values stay together; None where any frame may go anywhere.
    """
    if dataset.group is not None:
        return dataset.group[indices]
    if not (dataset.runs >= 0).any():
        return None
    y = np.zeros(len(dataset), np.int64) if dataset.y is None else dataset.y
    by_run = _by_run(dataset)[indices]
    if _fewest_groups(y[indices], by_run) >= ENOUGH:
        log.info("no groups are given: frames of one file stay together")
        return by_run
    if not dataset.in_time:
        return None
    by_time = _by_time(dataset)[indices]
    if _fewest_groups(y[indices], by_time) >= ENOUGH:
        log.info("no groups are given: frames that follow one another stay together")
        return by_time
    warnings.warn(
        f"a class is in fewer than {ENOUGH} stretches of a run; frames that follow one another "
        "may part, and figures be too good; give the column group to say what belongs together"
    )
    return None


def together_by(dataset: "Dataset", by: str) -> NDArray[Any] | None:
    """Return what holds all frames together: by `auto`, `run`, `time` or (nothing) `frame`."""
    if by == "frame":
        return None
    if by == "auto":
        return kept_together(dataset, np.arange(len(dataset)))
    return _by_run(dataset) if by == "run" else _by_time(dataset)


def _by_run(dataset: "Dataset") -> Indices:
    return _with_lone(dataset.runs, dataset.runs)


def _by_time(dataset: "Dataset") -> Indices:
    return _with_lone(dataset.runs, stretches(dataset.runs))


def _with_lone(runs: Indices, group: Indices) -> Indices:
    """Make a frame of no run a group of its own."""
    return np.where(runs >= 0, group, -1 - np.arange(len(runs)))


def stretches(runs: Indices) -> Indices:
    """Number stretches of time, up to 50 a run, each of neighbours.

    Examples
    --------
    >>> stretches(np.repeat([0, 1], [150, 2]))[[0, 2, 3, 149, 150, 151]].tolist()
    [0, 0, 1, 49, 50, 51]
    """
    order = np.argsort(runs, kind="stable")
    _, first, counts = np.unique(runs[order], return_index=True, return_counts=True)
    place = np.empty(len(runs), np.int64)
    place[order] = np.arange(len(runs)) - np.repeat(first, counts)
    _, run, counts = np.unique(runs, return_inverse=True, return_counts=True)
    own = np.minimum(counts, STRETCHES)
    before = np.cumsum(own) - own
    return np.asarray(before[run] + place * own[run] // counts[run], np.int64)


def _fewest_groups(y: NDArray[Any], group: Indices) -> int:
    """Return the number of groups of the class that is in fewest."""
    several = y if y.ndim == 2 else y[:, None] == np.unique(y)
    return min((len(np.unique(group[own > 0])) for own in several.T if own.any()), default=0)
