"""What a search is about: a data set with its roles and folds, the same in every process."""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featcls.config import digest, dumps
from featcls.dataset import Dataset, kept_together, open_dataset
from featcls.errors import UsageError
from featcls.frame import Frame
from featcls.splits import assign_splits, folds

Indices = NDArray[np.int64]

KEEP_BYTES = 256 << 20  # of frames, in each process


@dataclass(frozen=True)
class Task:
    """Names a problem in JSON: enough to rebuild it on any worker.

    UsageError where it cannot be meant.
    """

    dataset: Mapping[str, Any]  # the data set's spec
    test_size: float
    n_splits: int
    seed: int
    exclude: tuple[int, ...] = ()  # frames that cannot be read
    plugins: tuple[str, ...] = ()  # modules with plugins that are not installed
    calibration_size: float = 0.0  # kept from the search where the data brings no such split
    repeats: int = 1  # seeds that a config is fitted with; its value is their mean
    max_ms: float | None = None  # a pipeline that takes longer for a frame is no answer

    def __post_init__(self) -> None:
        if self.repeats < 1:
            raise UsageError(f"repeats is {self.repeats}; wanted 1 or more")
        if self.max_ms is not None and not self.max_ms > 0:
            raise UsageError(f"max_ms is {self.max_ms}; wanted more than 0")

    def document(self) -> dict[str, Any]:
        """Return the task as JSON values."""
        return asdict(self)


class FrameMemory:
    """Reads frames, and keeps them where the whole data set is small enough."""

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        self._kept: dict[int, Frame] = {}

    def __call__(self, index: int) -> Frame:
        """Return one frame."""
        if index in self._kept:
            return self._kept[index]
        frame = self.dataset.frame(index)
        if frame.image.nbytes * len(self.dataset) <= KEEP_BYTES:
            self._kept[index] = frame
        return frame


@dataclass(frozen=True)
class Problem:
    """A data set, who is who in it, and the folds of the objective."""

    dataset: Dataset
    train: Indices  # what a model may learn from: all that is not validation, calibration, test
    validation: Indices
    calibration: Indices
    test: Indices
    drawn: bool  # the test split was drawn here, not given
    folds: tuple[tuple[Indices, Indices], ...]  # (train, scored); one with a validation split
    exclude: frozenset[int]
    frame: FrameMemory

    @property
    def kind(self) -> str:
        """`validation` where the data set brings a validation split, else `folds`."""
        return "validation" if len(self.validation) else "folds"

    @property
    def scored(self) -> Indices:
        """Frames that the objective scores, in order of the scores."""
        return np.concatenate([scored for _, scored in self.folds])

    @property
    def y(self) -> NDArray[Any]:
        """Labels of all frames, as the data set codes them."""
        assert self.dataset.y is not None
        return self.dataset.y

    @cached_property
    def parts(self) -> list[Indices]:
        """Frames whose rows are kept together: all, or those of a given test split apart.

        The test split is then looked at where the search is over, with the winner alone.
        """
        frames = np.arange(len(self.dataset))
        if self.drawn or not len(self.test):  # another draw finds all rows in the cache
            return [frames]
        return [np.setdiff1d(frames, self.test), np.sort(self.test)]

    def part_id(self, part: int) -> str:
        """Name the frames of a part by their pixels."""
        if len(self.parts) == 1:
            return self.dataset.pixels_id
        members = hashlib.sha256(self.parts[part].tobytes()).hexdigest()
        return digest([self.dataset.pixels_id, members])

    def located(self, indices: Indices) -> tuple[int, Indices]:
        """Return the part that frames are of, and their rows in it."""
        for part, members in enumerate(self.parts):
            rows = np.searchsorted(members, indices)
            if np.array_equal(members.take(rows, mode="clip"), indices):
                return part, rows
        raise ValueError("frames of the test split among others")

    @property
    def fit_digest(self) -> str:
        """Names the frames that learnable chain parameters are learned from."""
        text = self.dataset.pixels_id.encode() + self.train.tobytes()
        return hashlib.sha256(text).hexdigest()

    def roles(self) -> dict[str, int]:
        """Return the number of frames in each role."""
        names = ("train", "validation", "calibration", "test")
        return {name: len(getattr(self, name)) for name in names}


def open_problem(task: Mapping[str, Any]) -> Problem:
    """Return the problem a task names; kept open for the next trial of the process."""
    return _open(dumps(task))


@lru_cache(maxsize=2)
def _open(text: str) -> Problem:
    import json

    task = Task(**json.loads(text))
    dataset = open_dataset(dict(task.dataset), plugins=task.plugins)
    roles = assign_splits(dataset, task.test_size, task.calibration_size)
    exclude = frozenset(task.exclude)
    train, validation, calibration, test = (
        np.array([i for i in part if i not in exclude], np.int64)
        for part in (roles.train, roles.validation, roles.calibration, roles.test)
    )
    if len(validation):
        parts = [(train, validation)]
    else:
        assert dataset.y is not None
        group = kept_together(dataset, train)
        local = folds(dataset.y[train], group, task.n_splits, task.seed, classes=dataset.classes)
        parts = [(train[fit], train[scored]) for fit, scored in local]
    return Problem(
        dataset,
        train,
        validation,
        calibration,
        test,
        roles.drawn,
        tuple(parts),
        exclude,
        FrameMemory(dataset),
    )
