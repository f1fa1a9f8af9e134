"""scikit-learn's histogram gradient boosting, without a call a tree where the rows are few."""

from functools import cache
from typing import Any

FEW = 32  # rows; more are quicker tree by tree


@cache
def booster_class() -> Any:
    """Return the class `Booster`; made when it is first asked for, as scikit-learn is heavy."""
    import numpy as np
    from sklearn.ensemble import HistGradientBoostingClassifier

    class Booster(HistGradientBoostingClassifier):  # type: ignore[misc]  # not annotated
        """Gradient boosting whose probabilities of a row or two do not cost a call for each tree.

        scikit-learn asks its trees one after another, 7 us each however few the rows, and there
        are rounds x classes of them. Here few rows walk down all trees at once, a level at a
        time. The values of the leaves are added in the same order, so the sums are the same bits.
        """

        def fit(self, X: Any, y: Any, sample_weight: Any = None, **more: Any) -> Any:
            """Fit as scikit-learn does."""
            self.__dict__.pop("_walked", None)
            return super().fit(X, y, sample_weight, **more)

        def predict_proba(self, X: Any) -> Any:
            """Return the probabilities (n, k)."""
            X = np.asarray(X, np.float64)
            walks = 0 < len(X) <= FEW and "_predictors" in vars(self)
            if walks and X.shape == (len(X), self._n_features) and not np.isnan(X).any():
                return self._loss.predict_proba(self._raw(X))
            return super().predict_proba(X)

        def _raw(self, X: Any) -> Any:
            """Return what the loss makes probabilities of, (n, trees in a round)."""
            if "_walked" not in vars(self):
                self._walked = _joined(self._predictors)
            roots, feature, threshold, left, right, value = self._walked
            rows = np.arange(len(X))[:, None]
            at, before = np.tile(roots, (len(X), 1)), None
            while before is None or not np.array_equal(at, before):
                before = at
                at = np.where(X[rows, feature[at]] <= threshold[at], left[at], right[at])
            steps = value[at].reshape(len(X), len(self._predictors), -1)
            first = np.broadcast_to(self._baseline_prediction, (len(X), steps.shape[2]))[:, None]
            return np.add.accumulate(np.concatenate([first, steps], axis=1), axis=1)[:, -1]

    Booster.__qualname__ = "Booster"
    return Booster


def _joined(rounds: Any) -> Any:
    """Return roots, features, thresholds, children and values of all trees; leaves lead to
    themselves."""
    import numpy as np

    trees = [tree.nodes for round_ in rounds for tree in round_]
    counts = np.array([len(tree) for tree in trees])
    roots = np.cumsum(counts) - counts
    nodes, first = np.concatenate(trees), np.repeat(roots, counts)
    leaf, own = nodes["is_leaf"] != 0, np.arange(len(first))
    children = [np.where(leaf, own, nodes[side] + first) for side in ("left", "right")]
    feature = np.where(leaf, 0, nodes["feature_idx"])
    return roots, feature, nodes["num_threshold"].copy(), *children, nodes["value"].copy()


def __getattr__(name: str) -> Any:
    """Let pickle, which looks classes up by name, find `Booster`."""
    if name == "Booster":
        return booster_class()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
