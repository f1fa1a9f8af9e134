import json

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn import metrics as peer

from featcls.errors import DataError
from featcls.evaluate import interval, measure, report, wilson
from featcls.evaluate.exclusive import exclusive_groups

SINGLE = ("balanced_accuracy", "accuracy", "macro_f1", "log_loss", "brier", "roc_auc")
SEVERAL = ("macro_f1", "brier", "roc_auc", "micro_accuracy", "micro_precision", "micro_recall")


def drawn(k, n=200, seed=0):
    rng = np.random.default_rng(seed)
    y = np.arange(n) % k
    scores = rng.dirichlet(np.ones(k), n) + 0.4 * np.eye(k)[y]
    return scores / scores.sum(axis=1, keepdims=True), y


def labelled(n=200, k=4, seed=0):
    rng = np.random.default_rng(seed)
    y = (rng.random((n, k)) < [0.5, 0.3, 0.2, 0.1]).astype(np.uint8)
    return 0.4 * y + 0.6 * rng.random((n, k)), y


@pytest.mark.parametrize("k", [2, 3, 7])
def test_a_report_of_classes_agrees_with_scikit_learn(k):
    scores, y = drawn(k)
    names = [f"class {i}" for i in range(k)]
    got = report(scores, y, names)
    guess = scores.argmax(axis=1)
    assert got["confusion"] == peer.confusion_matrix(y, guess).tolist()
    precision, recall, f1, n = peer.precision_recall_fscore_support(y, guess)
    assert [row["class"] for row in got["per_class"]] == names
    for key, column in (("precision", precision), ("recall", recall), ("f1", f1), ("n", n)):
        assert_allclose([row[key] for row in got["per_class"]], column)
    assert set(got["metrics"]) == set(SINGLE)
    assert got["n"] == 200


def test_a_report_of_labels_has_the_metrics_of_labels():
    scores, y = labelled()
    got = report(scores, y, list("abcd"))
    assert set(got["metrics"]) == set(SEVERAL)
    assert "confusion" not in got
    precision, recall, _, n = peer.precision_recall_fscore_support(y, scores >= 0.5)
    for key, column in (("precision", precision), ("recall", recall), ("n", n)):
        assert_allclose([row[key] for row in got["per_class"]], column)


def test_what_is_undefined_in_a_report_is_none():
    got = report(np.array([[0.9, 0.1, 0.0]]), np.array([0]), list("abc"))
    assert got["per_class"][2] == {
        "class": "c",
        "n": 0,
        "precision": None,
        "recall": None,
        "f1": None,
        "recall_interval": None,
    }
    assert "roc_auc" not in got["metrics"]
    json.dumps(got, allow_nan=False)


@pytest.mark.parametrize("y", [np.zeros(3, int), np.zeros(0, int)])
def test_a_report_wants_a_score_for_each_row_and_class(y):
    with pytest.raises(ValueError, match="scores have shape"):
        report(np.zeros((len(y), 3)), y, ["a", "b"])


def test_the_interval_of_a_share_is_wilsons():
    from scipy.stats import binomtest

    for right, n in ((0, 5), (5, 5), (81, 263), (9, 10)):
        wanted = binomtest(right, n).proportion_ci(0.95, "wilson")
        assert wilson(right, n) == pytest.approx(tuple(wanted), abs=1e-12)
    assert wilson(0, 0) is None


def test_intervals_hold_the_truth_as_often_as_they_say():
    recalls, n, rng = np.array([0.95, 0.8, 0.6]), [200, 40, 60], np.random.default_rng(0)
    y = np.repeat(np.arange(3), n)
    hits = dict.fromkeys(("balanced_accuracy", "accuracy"), 0)
    truth = {"balanced_accuracy": recalls.mean(), "accuracy": recalls[y].mean()}
    for _ in range(200):
        right = rng.random(len(y)) < recalls[y]
        scores = np.eye(3)[np.where(right, y, (y + 1) % 3)]
        for name in hits:
            low, high = interval(name, scores, y, "abc")
            hits[name] += low <= truth[name] <= high
    assert all(0.92 <= count / 200 <= 0.99 for count in hits.values()), hits


def test_resampled_intervals_hold_the_truth_about_as_often_as_they_say():
    rng, held = np.random.default_rng(0), {"brier": 0, "micro_precision": 0}
    many_scores, many_y = labelled(200_000, seed=1)
    truth = {name: measure(name, many_scores, many_y, "abcd") for name in held}
    for _ in range(60):
        scores, y = labelled(150, seed=int(rng.integers(1 << 30)))
        for name in held:
            low, high = interval(name, scores, y, "abcd")
            held[name] += low <= truth[name] <= high
    assert all(52 <= count <= 60 for count in held.values()), held


def test_the_wanted_metric_stands_in_a_report_with_its_interval():
    scores, y = drawn(3)
    got = report(scores, y, "abc", metric="recall@b")
    row = got["per_class"][1]
    assert got["metrics"]["recall@b"] == row["recall"]
    assert tuple(got["intervals"]["recall@b"]) == row["recall_interval"]
    low, high = report(scores, y, "abc", metric="log_loss")["intervals"]["log_loss"]
    assert low < got["metrics"]["log_loss"] < high


def test_labels_that_exclude_one_another_are_counted(tmp_path):
    manifest = tmp_path / "manifest.csv"
    (tmp_path / "manifest.csv.exclusive").write_text("round; long\n\nring;long;round\n")
    groups = exclusive_groups(manifest, ["round", "long", "ring"])
    assert groups == (("round", "long"), ("ring", "long", "round"))
    assert exclusive_groups(tmp_path, ["round", "long", "ring"]) == groups
    y = np.array([[1, 0, 1], [1, 0, 0], [0, 0, 0]], np.uint8)
    scores = np.array([[0.9, 0.6, 0.1], [0.7, 0.1, 0.1], [0.1, 0.7, 0.6]])
    got = report(scores, y, ["round", "long", "ring"], exclusive=groups)["exclusivity"]
    assert [(row["predicted"], row["labelled"]) for row in got] == [(1, 0), (2, 1)]


@pytest.mark.parametrize(
    ("text", "message"),
    [("round;oval", "line 1: no label named 'oval'"), ("\nround", "line 2 names one label")],
)
def test_groups_that_cannot_be_meant_are_refused(tmp_path, text, message):
    (tmp_path / "m.csv.exclusive").write_text(text)
    with pytest.raises(DataError, match=message):
        exclusive_groups(tmp_path / "m.csv", ["round", "long"])


def test_no_file_declares_no_groups(tmp_path):
    assert exclusive_groups(tmp_path / "m.csv", ["a"]) == exclusive_groups(None, ["a"]) == ()
