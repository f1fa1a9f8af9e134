"""What a trial's value is made of: seeds, time a frame, labels."""

import importlib.util
import json

import numpy as np
import pytest

from featcls.errors import NoTrialSucceeded, UsageError
from featcls.search import search
from featcls.search.baselines import MAJORITY, NO_LABEL
from featcls.search.pareto import front

FOREST = """
[[extractor]]
name = "intensity"
[[classifier]]
name = "rf"
n_estimators = 3
max_depth = [2, 5]
class_weight = "none"
[[classifier]]
name = "knn"
n_neighbors = 3
weights = "uniform"
"""


@pytest.fixture
def space(tmp_path):
    path = tmp_path / "forest.toml"
    path.write_text(FOREST)
    return str(path)


def run_search(data, space, out, **more):
    return search(data, space=space, out=out, backend="serial", n_splits=2, **more)


def test_a_noisy_config_is_worth_the_mean_over_its_seeds(arrays, space, tmp_path):
    once = run_search(arrays, space, tmp_path / "once", max_evals=8)
    often = run_search(arrays, space, tmp_path / "often", max_evals=8, repeats=3)
    single = {t.config_id: t for t in once.trials}
    kinds = set()
    for trial in often.trials:
        if trial.tid < -1 or trial.config_id not in single:
            continue
        name = trial.config["classifier"]["name"]
        values = trial.metrics["repeats"]
        kinds.add(name)
        assert trial.metrics["balanced_accuracy"] == pytest.approx(np.mean(values))
        assert trial.loss == pytest.approx(1 - np.mean(values))
        # The first seed is that of a search without repeats; knn has nothing to repeat.
        assert values[0] == single[trial.config_id].metrics["balanced_accuracy"]
        assert len(values) == (2 if name == "knn" else 3)
        if name == "rf":
            assert len(set(values)) > 1
    assert kinds == {"rf", "knn"}


def test_a_pipeline_over_the_time_limit_is_a_failed_trial_that_says_so(arrays, space, tmp_path):
    with pytest.raises(NoTrialSucceeded, match=r"TooSlow: takes .* ms a frame here, the limit"):
        run_search(arrays, space, tmp_path / "none", max_evals=3, max_ms=1e-6)
    run = run_search(arrays, space, tmp_path / "all", max_evals=6, max_ms=1e6)
    done = [t for t in run.trials if t.tid >= 0]
    assert all(t.state == "ok" and t.metrics["ms"] > 0 for t in done)
    fastest, best = front(done)[0], front(done)[-1]
    assert fastest.metrics["ms"] == min(t.metrics["ms"] for t in done)
    assert best.loss == min(t.loss for t in done)


def test_times_cannot_be_reproducible(arrays, space, tmp_path):
    with pytest.raises(UsageError, match="no two runs measure the same"):
        run_search(arrays, space, tmp_path / "run", max_ms=5.0, reproducible=True)


@pytest.mark.parametrize("wrong", [{"repeats": 0}, {"max_ms": 0.0}, {"calibration_size": 1.0}])
def test_impossible_settings_are_refused(arrays, space, tmp_path, wrong):
    with pytest.raises(UsageError, match=next(iter(wrong)).replace("_size", " size")):
        run_search(arrays, space, tmp_path / "run", **wrong)


@pytest.mark.parametrize(
    ("metric", "message"),
    [
        ("micro_recall", "micro_recall wants several labels"),
        ("recall@oval", "no class named 'oval'"),
        ("f1", "no metric named 'f1'"),
    ],
)
def test_a_metric_these_labels_cannot_have_is_refused_at_the_start(
    arrays, space, tmp_path, metric, message
):
    with pytest.raises(UsageError, match=message):
        run_search(arrays, space, tmp_path / "run", metric=metric)
    assert not (tmp_path / "run").exists()


CLASSIFIERS = ("rf", "knn", "svm", "xgboost", "histgb", "logreg")
FAST = {"rf": "n_estimators = 5", "xgboost": "n_estimators = 9", "histgb": "max_iter = 9"}


@pytest.fixture
def several(tmp_path):
    """A manifest of 160 images that are bright, rough, both or neither, beside its groups."""
    rng = np.random.default_rng(0)
    lines = ["path,label"]
    for i in range(160):
        bright, rough = i % 2, (i // 2) % 2
        image = 20 + 100 * bright + (1 + 40 * rough) * rng.random((8, 8))
        np.save(tmp_path / f"{i}.npy", image.astype(np.uint8))
        names = [name for name, on in (("bright", bright), ("rough", rough)) if on]
        lines.append(f"{i}.npy,{';'.join(names + ['dark'] * (not bright))}")
    (tmp_path / "manifest.csv").write_text("\n".join(lines) + "\n")
    (tmp_path / "manifest.csv.exclusive").write_text("bright;dark\n")
    return tmp_path / "manifest.csv"


def test_every_classifier_learns_several_labels(several, tmp_path):
    names = [n for n in CLASSIFIERS if n != "xgboost" or importlib.util.find_spec(n)]
    tables = [f'[[classifier]]\nname = "{name}"\n{FAST.get(name, "")}\n' for name in names]
    first = [["intensity", name] for name in names]
    space = tmp_path / "several.toml"
    space.write_text(
        f'first = {json.dumps(first)}\n[[extractor]]\nname = "intensity"\n{"".join(tables)}'
    )
    run = run_search(several, str(space), tmp_path / "run", max_evals=len(names))
    assert run.info["metric"] == "macro_f1"
    values = {t.config["classifier"]["name"]: t.metrics for t in run.trials if t.tid >= 0}
    assert set(values) == set(names)
    assert all(metrics["macro_f1"] > 0.8 for metrics in values.values()), values
    found = run.info["validation"]
    assert {"micro_accuracy", "micro_precision", "micro_recall"} <= set(found["intervals"])
    (row,) = found["exclusivity"]
    assert row["labels"] == ["bright", "dark"]
    assert row["labelled"] == 0
    trivial = {row["tid"]: row["value"] for row in run.info["baselines"]}
    assert trivial[NO_LABEL] == 0
    assert trivial[NO_LABEL] <= trivial[MAJORITY] < run.info["best"]["value"]
    json.dumps(run.info, allow_nan=False)
