"""What was found out about files, kept between runs in one small database."""

import json
import logging
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from typing import Any

from featcls.cache import cache_root

log = logging.getLogger(__name__)


def recall(keys: Iterable[str]) -> dict[str, Any]:
    """Return the JSON values of the keys that are known; none where the cache is not usable."""
    try:
        with closing(_connect()) as table:
            rows = (
                table.execute("SELECT key, value FROM memo WHERE key = ?", (key,)).fetchone()
                for key in keys
            )
            return {row[0]: json.loads(row[1]) for row in rows if row is not None}
    except (OSError, ValueError, sqlite3.Error) as error:
        log.debug("cannot read what is known of files: %s", error)
        return {}


def remember(values: Mapping[str, Any]) -> None:
    """Store JSON values by key, all of them or none."""
    if not values:
        return
    rows = [(key, json.dumps(value)) for key, value in values.items()]
    try:
        with closing(_connect()) as table, table:
            table.executemany("INSERT OR REPLACE INTO memo VALUES (?, ?)", rows)
    except (OSError, ValueError, sqlite3.Error) as error:
        log.debug("cannot store what is known of files: %s", error)


def _connect() -> sqlite3.Connection:
    root = cache_root()
    root.mkdir(parents=True, exist_ok=True)
    table = sqlite3.connect(root / "files.sqlite", timeout=30)
    table.execute("CREATE TABLE IF NOT EXISTS memo (key TEXT PRIMARY KEY, value TEXT)")
    return table
