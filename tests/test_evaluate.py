import json

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn import metrics as peer

from featcls.errors import UsageError
from featcls.evaluate import METRICS, report, wilson

SINGLE = ("balanced_accuracy", "accuracy", "macro_f1", "log_loss", "brier", "roc_auc")
SEVERAL = ("macro_f1", "brier", "roc_auc", "micro_accuracy", "micro_precision", "micro_recall")


def value(name, scores, y):
    return METRICS[name][0](np.asarray(scores, float), np.asarray(y))


def drawn(k, n=200, seed=0):
    rng = np.random.default_rng(seed)
    y = np.arange(n) % k
    scores = rng.dirichlet(np.ones(k), n) + 0.4 * np.eye(k)[y]
    return scores / scores.sum(axis=1, keepdims=True), y


@pytest.mark.parametrize("k", [2, 3, 7])
def test_metrics_of_classes_are_scikit_learns(k):
    scores, y = drawn(k)
    guess = scores.argmax(axis=1)
    wanted = {
        "accuracy": peer.accuracy_score(y, guess),
        "balanced_accuracy": peer.balanced_accuracy_score(y, guess),
        "macro_f1": peer.f1_score(y, guess, average="macro"),
        "log_loss": peer.log_loss(y, scores),
        "brier": sum(peer.brier_score_loss(y == c, scores[:, c]) for c in range(k)),
        "roc_auc": peer.roc_auc_score(y, scores[:, 1] if k == 2 else scores, multi_class="ovr"),
    }
    assert {name: value(name, scores, y) for name in wanted} == pytest.approx(wanted, rel=1e-12)


def labelled(n=200, k=4, seed=0):
    rng = np.random.default_rng(seed)
    y = (rng.random((n, k)) < [0.5, 0.3, 0.2, 0.1]).astype(np.uint8)
    return 0.4 * y + 0.6 * rng.random((n, k)), y


def test_metrics_of_labels_are_scikit_learns():
    scores, y = labelled()
    guess = (scores >= 0.5).astype(int)
    wanted = {
        "micro_accuracy": 1 - peer.hamming_loss(y, guess),
        "micro_precision": peer.precision_score(y, guess, average="micro"),
        "micro_recall": peer.recall_score(y, guess, average="micro"),
        "macro_f1": peer.f1_score(y, guess, average="macro"),
        "roc_auc": peer.roc_auc_score(y, scores, average="macro"),
    }
    assert {name: value(name, scores, y) for name in wanted} == pytest.approx(wanted, rel=1e-12)


def test_perfect_scores_have_perfect_metrics():
    y = np.arange(12) % 3
    for name in SINGLE:
        assert value(name, np.eye(3)[y], y) == pytest.approx(float(METRICS[name][1]), abs=1e-12)
    several = np.eye(3, dtype=np.uint8)[y]
    for name in SEVERAL:
        assert value(name, several, several) == pytest.approx(float(METRICS[name][1]))


@pytest.mark.parametrize("name", METRICS)
def test_better_scores_move_a_metric_the_stated_way(name):
    scores, y = drawn(3) if name in SINGLE else labelled()
    truth = np.eye(3)[y] if y.ndim == 1 else y
    better = 0.3 * scores + 0.7 * truth
    gain = value(name, better, y) - value(name, scores, y)
    assert (gain > 0) == METRICS[name][1]
    assert gain != 0


def test_a_class_that_does_not_occur_counts_for_nothing():
    scores, y = drawn(3)
    wider = np.insert(scores, 1, 0.0, axis=1)
    for name in SINGLE:
        moved = np.array([0, 2, 3])[y]
        assert value(name, wider, moved) == pytest.approx(value(name, scores, y), rel=1e-12)


def test_a_true_class_that_scores_0_costs_much_and_not_all():
    assert value("log_loss", [[1.0, 0.0]], [1]) == pytest.approx(-np.log(2.0**-52))


def test_no_predicted_label_has_precision_0():
    assert value("micro_precision", [[0.1, 0.2]], np.array([[1, 0]], np.uint8)) == 0


@pytest.mark.parametrize("name", sorted(set(SINGLE) - set(SEVERAL)))
def test_metrics_of_one_class_refuse_several_labels(name):
    with pytest.raises(UsageError, match="wants one label a frame"):
        value(name, *labelled())


@pytest.mark.parametrize("name", sorted(set(SEVERAL) - set(SINGLE)))
def test_metrics_of_labels_refuse_classes(name):
    with pytest.raises(UsageError, match="wants several labels"):
        value(name, *drawn(3))


def test_a_metric_without_what_it_compares_is_refused():
    scores = np.full((4, 2), 0.5)
    with pytest.raises(UsageError, match="two classes"):
        value("roc_auc", scores, np.zeros(4, int))
    for name in ("macro_f1", "micro_recall"):
        with pytest.raises(UsageError, match="a label that occurs"):
            value(name, scores, np.zeros((4, 2), np.uint8))


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
    for _ in range(400):
        right = rng.random(len(y)) < recalls[y]
        intervals = report(np.eye(3)[np.where(right, y, (y + 1) % 3)], y, list("abc"))["intervals"]
        for name in hits:
            low, high = intervals[name]
            hits[name] += low <= truth[name] <= high
    assert all(0.92 <= count / 400 <= 0.99 for count in hits.values()), hits
