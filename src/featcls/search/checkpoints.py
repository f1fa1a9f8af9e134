"""Where configs on rungs keep their state: a folder of the run, one folder in it for each."""

import shutil
from collections.abc import Collection, Mapping
from pathlib import Path

from featcls.search.rungs import root
from featcls.search.store import Trial


class Checkpoints:
    """The folder `checkpoints` of a run directory, while its search goes on."""

    def __init__(self, run: Path) -> None:
        self.folder = run.resolve() / "checkpoints"

    def of(self, trial: Trial, trials: Mapping[int, Trial]) -> Path:
        """Return where a trial, and all that it is promoted to, keep their state."""
        return self.folder / str(root(trial, trials))

    def keep(self, tids: Collection[int], trials: Mapping[int, Trial]) -> None:
        """Delete the state of all trials but these, which may yet go on."""
        wanted = {self.of(trials[tid], trials).name for tid in tids}
        for path in self.folder.iterdir() if self.folder.exists() else ():
            if path.name not in wanted:
                shutil.rmtree(path, ignore_errors=True)
        if not wanted:
            shutil.rmtree(self.folder, ignore_errors=True)
