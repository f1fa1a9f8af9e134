"""What a search begins with: a run directory, its rungs, and the configs to try first."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from featcls.config import Config
from featcls.errors import RunError, UsageError
from featcls.plugins import Registry
from featcls.search import warm_start as warm
from featcls.search.run import BEGUN, Run, check_resumable
from featcls.search.rungs import Rungs
from featcls.search.space import SearchSpace


def rungs_of(
    space: SearchSpace, installed: Registry, asha: bool | None, eta: int | None
) -> Rungs | None:
    """Return the rungs that were asked for, else those that the space says, if any."""
    if space.asha if asha is None else asha:
        return Rungs.of(space, installed, space.eta if eta is None else eta, space.rungs)
    if eta is not None:
        raise UsageError(f"eta is {eta} for a search without rungs", "switch them on with --asha")
    return None


def first_configs(
    out: str | os.PathLike[str] | None,
    resume: bool,
    warm_start: warm.Source | Sequence[warm.Source],
    installed: Registry,
    classes: Sequence[str],
) -> tuple[list[Config], list[str]]:
    """Return the configs to try first: those that a resumed run was started with, or new ones."""
    if resume and out is not None and (Path(out) / "run.json").exists():
        return Run.open(Path(out)).info.get("start", []), []
    return warm.load(warm_start, installed, classes)


def open_run(
    out: str | os.PathLike[str] | None, resume: bool, identity: Mapping[str, Any], name: str
) -> Run:
    """Return a new run directory, or with `resume` the one that is there.

    Raises
    ------
    UsageError, RunError
        There is nothing to go on with, or something else is in its place.
    """
    if out is None:
        if resume:
            raise UsageError("resume needs to know which run", "name its folder with --out")
        return Run.create(Path("runs") / name)
    path = Path(out)
    if not (path / "run.json").exists():
        if path.is_dir() and not {entry.name for entry in path.iterdir()} <= BEGUN:
            raise RunError(f"{path} is not empty and not a run", "choose another --out")
        return Run.create(path)
    run = Run.open(path)
    if not resume:
        raise RunError(
            f"{path} holds a run already", "go on with --resume, or choose another --out"
        )
    check_resumable(run.info["identity"], identity, path)
    return run
