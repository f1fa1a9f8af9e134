"""All plugins of this installation: built-ins and third parties register by the same hooks."""

import importlib
import importlib.metadata
import os
import warnings
from functools import cache

from featcls._version import __version__
from featcls.entries import CLASSIFIER_OPTIONS, HOOKS, KINDS, Entry, Registry, Row
from featcls.first_look.verdicts import refusals

__all__ = [
    "BUILTIN",
    "CLASSIFIER_OPTIONS",
    "HOOKS",
    "KINDS",
    "Entry",
    "Registry",
    "Row",
    "registry",
]

BUILTIN = (
    "featcls.preprocess.mask",
    "featcls.preprocess.crop",
    "featcls.preprocess.quantise",
    "featcls.preprocess.bin",
    "featcls.preprocess.resize",
    "featcls.preprocess.scale",
    "featcls.preprocess.annulus",
    "featcls.preprocess.correct",
    "featcls.preprocess.lcn",
    "featcls.preprocess.ccf",
    "featcls.extractors.glcm",
    "featcls.extractors.lbp",
    "featcls.extractors.sift",
    "featcls.extractors.intensity",
    "featcls.extractors.spots",
    "featcls.extractors.ccf",
    "featcls.classifiers.rf",
    "featcls.classifiers.svm",
    "featcls.classifiers.xgboost",
    "featcls.classifiers.histgb",
    "featcls.classifiers.logreg",
    "featcls.classifiers.knn",
    "featcls.data.pillow",
    "featcls.data.pnm",
    "featcls.data.tiff",
    "featcls.data.npy",
    "featcls.data.idx",
    "featcls.data.cbf",
    "featcls.data.smv",
    "featcls.data.edf",
    "featcls.data.mar345",
    "featcls.data.spe",
    "featcls.data.mib",
    "featcls.data.fabio",
    "featcls.data.hdf5.reader",
    "featcls.data.euxfel",
    "featcls.simulate.reader",
    "featcls.spaces.named",
)


@cache
def registry(modules: tuple[str, ...] = ()) -> Registry:
    """Return all plugins: built-ins, installed distributions, then the named modules.

    `FEATCLS_NO_PLUGINS` leaves third parties out: `1` or `all`, or a list of distribution
    or plugin names with commas. Built-ins are never switched off. A distribution that is new
    here is imported in a process of its own first (`featcls.first_look`).
    """
    result = Registry()
    own = f"featcls {__version__}"
    for module in BUILTIN:
        result.load(module, own, lambda module=module: importlib.import_module(module))  # type: ignore[misc]
    _load_distributions(result)
    for module in modules:
        result.load(module, module, lambda module=module: importlib.import_module(module))  # type: ignore[misc]
    for row in result.rows:
        if row.reason and row.distribution != own and row.reason != "switched off":
            warnings.warn(f"plugin {row.plugin} ({row.distribution}) is off: {row.reason}")
    return result


def _load_distributions(result: Registry) -> None:
    """Load the installed third parties, but those switched off and those refused unseen."""
    off = {name.strip() for name in os.environ.get("FEATCLS_NO_PLUGINS", "").split(",")} - {""}
    if off & {"1", "all", "true"}:
        return
    wanted = []
    for point in _entry_points():
        if off & {point.name, point.dist.name if point.dist else ""}:
            result.rows.append(Row(point.name, _label(point), reason="switched off"))
        else:
            wanted.append(point)
    for point, reason in zip(wanted, refusals(wanted), strict=True):
        if reason:
            result.rows.append(Row(point.name, _label(point), reason=reason))
        else:
            result.load(point.name, _label(point), point.load)


def _entry_points() -> list[importlib.metadata.EntryPoint]:
    points = importlib.metadata.entry_points(group="featcls")
    return sorted(points, key=lambda point: (_label(point), point.name))


def _label(point: importlib.metadata.EntryPoint) -> str:
    return f"{point.dist.name} {point.dist.version}" if point.dist else "unknown distribution"
