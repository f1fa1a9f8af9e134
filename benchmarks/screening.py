"""Print how fast frames are screened, beside the same pipeline in scikit-image and scikit-learn.

    python benchmarks/screening.py [--frames 512] [--latency 10000] [--rounds 5] [--only memory]

From image to row, everything included: reading where there are files, features, scaling,
probabilities. Ours on two threads, the peer on two processes that are warm and are handed all
frames at once. A round runs ours and the peer once each; the best of each is told: other load on
the machine only makes them slower. Single frames go one after the other, and after each a count
that takes as long and touches no memory: the "idle loop", which says what the machine alone does.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from benchmarks import predict
from joblib import Parallel, delayed

PIPELINES = ("GLCM + RF", "LBP + SVM")
GOALS = {"GLCM + RF": 1280, "LBP + SVM": 500}
PEER_FRAMES = 48

LOAD = """
import sys, time
from featcls.model import Model
Model.load(sys.argv[1])
before = set(sys.modules)
times = []
for _ in range(9):
    began = time.perf_counter()
    Model.load(sys.argv[1])
    times.append(time.perf_counter() - began)
heavy = ("sklearn", "scipy", "skops", "xgboost", "h5py", "hyperopt", "matplotlib", "pandas", "PIL")
found = [name for name in heavy if name in before]
print(1000 * min(times), 1000 * sorted(times)[4], " ".join(found))
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--frames", type=int, default=512)
    parser.add_argument("--latency", type=int, default=10_000, help="single frames")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="", help="memory, PGM, HDF5, single, 4 Mpx or load")
    asked = parser.parse_args()
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores, {asked.rounds} rounds")
    with tempfile.TemporaryDirectory() as folder:
        jobs = {
            "memory": lambda: throughput("memory", asked),
            "PGM": lambda: throughput("PGM", asked, written_pgm(folder, asked.frames)),
            "HDF5": lambda: throughput("HDF5", asked, written_hdf5(folder, asked.frames)),
            "single": lambda: single(asked.latency),
            "4 Mpx": lambda: large(asked.rounds),
            "load": lambda: loading(folder),
        }
        for name, job in jobs.items():
            if asked.only.lower() in name.lower():
                for line in job():
                    print(line, flush=True)
    print(f"load {os.getloadavg()[0]:.1f}")


def throughput(where, asked, source=None):
    """Frames per second of both pipelines, ours and the peer's."""
    yield f"| {where}, 512 x 512 8-bit | frames/s, 2 cores | goal | peer, frames/s | ratio |"
    yield "|---|---:|---:|---:|---:|"
    images = predict.stack(asked.frames)
    for name in PIPELINES:
        model, peer = predict.model(name), predict.ScikitImage(name)
        ours, theirs = [], []
        with Parallel(n_jobs=2, max_nbytes=None) as pool:  # scikit-image writes no memmap
            for _ in range(asked.rounds):
                ours.append(asked.frames / seconds(rows_of, model, images, source))
                theirs.append(PEER_FRAMES / seconds(peers_scores, pool, peer, images, source))
        best, other = max(ours), max(theirs)
        yield f"| {name} | {best:.0f} | {GOALS[name]} | {other:.0f} | {best / other:.1f} |"


def rows_of(model, images, source):
    """Make all rows by the public road: from arrays, or from a data set of files."""
    frames = images if source is None else opened(source)
    for _ in model.predict_rows(frames, n_threads=2):
        pass


def opened(source):
    from featcls import open_dataset

    return open_dataset(source, labelled=False)


def peers_scores(pool, peer, images, source):
    parts = np.array_split(np.arange(PEER_FRAMES), 8)
    if source is None:
        given = [images[part] for part in parts]
    elif source.is_dir():
        files = sorted(source.iterdir())
        given = [[files[k] for k in part] for part in parts]
    else:
        given = [(source, part) for part in parts]
    found = pool(delayed(peers_features)(peer.features, part) for part in given)
    return peer.scores(np.concatenate(found))


def peers_features(features, part):
    """Features of images in memory, of files, or of places in an HDF5 file."""
    if isinstance(part, tuple):
        import h5py

        with h5py.File(part[0]) as file:
            part = [file["data"][k] for k in part[1]]
    elif isinstance(part, list):
        from skimage.io import imread

        part = [imread(path) for path in part]
    return np.array([features(image) for image in part])


def seconds(function, *given):
    began = time.perf_counter()
    function(*given)
    return time.perf_counter() - began


def single(n):
    """Latency of frames that come one by one, and of an idle loop between them."""
    yield "| one frame, ms | median | p99 | idle loop, median | idle loop, p99 |"
    yield "|---|---:|---:|---:|---:|"
    images = predict.stack(64)
    for name in PIPELINES:
        model = predict.model(name)
        model.predict_scores(images[:1])
        usual = min(seconds(model.predict_scores, images[:1]) for _ in range(50))
        steps = int(1e4 * usual / min(seconds(count, 10_000) for _ in range(50)))
        took, idle = [], []
        for k in range(n):
            took.append(seconds(model.predict_scores, images[k % 64][None]))
            idle.append(seconds(count, steps))
        told = [1000 * q for times in (took, idle) for q in np.quantile(times, (0.5, 0.99))]
        yield f"| {name}, {n} frames | " + " | ".join(f"{ms:.2f}" for ms in told) + " |"


def count(n):
    for _ in range(n):
        pass


def large(rounds):
    """A masked frame of 4 million int32 counts, on one core."""
    name = "sqrt + GLCM + RF"
    model, frame, took = predict.model(name), predict.large(), []
    model.predict_scores([frame])
    for _ in range(max(3 * rounds, 5)):
        began = time.thread_time()
        model.predict_scores([frame])
        took.append(1000 * (time.thread_time() - began))
    yield f"4 Mpx int32, masked, {name}: {np.median(took):.1f} ms of one core (goal 40)"


def loading(folder):
    """A forest of 100 trees is loaded, in a process that has what it imports."""
    path = f"{folder}/model.featcls"
    predict.model("GLCM + RF").save(path)
    done = subprocess.run(
        [sys.executable, "-c", LOAD, path], capture_output=True, text=True, check=True
    )
    best, median, modules = done.stdout.split(maxsplit=2)
    yield (
        f"model of {Path(path).stat().st_size / 2**20:.1f} MiB loads in {float(median):.0f} ms, "
        f"at best {float(best):.0f} (goal 300), above the imports of {modules.strip()}"
    )


def written_pgm(folder, n):
    place = Path(folder, "pgm")
    place.mkdir()
    for k, image in enumerate(predict.stack(n)):
        (place / f"{k:05d}.pgm").write_bytes(b"P5\n512 512\n255\n" + image.tobytes())
    return place


def written_hdf5(folder, n):
    import h5py

    place = Path(folder, "stack.h5")
    with h5py.File(place, "w") as file:
        file.create_dataset("data", data=predict.stack(n), chunks=(1, 512, 512))
    return place


if __name__ == "__main__":
    main()
