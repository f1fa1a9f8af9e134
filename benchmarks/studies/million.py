"""A million frames through `featcls predict`: a row for each, in memory that does not grow.

    python benchmarks/studies/million.py [--frames 1000000] [--distinct 100000]

The frames are those of an HDF5 array that shows fewer of another file again and again (a virtual
data set), so that the disk holds 25 MB and the rows. Memory is looked at while rows come (Linux).
"""

import argparse
import csv
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np
from soak import SIDE, fitted, growth, keep, resident

LOOK = 0.25  # seconds between looks


def predicted(folder, model, n, distinct):
    """Predict so many frames and return what came of it.

    Parameters
    ----------
    folder : Path
        Takes the frames and the rows.
    model : path
    n, distinct : int
        Frames, and how many of them are stored; `n` is a multiple of `distinct`.
    """
    stack, rows = written(folder / "stack.h5", n, distinct), folder / "rows.csv"
    words = ["predict", model, stack, "--out", rows]
    command = [sys.executable, "-m", "featcls.cli", *map(str, words)]
    began, memory = time.monotonic(), []
    with (folder / "log.txt").open("w") as log:
        process = subprocess.Popen(command, stderr=log)
    try:
        while process.poll() is None:
            time.sleep(LOOK)
            if size := sum(path.stat().st_size for path in folder.glob(".rows.csv.*.part")):
                memory.append((size, resident(process.pid)))
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    seconds = time.monotonic() - began
    found = {"exit_code": process.returncode, "seconds": round(seconds, 1), **checked(rows)}
    memory = [(size / rows.stat().st_size * n, held) for size, held in memory]  # rows, bytes
    return {**found, "memory": growth(memory) if len(memory) > 7 else None}


def written(path, n, distinct):
    """Write frames in turn of three kinds, and an array of each of them many times."""
    import h5py

    rng, stored = np.random.default_rng(0), path.with_name("stored.h5")
    with h5py.File(stored, "w") as file:
        data = file.create_dataset("data", (distinct, SIDE, SIDE), "u1")
        for k in range(distinct):
            image = rng.poisson(4 + 12 * (k % 3), (SIDE, SIDE)) * (1 + k % 3)
            data[k] = np.minimum(image, 255)
    layout = h5py.VirtualLayout((n, SIDE, SIDE), "u1")
    for start in range(0, n, distinct):
        source = h5py.VirtualSource(stored.name, "data", (distinct, SIDE, SIDE))
        layout[start : start + distinct] = source
    with h5py.File(path, "w") as file:
        file.create_virtual_dataset("data", layout)
    return path


def checked(path):
    """Count rows, those that are not in the place of their frame, and what became of them."""
    misplaced, statuses = 0, Counter()
    with path.open(newline="") as file:
        for k, row in enumerate(csv.DictReader(file)):
            misplaced += row["frame_id"].rpartition("#")[2] != str(k)
            statuses[row["status"]] += 1
    return {
        "rows": statuses.total(),
        "misplaced": misplaced,
        "status": dict(statuses),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--frames", type=int, default=1_000_000)
    parser.add_argument("--distinct", type=int, default=100_000)
    default = Path(__file__).parent / "results" / "million.json"
    parser.add_argument("--out", type=Path, default=default)
    given = parser.parse_args()
    before = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        found = predicted(place, fitted(place), given.frames, given.distinct)
    command = f"million.py --frames {given.frames} --distinct {given.distinct}"
    keep(given.out, command, before, {"frames": given.frames, **found})


if __name__ == "__main__":
    main()
