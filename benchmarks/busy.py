"""How busy a search keeps its workers: trials of a fixed length, features cached beforehand.

    python benchmarks/busy.py --trials 200 --seconds 1 --jobs 2

prints the share of the workers' time, from the start of the first trial to the end of the last,
that went into trials. A trial sleeps, so that other load on the machine counts for little.
"""

import argparse
import os
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from featcls.hookspecs import hookimpl
from featcls.spaces import Uniform

featcls_api = 1
SPACE = '[[extractor]]\nname = "intensity"\n[[classifier]]\nname = "sleeper"\nseconds = {}\n'


class Sleeper:
    """Takes its time to fit, then knows nothing; `tag` makes every trial another one."""

    def __init__(self, seconds: float = 1.0, tag: float = 0.5) -> None:
        self.seconds, self.tag = seconds, tag

    def fit(self, X: Any, y: Any) -> "Sleeper":
        """Sleep."""
        time.sleep(self.seconds)
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X: Any) -> Any:
        """Return the same for all."""
        return np.full((len(X), len(self.classes_)), 1 / len(self.classes_))


@hookimpl
def register_classifiers(register: Any) -> None:
    """Register the classifier that sleeps."""
    space = {"seconds": Uniform(0.0, 60.0, default=1.0), "tag": Uniform(0.0, 1.0, default=0.5)}
    register("sleeper", Sleeper, params=space, trusted_types=("busy.Sleeper",))


def utilisation(folder: Path, trials: int, seconds: float, jobs: int) -> float:
    """Return the busy share of the workers of one search, 0 to 1."""
    from featcls.search import search

    rng = np.random.default_rng(0)
    labels = np.tile(["a", "b"], 20)
    split = np.repeat(["train", "validation"], 20)
    np.savez(folder / "data.npz", images=rng.random((40, 8, 8)), labels=labels, split=split)
    (folder / "space.toml").write_text(SPACE.format(seconds))
    ends: list[tuple[float, float]] = []

    def note(event: dict[str, Any]) -> None:
        if event["event"] == "trial" and event["seconds"]:
            ends.append((time.monotonic(), event["seconds"]))

    options: dict[str, Any] = {
        "space": str(folder / "space.toml"),
        "plugins": ["busy"],
        "n_jobs": jobs,
        "test_size": 0,
    }
    search(folder / "data.npz", out=folder / "warm", max_evals=1, **options)
    search(folder / "data.npz", out=folder / "run", max_evals=trials, observer=note, **options)
    wall = max(end for end, _ in ends) - min(end - spent for end, spent in ends)
    return sum(spent for _, spent in ends) / (jobs * wall)


def main() -> None:
    """Measure once and print a line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--jobs", type=int, default=2)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["FEATCLS_CACHE_DIR"] = str(Path(folder, "cache"))
        share = utilisation(Path(folder), asked.trials, asked.seconds, asked.jobs)
    print(
        f"{asked.trials} trials of {asked.seconds} s on {asked.jobs} workers: "
        f"busy {100 * share:.1f} % of the time, load {os.getloadavg()[0]:.1f}"
    )


if __name__ == "__main__":
    main()
