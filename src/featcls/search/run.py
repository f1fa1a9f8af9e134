"""The run directory: what a search leaves behind, readable while it goes on."""

import csv
import io
import json
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featcls import atomic
from featcls.config import dumps
from featcls.errors import RunError
from featcls.search.holding import hold, is_held
from featcls.search.rungs import finalists
from featcls.search.store import Trial, read_trials

SCHEMA_VERSION = 1
BEGUN = {"lock", "scores", "trials.sqlite", "trials.sqlite-journal"}  # before there is a run.json


class Run:
    """One run directory: `run.json`, `trials.sqlite`, `scores/`, `model.featcls`, report.

    Parameters
    ----------
    path : Path
        The directory.

    Attributes
    ----------
    info : dict
        The content of `run.json`.
    """

    def __init__(self, path: Path) -> None:
        self.path = Path(path)
        self.info: dict[str, Any] = {}

    @classmethod
    def open(cls, path: str | Path) -> "Run":
        """Open an existing run directory.

        Raises
        ------
        RunError
            There is no run, or its `run.json` is of a later schema or damaged.
        """
        run = cls(Path(path))
        try:
            run.info = json.loads((run.path / "run.json").read_text(encoding="utf-8"))
            version = run.info["schema_version"]
        except OSError as error:
            what = f"{path} is not a run directory: run.json: {error.strerror}"
            raise RunError(what, "give a folder that a search wrote") from error
        except (ValueError, KeyError, TypeError) as error:
            what = f"{path} has a run.json that is damaged: {error!r}"
            raise RunError(what, "begin anew, in another folder") from error
        if version != SCHEMA_VERSION:
            raise RunError(
                f"{path} has schema version {version}, this featcls reads {SCHEMA_VERSION}",
                "open it with the featcls that wrote it",
            )
        return run

    @classmethod
    def create(cls, path: Path) -> "Run":
        """Make a new run directory, parents included."""
        try:
            (path / "scores").mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RunError(
                f"cannot make the run directory {path}: {error.strerror}",
                "choose another with --out",
            ) from error
        return cls(path)

    @property
    def trials(self) -> list[Trial]:
        """All rows of the history, in order of tid; baselines have negative ones."""
        return read_trials(self.path / "trials.sqlite")

    def leaderboard(self) -> list[Trial]:
        """Return baselines and the finished trials that may win, best first."""
        done = finalists(self.trials)
        return sorted(done, key=lambda trial: (trial.loss, trial.tid))

    def scores(self, tid: int | str) -> NDArray[np.float64] | None:
        """Return the validation scores (n, k) of a trial, `test`'s of the model, or None."""
        path = self.path / "scores" / f"{tid}.npy"
        return np.load(path, allow_pickle=False) if path.exists() else None

    def write_scores(self, tid: int | str, scores: NDArray[np.float64]) -> None:
        """Store the validation scores of a trial, or `test`'s of the model."""
        buffer = io.BytesIO()
        np.save(buffer, scores)
        self.write(f"scores/{tid}.npy", buffer.getvalue())

    def save(self, **changes: Any) -> None:
        """Update `run.json`."""
        text = json.dumps({**self.info, **changes}, indent=1, allow_nan=False)
        self.info = json.loads(text)
        self.write("run.json", text.encode())

    def write_leaderboard(self) -> None:
        """Write `leaderboard.csv`, best first."""
        metric = self.info["metric"]
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(["tid", "kind", metric, "seconds", "extractors", "classifier", "config"])
        for trial in self.leaderboard():
            names = "+".join(item["name"] for item in trial.config.get("extractors", []))
            classifier = trial.config.get("classifier", {}).get("name", "")
            value = trial.metrics.get(metric)
            config = dumps(trial.config)
            writer.writerow(
                [trial.tid, trial.kind, value, trial.seconds, names, classifier, config]
            )
        self.write("leaderboard.csv", text.getvalue().encode())

    def write(self, name: str, content: bytes) -> None:
        """Write a file of the run under a temporary name, then rename it."""
        target = self.path / name
        try:
            atomic.write(target, content)
        except OSError as error:
            raise RunError(
                f"cannot write {target}: {error.strerror}",
                "free the disk, then go on with --resume",
            ) from error

    @property
    def status(self) -> str:
        """What `run.json` says, but `killed` where it says `running` and nobody works on it."""
        said = str(self.info.get("status"))
        if said != "running" or is_held(self.path):
            return said
        now = str(Run.open(self.path).info.get("status"))  # it may just have ended
        return "killed" if now == "running" else now

    def lock(self) -> AbstractContextManager[None]:
        """Hold the run: one driver at a time; RunError where there is another."""
        return hold(self.path)


def check_resumable(info: Mapping[str, Any], now: Mapping[str, Any], path: Path) -> None:
    """Refuse to go on with other data, another space or another question.

    Raises
    ------
    RunError
        A key that decides what a trial scores differs; both values are named.
    """
    for key in now:
        if info.get(key) != now[key]:
            raise RunError(
                f"{path} was made with another {key.replace('_', ' ')}: "
                f"{_short(info.get(key))} there, {_short(now[key])} now",
                "give the same data and options, or another --out",
            )


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 120 else f"{text[:117]}..."
