"""A long search, read again: its report, and its line in the list of runs."""

import json
import shutil
import tempfile
from pathlib import Path

import numpy as np

from featcls.evaluate import report
from featcls.report import write
from featcls.report.story import Story
from featcls.search import Run, Trial
from featcls.search.store import Store

CLASSES = ["blank", "no-crystal", "weak", "good", "strong"]
EXTRACTORS = ("glcm", "lbp", "intensity", "spots", "ccf")
CLASSIFIERS = ("rf", "svm", "xgboost", "histgb", "logreg", "knn")
FRAMES = 2400  # of validation, and of test


class Report:
    """A run of n trials on 2,400 validation and 2,400 test frames of 5 classes."""

    params = ([100, 1000],)
    param_names = ("n_trials",)

    def setup(self, n_trials):
        self.folder = Path(tempfile.mkdtemp())
        make_run(self.folder / "run", n_trials)

    def teardown(self, n_trials):
        shutil.rmtree(self.folder)

    def time_report(self, n_trials):
        write(Run.open(self.folder / "run"))

    def track_bytes_of_the_report(self, n_trials):
        return write(Run.open(self.folder / "run")).stat().st_size

    def time_line_in_the_list(self, n_trials):
        Story(Run.open(self.folder / "run"))


def make_run(path, n_trials):
    """Write a run directory as a search leaves it, every trial made up."""
    rng = np.random.default_rng(0)
    run = Run.create(path)
    y = np.arange(FRAMES) % len(CLASSES)
    trials = [_trial(tid, rng) for tid in range(n_trials)]
    for trial in trials:
        np.save(path / "scores" / f"{trial.tid}.npy", _scores(y, 1 - trial.loss, rng))
    np.save(path / "scores" / "test.npy", _scores(y, 0.95, rng))
    told = {
        role: {"frame_ids": [f"{role}/{i:05d}.png" for i in range(FRAMES)], "y": y.tolist()}
        for role in ("validation", "test")
    }
    (path / "scores" / "frames.json").write_text(json.dumps(told))
    with Store(path / "trials.sqlite") as store:
        store._db.execute("BEGIN")  # one wait for the disk, not a thousand
        for trial in trials:
            store.put(trial)
        store._db.execute("COMMIT")
    run.save(**_info(trials, run, y))


def _trial(tid, rng):
    names = rng.choice(EXTRACTORS, rng.integers(1, 4), replace=False)
    quality = 0.8 + 0.15 * rng.beta(2, 1 + 3 * np.exp(-tid / 200))
    config = {
        "preprocess": [],
        "extractors": [
            {
                "name": str(name),
                "preprocess": [],
                "params": {"P": int(rng.choice([8, 16, 24])), "R": float(rng.uniform(1, 3))},
            }
            for name in sorted(names)
        ],
        "scale": "standard",
        "classifier": {
            "name": str(rng.choice(CLASSIFIERS)),
            "params": {"C": float(rng.lognormal()), "depth": int(rng.integers(2, 12))},
        },
    }
    return Trial(
        tid,
        config_id=f"{tid:016x}",
        config=config,
        state="ok",
        loss=1 - quality,
        metrics={"balanced_accuracy": quality, "folds": [quality], "ms": float(rng.lognormal(1))},
        told=tid,
        seconds=float(rng.lognormal()),
        timings={"extract": 0.1, "fit": 1.0},
    )


def _scores(y, quality, rng):
    k = len(CLASSES)
    other = (y + rng.integers(1, k, size=len(y))) % k
    said = np.where(rng.random(len(y)) < quality, y, other)
    scores = 0.1 + 0.5 * np.eye(k)[said] + 0.4 * rng.random((len(y), k))
    return scores / scores.sum(axis=1, keepdims=True)


def _info(trials, run, y):
    best = min(trials, key=lambda trial: trial.loss)
    judged = report(run.scores("test"), y, CLASSES)
    return {
        "schema_version": 1,
        "name": run.path.name,
        "status": "finished",
        "created_utc": "2026-01-01T12:00:00+00:00",
        "seconds": 3600.0,
        "seed": 0,
        "space": "default@1",
        "space_id": "0" * 64,
        "metric": "balanced_accuracy",
        "objective": {"kind": "validation", "n_splits": 1},
        "task": {"plugins": []},
        "dataset": {
            "spec": {"source": "gone", "reader": None, "options": {}, "select": {}},
            "dataset_id": "1" * 64,
            "pixels_id": "2" * 64,
            "n": 2 * len(y),
            "classes": CLASSES,
            "counts": {},
            "roles": {"train": 0, "validation": len(y), "test": len(y)},
        },
        "best": {
            "tid": best.tid,
            "config_id": best.config_id,
            "config": best.config,
            "value": 1 - best.loss,
            "metrics": best.metrics,
        },
        "validation": judged,
        "test": judged,
        "baselines": [],
    }
