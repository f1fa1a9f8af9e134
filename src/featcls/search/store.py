"""The trial history: one SQLite file, written by one driver, safe against any kill."""

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from featcls.errors import RunError

_JSON = ("config", "indices", "metrics", "timings")


@dataclass(frozen=True)
class Trial:
    """One row of the history; `told` is its place in the order told to the sampler."""

    tid: int
    kind: str = "trial"  # or "baseline"
    parent: int | None = None
    rung: int | None = None
    budget: int | None = None
    config_id: str = ""
    config: dict[str, Any] = field(default_factory=dict)
    indices: dict[str, Any] = field(default_factory=dict)
    state: str = "running"  # then "ok" or "failed"
    reason: str = ""
    loss: float | None = None
    metrics: dict[str, Any] = field(default_factory=dict)
    seed: int = 0
    attempt: int = 1
    told: int | None = None
    started_utc: str = ""
    seconds: float | None = None
    timings: dict[str, float] = field(default_factory=dict)


SCHEMA_COLUMNS = tuple(f.name for f in fields(Trial))
_TYPES = {"tid": "INTEGER PRIMARY KEY", "loss": "REAL", "seconds": "REAL"} | dict.fromkeys(
    ("parent", "rung", "budget", "seed", "attempt", "told"), "INTEGER"
)


class Store:
    """Trials and meta values of one run. A finished trial is on disk before it is told.

    Journal mode DELETE and synchronous FULL: safe on network file systems, and a kill loses
    at most what was in flight.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        columns = ", ".join(f"{name} {_TYPES.get(name, 'TEXT')}" for name in SCHEMA_COLUMNS)
        try:
            self._db = sqlite3.connect(path, isolation_level=None)
            self._db.execute("PRAGMA journal_mode = DELETE")
            self._db.execute("PRAGMA synchronous = FULL")
            self._db.execute(f"CREATE TABLE IF NOT EXISTS trials ({columns})")
            self._db.execute("CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT)")
        except sqlite3.Error as error:
            raise RunError(
                f"cannot open {path}: {error}", "free the disk or choose --out"
            ) from error

    def __enter__(self) -> "Store":
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    def put(self, trial: Trial) -> None:
        """Insert or replace a row, durably."""
        row = {
            name: json.dumps(getattr(trial, name)) if name in _JSON else getattr(trial, name)
            for name in SCHEMA_COLUMNS
        }
        marks = ", ".join(f":{name}" for name in SCHEMA_COLUMNS)
        try:
            self._db.execute(f"INSERT OR REPLACE INTO trials VALUES ({marks})", row)
        except sqlite3.Error as error:
            raise RunError(
                f"cannot write trial {trial.tid} to {self.path}: {error}",
                "free the disk, then go on with --resume",
            ) from error

    def trials(self) -> list[Trial]:
        """Return all rows in order of tid."""
        names = ", ".join(SCHEMA_COLUMNS)
        rows = self._db.execute(f"SELECT {names} FROM trials ORDER BY tid").fetchall()
        return [_trial(dict(zip(SCHEMA_COLUMNS, row, strict=True))) for row in rows]

    def meta(self) -> dict[str, Any]:
        """Return the meta values: dataset_id, space_id, seed, plugins."""
        rows = self._db.execute("SELECT key, value FROM meta").fetchall()
        return {key: json.loads(value) for key, value in rows}

    def put_meta(self, values: Mapping[str, Any]) -> None:
        """Store meta values in one transaction."""
        self._db.execute("BEGIN")
        for key, value in values.items():
            text = json.dumps(value)
            self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, text))
        self._db.execute("COMMIT")


def read_trials(path: Path) -> list[Trial]:
    """Return the rows of a history without taking part in it."""
    with Store(path) as store:
        return store.trials()


def now() -> str:
    """Return the time in UTC, ISO 8601, in seconds."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _trial(row: dict[str, Any]) -> Trial:
    return replace(Trial(0), **{k: json.loads(v) if k in _JSON else v for k, v in row.items()})
