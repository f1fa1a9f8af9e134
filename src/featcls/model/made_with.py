"""What a model was made with: plugins, which must be the same here, and packages."""

import platform
from collections.abc import Mapping
from importlib import metadata
from typing import Any

from featcls._version import __version__
from featcls.errors import ModelError, UsageError
from featcls.plugins import Registry

PACKAGES = (
    "numpy",
    "scipy",
    "scikit-learn",
    "skops",
    "xgboost",
    "xgboost-cpu",
    "opencv-python-headless",
    "opencv-contrib-python-headless",
    "torch",
)


def check_plugins(manifest: Mapping[str, Any], registry: Registry) -> None:
    """Refuse a model whose plugins are absent or compute other numbers here.

    Raises
    ------
    ModelError
        Names the plugin and what to do.
    """
    for key in _used(manifest["config"]):
        kind, name = key
        label = f"{kind}.{name}"
        stated = manifest["plugins"][label]
        try:
            entry = registry.get(kind, name)
        except UsageError as error:
            raise ModelError(
                f"it needs {kind} {name!r} of {stated['distribution']}: {error.message}",
                "install that plugin, or refit: featcls fit CONFIG DATA",
            ) from error
        if entry.version != stated["version"]:
            raise ModelError(
                f"it was fitted with version {stated['version']} of {kind} {name!r}; installed is "
                f"version {entry.version}, which computes other numbers",
                "refit it: featcls fit CONFIG DATA",
            )


def plugins(config: Mapping[str, Any], registry: Registry) -> dict[str, Any]:
    """Return distribution and version of every plugin that a config names."""
    entries = [registry.get(*key) for key in _used(config)]
    return {
        f"{entry.kind}.{entry.name}": {
            "distribution": entry.distribution,
            "version": entry.version,
        }
        for entry in entries
    }


def _used(config: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return kind and name of every plugin that a config names."""
    chains = [config["preprocess"], *(item["preprocess"] for item in config["extractors"])]
    used = {("preprocessor", step["name"]) for chain in chains for step in chain}
    used |= {("extractor", item["name"]) for item in config["extractors"]}
    return sorted(used | {("classifier", config["classifier"]["name"])})


def packages() -> dict[str, str]:
    """Return the installed versions of what may have a part in a model's numbers."""
    versions = {"featcls": __version__, "python": platform.python_version()}
    for name in PACKAGES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return versions
