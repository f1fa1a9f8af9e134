"""Check all that a plugin module registers."""

import os
from collections.abc import Callable, Mapping, Sequence
from types import ModuleType

from featcls.errors import PluginError
from featcls.plugins import Entry, Registry, registry
from featcls.testing.classifier import check_classifier
from featcls.testing.extractor import check_extractor
from featcls.testing.preprocessor import check_preprocessor
from featcls.testing.reader import check_reader
from featcls.testing.report import Report
from featcls.testing.space import check_space

STEPS: Mapping[str, Callable[[Entry], Report]] = {
    "preprocessor": check_preprocessor,
    "extractor": check_extractor,
    "classifier": check_classifier,
}


def check_plugin(module: ModuleType, files: Sequence[str | os.PathLike[str]] = ()) -> list[Report]:
    """Check that all that a plugin module registers keeps its contract.

    Parameters
    ----------
    module : module
        It need not be installed, but another process must be able to import it by its name.
    files : sequence of path
        Good files for its readers.

    Returns
    -------
    list of Report
        One for each thing it registers.

    Raises
    ------
    PluginError
        The module cannot be a plugin, or registers nothing.
    BrokenContract
        Names every check that failed, of the first thing that breaks its contract.

    Examples
    --------
    >>> from featcls.extractors import intensity
    >>> [str(report) for report in check_plugin(intensity)]
    ['intensity: 25 checks run, 0 failed, 4 skipped']
    """
    name = module.__name__
    found = Registry()
    found.load(name, name, lambda: module)
    if reason := found.rows[0].reason:
        raise PluginError(f"{name} cannot be a plugin: {reason}")
    if not found.entries:
        raise PluginError(f"{name} registers nothing", "implement a hook, marked by @hookimpl")
    own = list(found.entries.values())
    found.entries = {**registry().entries, **found.entries}
    return [check_entry(entry, found, files) for entry in own]


def check_entry(
    entry: Entry, plugins: Registry, files: Sequence[str | os.PathLike[str]] = ()
) -> Report:
    """Check one registered thing by the contract of its kind; see `check_plugin`."""
    if entry.kind == "reader":
        return check_reader(entry, files)
    if entry.kind == "space":
        return check_space(entry, plugins)
    return STEPS[entry.kind](entry)
