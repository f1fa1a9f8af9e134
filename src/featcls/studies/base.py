"""What a study is, and what it is run with."""

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from featcls.errors import UsageError, unknown

NAMES = (
    "diffranet-search",
    "diffranet-cnn",
    "textures",
    "hit-finding",
    "cross-detector",
    "training-size",
    "preprocessing",
    "spot-threshold",
    "ice",
    "downsample-224",
    "reality-gap",
    "log-activation",
    "noise-ccf",
    "spi-single-hit",
    "particle-type",
    "architectures",
    "cost",
)
SCALES = ("small", "full")  # and "toy", of the tests

Table = dict[str, Any]
Size = TypeVar("Size")


@dataclass(frozen=True)
class Setting:
    """What a study is run with.

    Parameters
    ----------
    scale : {"small", "full", "toy"}
        Minutes on two cores, the paper's size, or the least that runs.
    work : Path
        Folder of runs and frames; what is there is gone on with.
    data : str, optional
        The real data of the paper, in place of simulated frames.
    seeds : int
        Draws of the split and of the classifier.
    n_jobs : int
        Threads, or worker processes of a search.
    observer : callable
        Gets a sentence where something begins.
    plugins : tuple of str
        Modules with plugins that no distribution announces.
    """

    scale: str
    work: Path
    data: str | None = None
    seeds: int = 3
    n_jobs: int = 1
    observer: Callable[[str], None] = lambda text: None
    plugins: tuple[str, ...] = ()

    def of(self, sizes: Mapping[str, Size]) -> Size:
        """Return the entry of the scale."""
        return sizes[self.scale]


@dataclass(frozen=True)
class Study:
    """A table of a paper that can be rerun.

    Parameters
    ----------
    name, title : str
    source : str
        Paper and tables.
    needs : str
        What it uses beside featcls, and what `--data` takes.
    cost : mapping
        Scale -> what is computed.
    run : callable
        From a `Setting` to tables of `featcls.studies.tables.table`.
    """

    name: str
    title: str
    source: str
    needs: str
    cost: Mapping[str, str]
    run: Callable[[Setting], list[Table]]


def find(name: str) -> Study:
    """Return a study by its name.

    Raises
    ------
    UsageError
        There is none of that name.

    Examples
    --------
    >>> find("ice").source
    'Souza et al. (2018), conclusions'
    """
    if name not in NAMES:
        raise UsageError(unknown("study", name, NAMES), "`featcls study` lists them")
    module = importlib.import_module(f"featcls.studies.{name.replace('-', '_')}")
    study: Study = module.STUDY
    return study
