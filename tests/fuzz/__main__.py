"""`make fuzz`: damaged files of every format, read by workers that may die of it."""

import argparse
import multiprocessing
import os
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import TimeoutError
from pathlib import Path
from typing import Any

from pebble import ProcessExpired, ProcessPool

from fuzz.corpus import make_corpus
from fuzz.read import CPU, Outcome, damaged, run_case, start_worker

WALL = 20  # seconds, for reads that wait for something
GOOD = ("read", "refused")
COLUMNS = (*GOOD, "undetected", "foreign", "memory", "crash", "hang")


def main() -> int:
    """Damage, read, print the table; 1 if any file did what no file may."""
    options = _options()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        corpus = make_corpus(Path(folder, "whole"))
        names = [name for name in corpus if options.only in ("", name)]
        cases = [(name, k) for k in range(-(-options.files // len(names))) for name in names]
        cases = [(name, options.seed + k) for name, k in cases[: options.files]]
        outcomes = read_all(corpus, cases, folder, options.jobs, began + options.seconds)
        found = [(*cases[i], one) for i, one in outcomes.items() if one.kind not in GOOD]
        for name, case, one in found[:40]:
            print(f"{one.kind}: {name} case {case}: {one.what}", file=sys.stderr)
            if options.keep:
                own = Path(options.keep, f"{name} {case}".replace(" ", "-"))
                own.mkdir(parents=True)
                damaged(name, corpus[name], case, own)
    _print_table(names, [(cases[i][0], one) for i, one in outcomes.items()])
    print(f"{len(outcomes)} of {len(cases)} files in {time.monotonic() - began:.0f} s")
    return 1 if found or len(outcomes) < len(cases) else 0


def read_all(
    corpus: dict[str, Path], cases: list[tuple[str, int]], folder: str, jobs: int, end: float
) -> dict[int, Outcome]:
    """Outcome of each case by its place in the list; those left when time is out have none."""
    outcomes: dict[int, Outcome] = {}
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["fuzz.read", "fuzz.corpus"])
    pool = ProcessPool(jobs, context=context, initializer=start_worker, initargs=(corpus, folder))
    with pool:
        waiting = [pool.schedule(run_case, args=case, timeout=WALL) for case in cases]
        for i, future in enumerate(waiting):
            try:
                outcomes[i] = future.result(max(end - time.monotonic(), 0))
            except ProcessExpired as error:
                outcomes[i] = _death(error)
            except TimeoutError:
                if not future.done():  # not this file's time is out but ours
                    pool.stop()
                    break
                outcomes[i] = Outcome("hang", f"waited {WALL} s", WALL, 0)
    return outcomes


def _death(error: ProcessExpired) -> Outcome:
    import signal

    if error.exitcode == -signal.SIGPROF:
        return Outcome("hang", f"computed for {CPU} s", CPU, 0)
    return Outcome("crash", f"exit status {error.exitcode}", 0.0, 0)


def _print_table(names: list[str], outcomes: list[tuple[str, Outcome]]) -> None:
    print(f"{'format':14}{'files':>7}" + "".join(f"{name:>11}" for name in COLUMNS), end="")
    print(f"{'longest':>10}{'most memory':>13}")
    for name in (*names, "all"):
        own = [one for other, one in outcomes if name in (other, "all")]
        kinds = Counter(one.kind for one in own)
        print(f"{name:14}{len(own):7}" + "".join(f"{kinds[kind]:11}" for kind in COLUMNS), end="")
        longest = max((one.seconds for one in own), default=0)
        growth = max((one.growth for one in own), default=0)
        print(f"{1000 * longest:7.0f} ms{growth / 2**20:9.0f} MiB")


def _options() -> Any:
    parser = argparse.ArgumentParser(prog="python -m fuzz", description=__doc__)
    parser.add_argument("--files", type=int, default=10_000, help="over all formats")
    parser.add_argument("--seconds", type=float, default=600, help="after which it gives up")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--seed", type=int, default=0, help="number of the first case")
    parser.add_argument("--only", default="", help="name of one format")
    parser.add_argument("--keep", help="folder for the files that did what no file may")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
