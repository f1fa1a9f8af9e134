"""scikit-learn's random forest, without a task a tree where a sum over trees will do."""

from functools import cache
from typing import Any


@cache
def forest_class() -> Any:
    """Return the class `Forest`; made when it is first asked for, as scikit-learn is heavy."""
    import numpy as np
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.utils.validation import check_is_fitted

    class Forest(RandomForestClassifier):  # type: ignore[misc]  # scikit-learn is not annotated
        """A random forest whose probabilities cost what its trees cost.

        scikit-learn sends every tree through a scheduler, a check of the input and a copy:
        5 ms a call for 100 trees, however few the rows. Here the input is checked once and the
        trees are asked one after another. They are added in the same order, so the sums are
        the same bits.
        """

        def predict_proba(self, X: Any) -> Any:
            """Return the mean of all trees, (n, k); a list of them for several labels."""
            check_is_fitted(self)
            X = self._validate_X_predict(X)
            total: Any = 0.0
            for tree in self.estimators_:
                total = total + tree.tree_.predict(X)  # (n, k), or (n, outputs, k)
            mean = total / len(self.estimators_)
            if self.n_outputs_ == 1:
                return mean[:, : self.n_classes_].astype(np.float64, copy=False)
            return [mean[:, i, :k] for i, k in enumerate(self.n_classes_)]

    Forest.__qualname__ = "Forest"
    return Forest


def __getattr__(name: str) -> Any:
    """Let pickle, which looks classes up by name, find `Forest`."""
    if name == "Forest":
        return forest_class()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
