"""Where featcls keeps what it can make again."""

import os
from pathlib import Path


def cache_root() -> Path:
    """Return `FEATCLS_CACHE_DIR`, or featcls' folder in the user's cache directory."""
    if own := os.environ.get("FEATCLS_CACHE_DIR"):
        return Path(own)
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "featcls"
