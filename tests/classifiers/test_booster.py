"""The booster of featcls says what scikit-learn's says, bit for bit."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.exceptions import NotFittedError

from featcls.classifiers.booster import FEW, Booster

rng = np.random.default_rng(0)
X = rng.normal(size=(200, 6))


@pytest.mark.parametrize("n_classes", [2, 4])
@pytest.mark.parametrize("rows", [0, 1, 7, FEW, FEW + 1])
def test_probabilities_are_those_of_scikit_learn(n_classes, rows):
    settings = {"max_iter": 12, "random_state": 1, "max_leaf_nodes": 9}
    y = rng.integers(0, n_classes, len(X))
    ours = Booster(**settings).fit(X, y)
    peer = HistGradientBoostingClassifier(**settings).fit(X, y)
    tried = np.where(rng.random((rows, 6)) < 0.2, X[:rows], 3 * rng.normal(size=(rows, 6)))
    if not rows:
        with pytest.raises(ValueError, match="0 sample"):
            peer.predict_proba(tried)
        with pytest.raises(ValueError, match="0 sample"):
            ours.predict_proba(tried)
        return
    assert_array_equal(ours.predict_proba(tried), peer.predict_proba(tried), strict=True)
    tried[0, 0] = np.nan
    assert_array_equal(ours.predict_proba(tried), peer.predict_proba(tried), strict=True)


def test_a_booster_fitted_anew_forgets_its_trees():
    booster = Booster(max_iter=3)
    first = booster.fit(X, X[:, 0] > 0).predict_proba(X[:5])
    second = booster.fit(X, X[:, 0] < 0).predict_proba(X[:5])
    assert_array_equal(first.argmax(axis=1), 1 - second.argmax(axis=1))


def test_a_booster_is_cloned_pickled_and_refuses_what_it_cannot_take():
    booster = Booster(max_iter=3).fit(X, X[:, 0] > 0)
    assert clone(booster).get_params() == booster.get_params()
    with pytest.raises(NotFittedError):
        clone(booster).predict_proba(X[:1])
    again = pickle.loads(pickle.dumps(booster))  # noqa: S301  # our own bytes
    assert_array_equal(again.predict_proba(X[:3]), booster.predict_proba(X[:3]))
    with pytest.raises(ValueError, match="5 features"):
        booster.predict_proba(X[:1, :5])
