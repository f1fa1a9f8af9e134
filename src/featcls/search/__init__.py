"""Search jointly over extractors and classifiers, and keep everything that was learned."""

from typing import Any

from featcls.search.choice import ModelChoice
from featcls.search.run import Run
from featcls.search.store import Trial

__all__ = ["ModelChoice", "Run", "Trial", "search"]


def __getattr__(name: str) -> Any:
    if name == "search":  # loads the whole stack of the workers
        from featcls.search.driver import search

        return search
    raise AttributeError(f"module 'featcls.search' has no attribute {name!r}")
