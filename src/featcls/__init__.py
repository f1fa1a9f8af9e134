"""featcls: classical features, searched jointly with classifiers, for labelled images."""

from importlib import import_module
from typing import Any

from featcls._version import __version__

_PUBLIC = {
    "Frame": "featcls.frame",
    "Geometry": "featcls.geometry",
    "Model": "featcls.model",
    "open_dataset": "featcls.dataset",
}

__all__ = ["Frame", "Geometry", "Model", "__version__", "open_dataset"]


def __getattr__(name: str) -> Any:
    if name in _PUBLIC:
        return getattr(import_module(_PUBLIC[name]), name)
    raise AttributeError(f"module 'featcls' has no attribute {name!r}")
