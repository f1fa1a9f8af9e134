"""A long screening of a folder whose writer is killed and started again.

    python benchmarks/studies/soak.py [--minutes 30] [--rate 200] [--kill-every 20]

A writer puts frames into a folder, each in two parts with a pause between; every so often it is
killed, mostly within a frame, and another goes on with the next number. `featcls screen` must
have one row for each file: `ok` for a whole one, `unreadable` for a torn one, `dropped` for what
it had to give up. Its memory is looked at all the time (Linux).
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np

from featcls._version import __version__

SIDE = 16
HEADER = 128  # bytes of an .npy before the pixels
WHOLE = HEADER + 2 * SIDE * SIDE
PAGE = os.sysconf("SC_PAGE_SIZE")

WRITER = f"""
import io, sys, time
import numpy as np
folder, first, rate = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
rng = np.random.default_rng(first)
began, k = time.monotonic(), 0
while True:
    image = rng.poisson(4 + 12 * (k % 3), ({SIDE}, {SIDE})) * (1 + k % 3)
    buffer = io.BytesIO()
    np.save(buffer, image.astype("<u2"))
    data = buffer.getvalue()
    with open(f"{{folder}}/{{first + k:07d}}.npy", "wb", buffering=0) as file:
        file.write(data[:300])
        time.sleep(0.5 / rate)
        file.write(data[300:])
    k += 1
    time.sleep(max(0.0, began + k / rate - time.monotonic()))
"""


def soak(folder, model, seconds, rate, kill_every, hit_class):
    """Screen for so long and return what came of it.

    Parameters
    ----------
    folder : Path
        Empty; takes the frames and the rows.
    model : path
    seconds, kill_every : float
    rate : float
        Frames a second that a writer is told to write.
    hit_class : str
    """
    frames, rows = folder / "frames", folder / "rows.jsonl"
    frames.mkdir()
    words = ["screen", model, frames, "--out", rows, "--json", "--settle", "0.5"]
    words += ["--hit-class", hit_class]
    command = [sys.executable, "-m", "featcls.cli", *map(str, words)]
    with (folder / "log.txt").open("w") as log:
        screen = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
    memory, kills, writer, counted = [], 0, None, Rows(rows)
    try:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            writer = started(frames, rate)
            due = min(end, time.monotonic() + kill_every)
            while time.monotonic() < due:
                time.sleep(min(0.25, max(0.0, due - time.monotonic())))
                memory.append((counted.count(), resident(screen.pid)))
            writer.kill()  # SIGKILL, wherever it is
            writer.wait()
            kills += 1
        waited_for(screen, counted, len(list(frames.iterdir())))
        screen.send_signal(signal.SIGINT)
        told, _ = screen.communicate(timeout=180)
    finally:
        for process in (writer, screen):
            if process and process.poll() is None:
                process.kill()
                process.communicate()
    totals = json.loads(told.splitlines()[-1])
    return {**accounted(frames, rows), "kills": kills, "exit_code": screen.returncode,
            "totals": totals["status"], "ms": totals["ms"], "memory": growth(memory)}  # fmt: skip


def started(frames, rate):
    """Start a writer that goes on with the next number."""
    first = len(list(frames.iterdir()))
    return subprocess.Popen([sys.executable, "-c", WRITER, str(frames), str(first), str(rate)])


def waited_for(screen, counted, n):
    """Wait until so many rows are there, as long as any come."""
    seen, since = -1, time.monotonic()
    while seen < n and time.monotonic() - since < 30 and screen.poll() is None:
        time.sleep(0.2)
        now = counted.count()
        seen, since = now, since if now == seen else time.monotonic()


class Rows:
    """Counts the rows in a file that grows, reading each byte once."""

    def __init__(self, path):
        self.path, self.read, self.n = path, 0, 0

    def count(self):
        """Return the number of rows so far."""
        if self.path.exists():
            with self.path.open("rb") as file:
                file.seek(self.read)
                new = file.read()
            self.read += len(new)
            self.n += new.count(b"\n")
        return self.n


def accounted(frames, rows):
    """Compare files and rows: each file once, with the status that it deserves."""
    wanted = {
        path.name: "ok" if path.stat().st_size == WHOLE else "unreadable"
        for path in frames.iterdir()
    }
    found = [json.loads(line) for line in rows.read_text().splitlines()]
    times = Counter(os.path.basename(row["frame_id"]) for row in found)
    statuses = {os.path.basename(row["frame_id"]): row["status"] for row in found}
    wrong = sum(statuses.get(name) not in (status, "dropped") for name, status in wanted.items())
    return {
        "files": len(wanted),
        "torn": sum(status != "ok" for status in wanted.values()),
        "rows": len(found),
        "without_a_row": len(wanted.keys() - times.keys()),
        "more_than_once": sum(n > 1 for n in times.values()),
        "strangers": len(times.keys() - wanted.keys()),
        "wrong_status": wrong,
    }


def resident(pid):
    """Bytes of memory that a process holds; 0 where the system does not tell."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE
    except (OSError, IndexError):
        return 0


def growth(memory):
    """Memory in the first and the last quarter, and bytes a frame between them."""
    quarter = max(len(memory) // 4, 1)
    early, late = memory[quarter : 2 * quarter] or memory, memory[-quarter:]
    (n0, first), (n1, last) = (np.median(part, axis=0) for part in (early, late))
    return {
        "second_quarter_mib": round(float(first) / 2**20, 1),
        "last_quarter_mib": round(float(last) / 2**20, 1),
        "bytes_a_frame": round(float((last - first) / max(n1 - n0, 1))),
    }


def fitted(folder):
    """Fit a model to frames as the writer writes them."""
    rng = np.random.default_rng(0)
    kinds = np.arange(60) % 3
    images = [rng.poisson(4 + 12 * k, (SIDE, SIDE)) * (1 + k) for k in kinds]
    labels = np.array(["blank", "weak", "good"])[kinds]
    np.savez(folder / "train.npz", images=np.array(images, np.uint16), labels=labels)
    config = {"extractors": ["intensity"], "classifier": "rf"}
    (folder / "config.json").write_text(json.dumps(config))
    words = [folder / "config.json", folder / "train.npz", "--out", folder / "model.featcls"]
    command = [sys.executable, "-m", "featcls.cli", "fit", *map(str, words)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return folder / "model.featcls"


def keep(out, command, before, found):
    """Write down and print what a command of this folder found, and the load it found it at."""
    result = {
        "command": f"python benchmarks/studies/{command}",
        "featcls": __version__,
        "load": [round(before, 1), round(os.getloadavg()[0], 1)],
        **found,
    }
    text = json.dumps(result, indent=1)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(f"{text}\n")
    print(text)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--rate", type=float, default=200, help="frames a second")
    parser.add_argument("--kill-every", type=float, default=20, help="seconds")
    default = Path(__file__).parent / "results" / "soak.json"
    parser.add_argument("--out", type=Path, default=default)
    given = parser.parse_args()
    before = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        found = soak(
            place, fitted(place), 60 * given.minutes, given.rate, given.kill_every, "good"
        )
    command = f"soak.py --minutes {given.minutes:g} --rate {given.rate:g}"
    keep(given.out, f"{command} --kill-every {given.kill_every:g}", before, found)


if __name__ == "__main__":
    main()
