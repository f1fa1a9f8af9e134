import json
import math

import numpy as np
import pytest
from scipy.stats import beta, binomtest, norm

from featcls.errors import DataError, UsageError
from featcls.operating_point import (
    OperatingPoint,
    are_hits,
    choose,
    hit_scores,
    hits_needed,
    lost_bound,
)

CLASSES = ("miss", "weak", "good")


def test_the_bound_is_clopper_and_pearsons():
    for lost, n in ((0, 30), (3, 40), (12, 13)):
        wanted = binomtest(lost, n).proportion_ci(0.9, "exact").high  # two-sided
        assert lost_bound(lost, n, 0.95) == pytest.approx(wanted, rel=1e-9)
    assert lost_bound(5, 5) == 1.0


@pytest.mark.parametrize(("share", "confidence", "n"), [(0.01, 0.95, 299), (0.1, 0.9, 22)])
def test_as_many_hits_are_needed_as_prove_the_bound_with_none_lost(share, confidence, n):
    assert hits_needed(share, confidence) == n
    assert lost_bound(0, n, confidence) <= share < lost_bound(0, n - 1, confidence)


def test_too_few_hits_are_refused_with_the_number_needed():
    score, hit = np.linspace(0, 1, 400), np.arange(400) >= 102
    with pytest.raises(DataError, match=r"298 hits cannot show .* 299 are needed"):
        choose(score, hit, ["good"], 0.01)
    hit[0] = True
    assert choose(score, hit, ["good"], 0.01).n_lost == 0


@pytest.mark.parametrize("n_hits", [299, 473, 1000, 5000])
def test_the_threshold_is_the_highest_that_keeps_to_the_bound(n_hits):
    rng = np.random.default_rng(n_hits)
    score = rng.random(n_hits + 500)
    hit = np.arange(len(score)) < n_hits
    point = choose(score, hit, ["good"], 0.01)
    assert point.n_lost == (score[hit] < point.threshold).sum()
    assert point.bound <= 0.01 < lost_bound(point.n_lost + 1, n_hits)
    kept = (score >= point.threshold).sum()
    assert point.reduction == pytest.approx(1 - kept / len(score))
    assert point.n_kept_misses == (score[~hit] >= point.threshold).sum()


def test_the_realised_loss_is_as_stated_in_95_of_100_resamples():
    # Scores of hits are normal, so the share that a threshold loses is known exactly.
    rng, within = np.random.default_rng(0), 0
    for _ in range(1000):
        score = rng.normal(1.0, 1.0, 700)
        point = choose(score, np.ones(700, bool), ["good"], 0.02)
        within += norm.cdf(point.threshold, 1.0, 1.0) <= 0.02
    # The chance is 1 - P(Beta(lost + 1, n - lost) > 0.02), at least 95 %.
    expected = beta.cdf(0.02, point.n_lost + 1, 700 - point.n_lost)
    assert expected >= 0.95
    assert abs(within / 1000 - expected) < 4 * math.sqrt(expected * (1 - expected) / 1000)


def test_equal_scores_are_lost_or_kept_together():
    score = np.repeat([0.2, 0.8], [40, 460])  # 40 of 500 hits share the lowest score
    point = choose(score, np.ones(500, bool), ["good"], 0.05)
    assert point.threshold == pytest.approx(0.2, abs=1e-5)
    assert point.n_lost == 0


def test_classes_make_up_a_hit_together():
    scores = np.array([[0.5, 0.3, 0.2], [0.1, 0.9, 0.6]])
    assert hit_scores(scores, CLASSES, ["good", "weak"]).tolist() == [0.5, 1.5]
    assert hit_scores(scores, CLASSES, ["good", "weak"], multilabel=True).tolist() == [0.3, 0.9]
    assert are_hits(np.array([0, 1, 2]), CLASSES, ["good"]).tolist() == [False, False, True]
    several = np.array([[1, 0, 0], [0, 1, 1]])
    assert are_hits(several, CLASSES, ["good", "weak"]).tolist() == [False, True]


@pytest.mark.parametrize(
    ("hit_classes", "message"),
    [(["god"], "did you mean 'good'"), ([], "0 of 3 classes"), (CLASSES, "3 of 3 classes")],
)
def test_hit_classes_that_cannot_be_meant_are_refused(hit_classes, message):
    with pytest.raises(UsageError, match=message):
        are_hits(np.zeros(3, int), CLASSES, hit_classes)


@pytest.mark.parametrize("share", [0.0, 1.0, -1.0, float("nan")])
def test_shares_outside_0_and_1_are_refused(share):
    with pytest.raises(UsageError, match="max_lost_hits is"):
        hits_needed(share)
    with pytest.raises(UsageError, match="confidence is"):
        hits_needed(0.1, share)


def test_a_point_goes_through_json_and_is_checked():
    point = choose(np.arange(400.0), np.arange(400) >= 100, ["good"], 0.01)
    document = json.loads(json.dumps(point.document()))
    assert OperatingPoint.of(document) == point
    for wrong in ({"threshold": float("nan")}, {"n_lost": 301}, {"confidence": 2}, {"n_hits": 0}):
        with pytest.raises(ValueError, match="operating point is"):
            OperatingPoint.of(document | wrong)


def test_the_reduction_counts_all_frames_that_are_not_kept():
    point = OperatingPoint(("good",), 0.01, 0.95, 0.3, 300, 0, 0.0099, 700, 70)
    assert point.reduction == pytest.approx(0.63)
