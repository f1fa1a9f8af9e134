"""The main job at the size of DiffraNet: how long, how much memory, where the time goes.

    python benchmarks/studies/diffranet_size.py WORK [--space diffranet] [--evals 150] [--out FILE]

25,000 simulated frames of 512 x 512 pixels (6.6 GB in WORK), 10,000 to learn from, 2,400 to
choose by, 12,600 to test once. What an interrupted call left in WORK is gone on with. Memory is
the sum of the proportional set sizes of all processes of the search, every five seconds.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import psutil

from featcls import atomic
from featcls._version import __version__
from featcls.search import Run
from featcls.studies.base import Setting
from featcls.studies.diffranet_search import PARTS, PRESET
from featcls.studies.frames import written
from featcls.studies.searching import best_of_each

EVERY = 5.0  # seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("work", type=Path)
    parser.add_argument("--space", default="diffranet")
    parser.add_argument("--evals", type=int, default=150)
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    setting = Setting("full", asked.work, n_jobs=os.cpu_count() or 1, observer=print)
    data = written(setting, PRESET, PARTS["full"])["source"]
    run = asked.work / f"search-{Path(asked.space).stem}"
    watched(run, [data, "--space", asked.space, "--max-evals", str(asked.evals)])
    document = told(Run.open(run), json.loads(beside(run).read_text()))
    text = json.dumps(document, indent=1)
    print(text)
    if asked.out:
        atomic.write(asked.out, f"{text}\n".encode())


def beside(run):
    """Where the memory of a run is written down."""
    return run.with_name(f"{run.name}-memory.json")


def watched(run, arguments):
    """Search, and keep the peak of memory beside the run, that of interrupted calls included."""
    command = [sys.executable, "-m", "featcls.cli", "search", *arguments]
    command += ["--metric", "accuracy", "--trial-timeout", "600", "--out", str(run)]
    path = beside(run)
    known = json.loads(path.read_text()) if path.exists() else {"peak_bytes": 0}
    if run.exists():
        command.append("--resume")
    with subprocess.Popen(command) as process:
        while process.poll() is None:
            known["peak_bytes"] = max(known["peak_bytes"], memory(process.pid))
            atomic.write(path, json.dumps(known).encode())
            time.sleep(EVERY)
    if process.returncode:
        sys.exit(process.returncode)


def memory(pid):
    """Bytes of a process and all below it; pages they share count once."""
    total = 0
    try:
        parent = psutil.Process(pid)
        everyone = [parent, *parent.children(recursive=True)]
    except psutil.Error:
        return 0
    for process in everyone:
        try:
            total += process.memory_full_info().pss
        except psutil.Error:  # ended meanwhile
            continue
    return total


def told(run, known):
    """What is kept: the time, the memory, every state, the best of each, the test."""
    trials = [trial for trial in run.trials if trial.tid >= 0]
    states = [trial.state for trial in trials]
    info = run.info
    return {
        "study": "diffranet-size",
        "featcls": __version__,
        "machine": info["machine"],
        "space": info["space"],
        "frames": info["dataset"]["n"],
        "objective": info["objective"],
        "seconds": info["seconds"],
        "times": info["times"],
        "fit_seconds": sum(trial.timings.get("fit", 0.0) for trial in trials),
        "peak_MiB": round(known["peak_bytes"] / 2**20),
        "trials": {state: states.count(state) for state in sorted(set(states))},
        "failures": [trial.reason for trial in trials if trial.state != "ok"],
        "best_of_each": [
            {"extractor": one, "classifier": other, "tid": trial.tid, **trial.metrics}
            for (one, other), trial in best_of_each(run).items()
        ],
        "best": {key: info["best"][key] for key in ("tid", "config", "value", "interval")},
        "test": {key: info["test"][key] for key in ("n", "value", "intervals", "confusion")},
        "baselines": [
            {key: row[key] for key in ("name", "value", "test_value")} for row in info["baselines"]
        ],
    }


if __name__ == "__main__":
    main()
