"""The same ten trials in the peer's way and in ours: wall time, and every prediction compared.

    python benchmarks/studies/peer_way.py [--frames 300] [--out FILE]

The peer's way, as the DiffraNet authors search: each trial reads all frames and extracts their
features anew with scikit-image, then fits. Its histograms of local binary patterns have a width
that follows from each image; here they have the P + 2 bins that they ought to have, else the two
could not be compared. Ours: `featcls.search` with the same configs and an empty cache. Both run
in one process on one thread.
"""

import argparse
import json
import os
import platform
import tempfile
import time
from pathlib import Path

import numpy as np
import skimage
from skimage.feature import graycomatrix, graycoprops, local_binary_pattern
from skimage.io import imread
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from featcls._version import __version__
from featcls.cache import Cache, cache_root
from featcls.classifiers.base import fit, scores
from featcls.dataset import open_dataset
from featcls.plugins import registry
from featcls.search import search
from featcls.search.problem import Task, open_problem
from featcls.search.worker import Worker
from featcls.simulate.sfx import write_sfx

PROPERTIES = ["ASM", "contrast", "correlation", "dissimilarity", "energy", "homogeneity"]
QUANTISE = {"name": "quantise", "params": {"method": "linear", "levels": 256, "range": [0, 256]}}
GLCM = [
    ([1, 2, 5, 8], [45, 135]),
    ([1], [0, 45, 90, 135]),
    ([1, 2, 4, 8], [0, 90]),
    ([2, 5], [0, 45, 90, 135]),
    ([1, 2, 4, 5, 8], [0, 45, 90, 135]),
]
LBP = [(8, 1), (16, 2), (24, 3), (24, 2), (24, 1)]
RF = {"name": "rf", "params": {"n_estimators": 100, "max_depth": 20}}
SVM = {"name": "svm", "params": {"C": 32.0, "gamma": 0.5}}
SPACE = """
[[extractor]]
name = "lbp"

[[classifier]]
name = "rf"
"""


def configs():
    """Return five configs of each extractor, with forests and machines in turn."""
    made = []
    for k, (distances, angles) in enumerate(GLCM):
        params = {"distances": distances, "angles": angles, "properties": PROPERTIES}
        step = {"name": "glcm", "preprocess": [QUANTISE], "params": params}
        made.append({"extractors": [step], "classifier": (RF, SVM)[k % 2]})
    for k, (P, R) in enumerate(LBP):
        step = {"name": "lbp", "params": {"P": P, "R": R, "method": "uniform"}}
        made.append({"extractors": [step], "classifier": (RF, SVM)[k % 2]})
    return made


def peer_vector(image, step):
    """Return the features of an image by scikit-image."""
    params = step["params"]
    if step["name"] == "lbp":
        codes = local_binary_pattern(image, params["P"], params["R"], "uniform")
        n = params["P"] + 2
        return np.histogram(codes, bins=n, range=(0, n), density=True)[0]
    angles = np.deg2rad(params["angles"])
    counts = graycomatrix(image, params["distances"], angles, 256, symmetric=True, normed=True)
    return np.concatenate([graycoprops(counts, name).ravel() for name in PROPERTIES])


def peer_trial(config, seed, folder, dataset):
    """Extract, fit and score in the peer's way; return the scores of the validation frames."""
    (step,) = config["extractors"]
    images = [imread(folder / record.path) for record in dataset.records]
    X = np.array([peer_vector(image, step) for image in images])
    train, held = (np.flatnonzero(dataset.split == name) for name in ("train", "validation"))
    scaler = StandardScaler().fit(X[train])
    entry = registry().get("classifier", config["classifier"]["name"])
    params = dict(config["classifier"]["params"])
    trained = fit(
        entry, params, scaler.transform(X[train]), dataset.y[train],
        classes=dataset.classes, random_state=seed,
    )  # fmt: skip
    return scores(trained, scaler.transform(X[held]), len(dataset.classes))


def study(n, folder):
    """Return the figures of the comparison as JSON values."""
    frames = folder / "frames"
    write_sfx(frames, n=n, seed=0, format="png")
    lines = (frames / "manifest.csv").read_text().splitlines()
    head, rows = lines[:2], lines[2:]
    split = ["train"] * (2 * n // 3) + ["validation"] * (n - 2 * n // 3)
    text = [head[0], f"{head[1]},split", *map(",".join, zip(rows, split, strict=True))]
    (frames / "split.csv").write_text("\n".join(text) + "\n")
    (folder / "space.toml").write_text(SPACE)
    os.environ["FEATCLS_CACHE_DIR"] = str(folder / "cache")
    wanted = configs()
    began = time.perf_counter()
    run = search(
        frames / "split.csv", space=str(folder / "space.toml"), out=folder / "run",
        warm_start=wanted, max_evals=len(wanted), backend="serial", test_size=0,
    )  # fmt: skip
    ours = time.perf_counter() - began
    dataset = open_dataset(frames / "split.csv")
    trials = sorted((t for t in run.trials if t.kind == "trial"), key=lambda t: t.tid)
    task = Task(dataset.spec, 0, 5, 0, (), ()).document()
    problem = open_problem(task)
    rows, peer = [], 0.0
    for config, trial in zip(wanted, trials, strict=True):
        seed = Worker(trial.config, problem, registry(), Cache(cache_root())).seed(task, 0)
        began = time.perf_counter()
        found = peer_trial(config, seed, frames, dataset)
        seconds = time.perf_counter() - began
        peer += seconds
        own = run.scores(trial.tid)
        rows.append({
            "extractor": config["extractors"][0],
            "classifier": config["classifier"]["name"],
            "peer_seconds": round(seconds, 2),
            "frames": len(own),
            "equal_predictions": int((own.argmax(axis=1) == found.argmax(axis=1)).sum()),
            "largest_difference_of_scores": float(np.abs(own - found).max()),
        })  # fmt: skip
    return {
        "study": "peer-way", "featcls": __version__, "scikit-image": skimage.__version__,
        "machine": platform.processor() or platform.machine(), "load": os.getloadavg()[0],
        "frames": n, "trials": rows, "peer_seconds": round(peer, 1), "seconds": round(ours, 1),
        "ratio": round(peer / ours, 1),
    }  # fmt: skip


def main():
    """Run the study, print its figures and store them."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--frames", type=int, default=300)
    kept = Path(__file__).with_name("results") / "peer-way.json"
    parser.add_argument("--out", type=Path, default=kept)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, threadpool_limits(1):
        found = study(arguments.frames, Path(folder))
    for row in found["trials"]:
        step = row["extractor"]
        shown = ", ".join(f"{k} {v}" for k, v in step["params"].items() if k != "properties")
        print(
            f"{step['name']:5} {shown:55} {row['classifier']:4} {row['peer_seconds']:7.2f} s  "
            f"{row['equal_predictions']} of {row['frames']} predictions equal"
        )
    print(f"peer {found['peer_seconds']} s, featcls {found['seconds']} s: {found['ratio']}x")
    arguments.out.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
