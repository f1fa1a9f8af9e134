"""The forest of featcls says what scikit-learn's says, bit for bit."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier

from featcls.classifiers.forest import Forest

rng = np.random.default_rng(0)
X = rng.normal(size=(200, 6))
TARGETS = {
    "classes": rng.integers(0, 5, 200),
    "labels": rng.integers(0, 2, (200, 3)),
    "unequal": np.stack([rng.integers(0, 2, 200), rng.integers(0, 4, 200)], axis=1),
}


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("rows", [1, 7, 200])
def test_probabilities_are_those_of_scikit_learn(target: str, rows: int) -> None:
    ours = Forest(12, max_depth=6, random_state=1).fit(X, TARGETS[target])
    peer = RandomForestClassifier(12, max_depth=6, random_state=1).fit(X, TARGETS[target])
    got, wanted = ours.predict_proba(X[:rows]), peer.predict_proba(X[:rows])
    assert type(got) is type(wanted)
    for a, b in zip(got, wanted, strict=True):
        np.testing.assert_array_equal(a, b, strict=True)


def test_a_forest_is_cloned_pickled_and_refuses_rows_of_another_width() -> None:
    forest = Forest(3, random_state=0).fit(X, TARGETS["classes"])
    assert clone(forest).get_params() == forest.get_params()
    again = pickle.loads(pickle.dumps(forest))  # noqa: S301  # our own bytes
    np.testing.assert_array_equal(again.predict_proba(X), forest.predict_proba(X))
    with pytest.raises(ValueError, match="5 features"):
        forest.predict_proba(X[:, :5])
