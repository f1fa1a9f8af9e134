"""The frames that a run was judged on, kept beside their scores.

A report then needs neither the data nor the time to open it, and two runs can be compared
frame by frame.
"""

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featcls.search.problem import Problem
from featcls.search.run import Run

FRAMES = "scores/frames.json"
ROLES = ("validation", "test", "calibration")


@dataclass(frozen=True)
class Judged:
    """Frames with their labels and scores.

    Attributes
    ----------
    role : {"validation", "test", "calibration"}
    frame_ids : list of n str
    y : (n,) int array of codes, or (n, k) array of 0 and 1
    scores : (n, k) float64 array
    """

    role: str
    frame_ids: list[str]
    y: NDArray[np.int64]
    scores: NDArray[np.float64]


def keep_frames(run: Run, problem: Problem) -> None:
    """Write the names and labels of the scored, test and calibration frames, in their order."""
    ids = problem.dataset.frame_ids
    told = {
        role: {"frame_ids": [ids[i] for i in indices], "y": problem.y[indices].tolist()}
        for role, indices in zip(
            ROLES, (problem.scored, problem.test, problem.calibration), strict=True
        )
    }
    run.write(FRAMES, json.dumps(told).encode())


def scored_by(run: Run, tid: int) -> Judged | None:
    """Return the frames that a trial was judged on, or None where nothing was kept."""
    return _judged(run, "validation", tid)


def of_model(run: Run) -> Judged | None:
    """Return the validation frames with the scores of the chosen model, or None without it."""
    return _judged(run, "validation", "validation")


def held_out(run: Run) -> Judged | None:
    """Return the test frames with the scores of the chosen model, or None without them."""
    return _judged(run, "test", "test")


def kept_back(run: Run) -> Judged | None:
    """Return the calibration frames with the scores of the chosen model, or None without."""
    return _judged(run, "calibration", "calibration")


def _judged(run: Run, role: str, scores_of: int | str) -> Judged | None:
    path, scores = run.path / FRAMES, run.scores(scores_of)
    if scores is None or not path.exists():
        return None
    told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))[role]
    return Judged(role, told["frame_ids"], np.array(told["y"], np.int64), scores)
