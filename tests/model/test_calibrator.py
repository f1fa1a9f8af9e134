import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.isotonic import IsotonicRegression

from featcls.classifiers import npy
from featcls.errors import ModelError
from featcls.model.calibrator import METHODS, fit, load


def overconfident(n=4000, seed=0):
    """Scores whose logits are three times too large, with their labels and probabilities."""
    rng = np.random.default_rng(seed)
    logit = rng.normal(0, 1.5, n)
    p = 1 / (1 + np.exp(-logit))
    hit = rng.random(n) < p
    score = 1 / (1 + np.exp(-3 * logit))
    return np.stack([1 - score, score], 1), np.stack([~hit, hit], 1), np.stack([1 - p, p], 1)


@pytest.mark.parametrize("method", METHODS)
def test_calibrated_scores_are_the_probabilities(method):
    scores, truth, _ = overconfident(20_000)
    calibrator = fit(method, scores, truth)
    new, _, wanted = overconfident(seed=1)
    assert np.abs(new - wanted).mean() > 0.1
    assert np.abs(calibrator(new) - wanted).mean() < 0.02
    assert_allclose(calibrator(new).sum(axis=1), 1)
    assert_array_equal(calibrator(new, True).shape, new.shape)


def test_sigmoid_finds_the_factor():
    scores, truth, _ = overconfident(20_000)
    assert_allclose(fit("sigmoid", scores, truth).arrays["slope"], 1 / 3, rtol=0.1)


def test_isotonic_is_scikit_learns():
    scores, truth, _ = overconfident(300)
    line = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip").fit(
        scores[:, 1], truth[:, 1]
    )
    grid = np.linspace(0, 1, 50)
    got = fit("isotonic", scores, truth)(np.stack([1 - grid, grid], 1), multilabel=True)
    assert_allclose(got[:, 1], line.predict(grid), atol=1e-12)


@pytest.mark.parametrize("method", METHODS)
def test_a_class_that_never_occurs_keeps_its_scores_and_nothing_divides_by_0(method):
    scores = np.array([[0.7, 0.2, 0.1], [0.4, 0.5, 0.1], [0.3, 0.6, 0.1], [0.8, 0.1, 0.1]])
    truth = np.eye(3)[[0, 1, 1, 0]]
    calibrator = fit(method, scores, truth)
    assert_allclose(calibrator(scores, True)[:, 2], 0.1)
    empty = calibrator(np.zeros((1, 3)))
    assert np.isfinite(empty).all()


@pytest.mark.parametrize("method", METHODS)
def test_it_comes_back_from_its_bytes_to_the_last_bit(method):
    scores, truth, _ = overconfident(500)
    calibrator = fit(method, scores, truth)
    again = load(method, calibrator.dump(), 2)
    assert_array_equal(again(scores), calibrator(scores))


FORGED = {
    "too few slopes": ("sigmoid", {"slope": [1.0], "intercept": [0.0, 1.0]}),
    "not finite": ("sigmoid", {"slope": [1.0, np.inf], "intercept": [0.0, 1.0]}),
    "falling": ("isotonic", {"x": [0.0, 1, 0, 1], "y": [0.5, 0.1, 0, 1], "counts": [2, 2]}),
    "above 1": ("isotonic", {"x": [0.0, 1, 0, 1], "y": [0.5, 7, 0, 1], "counts": [2, 2]}),
    "counts that run over": ("isotonic", {"x": [0.0, 1], "y": [0.5, 0.6], "counts": [2, 2]}),
    "an empty line": ("isotonic", {"x": [0.0, 1], "y": [0.5, 0.6], "counts": [2, 0]}),
    "negative counts": ("isotonic", {"x": [0.0, 1], "y": [0.5, 0.6], "counts": [3, -1]}),
    "another method": ("spline", {"x": [0.0]}),
}


@pytest.mark.parametrize("name", FORGED)
def test_arrays_that_are_no_calibration_are_refused(name):
    method, arrays = FORGED[name]
    with pytest.raises(ModelError, match="its calibration"):
        load(method, npy.pack(arrays), 2)


def test_counts_whose_sum_wraps_around_are_refused():
    most = np.iinfo(np.int64).max
    arrays = {"x": [0.0, 1], "y": [0.5, 0.6], "counts": [most, most, 4]}
    with pytest.raises(ModelError, match="its calibration"):
        load("isotonic", npy.pack(arrays), 3)
