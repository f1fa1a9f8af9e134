"""Print how fast the networks train and screen, and what they get right.

    python plugins/featcls-torch/benchmarks/networks.py [--only train|screen] [--rounds 3]

`train`: `ke` behind local contrast on 300 simulated frames of the default preset, binned to
256 x 256 pixels, and on the same frames four intensity statistics with a random forest; both
judged on 600 other frames. `screen`: frames of 720 x 720 pixels in memory through local contrast
and `ke`, to rows. On a GPU where there is one.
"""

import argparse
import os
import resource
import time

import numpy as np
import torch

from featcls.classifiers.base import fit, scores
from featcls.config import canonical, params_from_json
from featcls.extractors.intensity import Intensity
from featcls.frame import Frame
from featcls.model import Model
from featcls.pipeline import Chained, Fitted, steps
from featcls.plugins import registry
from featcls.preprocess.bin import Bin
from featcls.simulate import DEFAULT_PRESET, classes, make_dataset

MODULES = () if "ke" in registry().names("classifier") else ("featcls_torch",)
PLUGINS = registry(MODULES)
THREADS = 2  # that read frames, or score batches; the network itself computes on one
TRAIN, TEST, SIDE = 300, 600, 720
GOALS = {"seconds": 60.0, "points": 5.0, "cpu": 80.0, "cuda": 1280.0}  # of issue and paper
KE = {"epochs": 20, "decay_epochs": 20, "inputs": "frame", "flip": True, "batch_size": 8}


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", choices=["train", "screen"])
    parser.add_argument("--rounds", type=int, default=3, help="of screening; the best is told")
    parser.add_argument("--epochs", type=int, default=KE["epochs"])
    asked = parser.parse_args()
    device = torch.cuda.get_device_name() if torch.cuda.is_available() else "CPU"
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores, networks on {device}")
    if asked.only != "screen":
        train(asked.epochs)
    if asked.only != "train":
        screen(asked.rounds)


def train(epochs):
    """Train on simulated frames and judge on others."""
    X, y = simulated(TRAIN, seed=0)
    X_test, y_test = simulated(TEST, seed=1)
    names = classes(DEFAULT_PRESET)
    statistics = Intensity(statistics="four")
    forest = fit(
        PLUGINS.get("classifier", "rf"),
        {"n_estimators": 100},
        statistics.transform(X),
        y,
        classes=names,
    )
    trivial = right(scores(forest, statistics.transform(X_test), len(names)), y_test)
    before, began, worked = peak(), time.perf_counter(), time.process_time()
    config, fitted = ke(X, y, names, {**KE, "epochs": epochs, "decay_epochs": epochs})
    seconds, worked = time.perf_counter() - began, time.process_time() - worked
    own = Model(Fitted(config, names, [], None, fitted), {}, PLUGINS)
    share = right(own.predict_scores(X_test), y_test)
    history = fitted.parts[0].history_
    each = np.median([entry["seconds"] for entry in history])
    print(f"ke, {TRAIN} frames of {X[0].shape}, {epochs} epochs:")
    print(f"  {seconds:.1f} s, {worked:.1f} s of a processor (goal {GOALS['seconds']:.0f} s)")
    print(f"  {each:.2f} s an epoch, {peak() - before:.0f} MB more memory than before")
    print(f"  {100 * share:.1f} % of {TEST} frames right, trivial baseline {100 * trivial:.1f} %,")
    print(f"  {100 * (share - trivial):+.1f} points (goal {GOALS['points']:+.0f})")


def screen(rounds):
    """Score large frames, everything from pixels to rows included."""
    rng = np.random.default_rng(0)
    frames = [Frame(rng.poisson(30.0, (SIDE, SIDE)).astype(np.uint16)) for _ in range(128)]
    config, fitted = ke(frames[:8], np.arange(8) % 3, ("hit", "maybe", "miss"), {"epochs": 1})
    model = Model(Fitted(config, ("hit", "maybe", "miss"), [], None, fitted), {}, PLUGINS)
    rates = []
    for _ in range(rounds):
        began = time.perf_counter()
        n = len(list(model.predict_rows(frames, batch=16, n_threads=THREADS)))
        rates.append(n / (time.perf_counter() - began))
    goal = GOALS["cuda" if torch.cuda.is_available() else "cpu"]
    print(f"lcn and ke, {SIDE} x {SIDE}: {max(rates):.0f} frames/s (goal {goal:.0f})")
    print(f"  rounds {', '.join(f'{rate:.0f}' for rate in rates)}; peak memory {peak():.0f} MB")


def simulated(n, seed):
    """Return n frames of half the preset's side, and codes."""
    images, labels, _ = make_dataset(n, seed, DEFAULT_PRESET)
    halve, names = Bin(factor=2), classes(DEFAULT_PRESET)
    frames = [halve.apply(Frame(image)) for image in images]
    return frames, np.array([names.index(label) for label in labels])


def ke(X, y, names, params):
    """Return a config of `ke` behind local contrast, and what it is fitted to frames."""
    given = {
        "preprocess": [{"name": "lcn", "params": {"window": 9, "min_std": 1.0}}],
        "classifier": {"name": "ke", "params": params},
    }
    config = canonical(given, PLUGINS.space_of)
    behind = Chained(X, steps(config["preprocess"], PLUGINS))
    own = params_from_json(config["classifier"]["params"])
    entry = PLUGINS.get("classifier", "ke")
    return config, fit(entry, own, behind, y, classes=names, n_threads=THREADS)


def right(found, y):
    """Return the share of frames whose best score is their class's."""
    return float(np.mean(found.argmax(axis=1) == y))


def peak():
    """Return the most memory that the process has held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
