"""Runs made by hand: what a report has to cope with, without a search."""

import json

import numpy as np
import pytest

from featcls.dataset import from_arrays
from featcls.evaluate import report
from featcls.search import Run, Trial

EXTRACTORS = (("glcm",), ("lbp",), ("intensity",), ("glcm", "lbp"), ("lbp", "sift_bovw", "spots"))
CLASSES = ("blank", "no-crystal", "weak", "good", "strong")
CLASSIFIERS = ("rf", "svm", "xgboost", "logreg", "knn")


class MadeRun(Run):
    """A run directory whose history is made, not stored."""

    @property
    def trials(self):
        return self.made


@pytest.fixture
def make_run(tmp_path):
    """Return a function that makes a run of n trials on k classes, with what is asked changed."""

    def make(n=40, classes=CLASSES, multilabel=False, **info):
        rng = np.random.default_rng(7)
        trials = [_trial(tid, rng) for tid in range(n)]
        succeeded = [t for t in trials if t.state == "ok"]
        board = sorted(succeeded, key=lambda trial: trial.loss)
        best = board[0] if board else None
        found = best and {
            "tid": best.tid,
            "config_id": best.config_id,
            "config": best.config,
            "value": best.metrics["balanced_accuracy"],
            "metrics": best.metrics,
        }
        path = tmp_path / info.get("name", "made").replace("/", "-")
        run = MadeRun(path)
        (path / "scores").mkdir(parents=True, exist_ok=True)
        seen, kept = (judged(list(classes), rng, multilabel) for _ in range(2))
        run.info = {**_info(list(classes), seen, kept), "best": found, **info}
        run.made = trials
        run.info["dataset"]["spec"] = _pictures(path / "data", rng)
        _keep(run, seen, kept, board[:20])
        return run

    return make


def _trial(tid, rng):
    extractors = EXTRACTORS[rng.integers(len(EXTRACTORS))]
    classifier = CLASSIFIERS[rng.integers(len(CLASSIFIERS))]
    config = {
        "preprocess": [],
        "extractors": [
            {"name": name, "preprocess": [], "params": {"P": 8, "R": 1.0}} for name in extractors
        ],
        "scale": "standard",
        "classifier": {"name": classifier, "params": {"C": float(rng.lognormal())}},
    }
    if tid % 13 == 7:
        return Trial(
            tid,
            config_id=f"{tid:016x}",
            config=config,
            state="failed",
            seconds=30.0,
            reason="timed out after 30 s; raise --trial-timeout",
        )
    value = min(0.995, 0.99 - 0.35 * rng.beta(1, 6) * np.exp(-tid / 60) * 2)
    return Trial(
        tid,
        config_id=f"{tid:016x}",
        config=config,
        state="ok",
        loss=1 - value,
        metrics={
            "balanced_accuracy": value,
            "accuracy": value,
            "macro_f1": value,
            "log_loss": 0.1,
            "folds": [value - 0.01, value + 0.005],
        },
        seconds=float(rng.lognormal(1)),
        timings={"extract": float(rng.lognormal(0)), "fit": float(rng.lognormal(1)), "score": 0.2},
    )


def judged(classes, rng, multilabel=False):
    """Return scores and labels of a classifier that is right in 93 of 100 cases, 60 a class."""
    k = len(classes)
    y = np.repeat(np.arange(k), 60)
    guess = np.where(rng.random(60 * k) < 0.93, y, rng.integers(k, size=60 * k))
    said = 0.1 + 0.8 * np.eye(k)[guess] + 0.01 * rng.random((60 * k, k))
    said[:6, :2] = 0.9, 0.89  # in doubt: these have a picture
    return said, np.eye(k)[y].astype(np.uint8) if multilabel else y


def _pictures(folder, rng):
    """Write six small frames with a masked corner."""
    mask = np.zeros((20, 24), bool)
    mask[:5, :5] = True
    labels = list(CLASSES) + ["good"]
    return from_arrays(rng.integers(0, 256, (6, 20, 24), np.uint8), labels, folder, mask=mask)


def _keep(run, seen, kept, trials):
    """Write what a search keeps of the frames it was judged on; six of them have a picture."""
    told = {}
    for role, (_, y) in (("validation", seen), ("test", kept)):
        ids = [f"frames.npz#{i}" if i < 6 else f"{role}/{i}.png" for i in range(len(y))]
        told[role] = {"frame_ids": ids, "y": y.tolist()}
    (run.path / "scores" / "frames.json").write_text(json.dumps(told))
    for trial in trials:
        run.write_scores(trial.tid, seen[0])
    run.write_scores("validation", seen[0])
    if run.info["test"]:
        run.write_scores("test", kept[0])


def _info(classes, seen, kept):
    n = 100 * len(classes)
    return {
        "schema_version": 1,
        "name": "diffranet-default-20260101-120000",
        "status": "finished",
        "command": ["featcls", "search", "DATA", "--space", "default", "--max-evals", "40"],
        "created_utc": "2026-01-01T12:00:00+00:00",
        "finished_utc": "2026-01-01T12:09:31+00:00",
        "seconds": 571.0,
        "seed": 0,
        "space": "default@1",
        "space_id": "0123456789abcdef",
        "metric": "balanced_accuracy",
        "task": {"plugins": []},
        "objective": {"kind": "folds", "n_splits": 5},
        "dataset": {
            "spec": {"source": "DATA", "reader": None},
            "dataset_id": "f" * 64,
            "n": n,
            "classes": classes,
            "counts": {c: 100 for c in classes},
            "drawn": True,
            "roles": {
                "train": n - 60 * len(classes),
                "validation": 0,
                "calibration": 0,
                "test": 60 * len(classes),
            },
        },
        "bad_frames": [{"frame_id": "DATA/good/7.png", "reason": "file ends early"}],
        "left_out": [{"plugin": "xgboost", "reason": "not installed; pip install xgboost-cpu"}],
        "versions": {
            "featcls": "0.1.0",
            "python": "3.11.7",
            "numpy": "2.4.6",
            "plugins": {"extractor.glcm": "featcls 0.1.0 v1"},
        },
        "machine": {"cpus": 2, "platform": "Linux-x86_64"},
        "validation": report(*seen, classes),
        "test": report(*kept, classes),
        "test_looks": ["2026-01-01T12:09:30+00:00"],
        "baselines": [
            {"name": "the commonest class", "value": 0.2, "metrics": {}, "test_value": 0.2},
            {
                "name": "four intensity statistics with rf",
                "value": 0.712,
                "metrics": {},
                "test_value": 0.70,
            },
        ],
    }
