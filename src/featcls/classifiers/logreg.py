"""Logistic regression, scikit-learn's: one softmax over the classes."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from featcls.classifiers import npy
from featcls.errors import ModelError
from featcls.hookspecs import RegisterClassifier, hookimpl
from featcls.spaces import Choice, Integer, LogUniform

featcls_api = 1

SPACE = {
    "C": LogUniform(1e-3, 1e3, default=1.0),
    "max_iter": Integer(100, 10_000, default=1000),
    "class_weight": Choice(None, "balanced", {}),
}


def make(random_state: int = 0, **params: Any) -> Any:
    """Return an unfitted logistic regression."""
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(random_state=random_state, **params)


def save(model: Any) -> dict[str, bytes]:
    """Return a fitted regression as arrays."""
    return npy.pack({"coef": model.coef_, "intercept": model.intercept_})


def load(members: Mapping[str, bytes], params: Mapping[str, Any]) -> Any:
    """Rebuild a regression."""
    arrays = npy.unpack(members, {"coef": ("<f8", 2), "intercept": ("<f8", 1)})
    rows, n_features = arrays["coef"].shape
    if len(arrays["intercept"]) != rows or rows < 1:
        raise ModelError(f"the regression has {rows} rows, {len(arrays['intercept'])} intercepts")
    if not all(np.isfinite(array).all() for array in arrays.values()):
        raise ModelError("the regression holds numbers that are not finite")
    model = make(**params)
    model.coef_, model.intercept_ = arrays["coef"], arrays["intercept"]
    model.classes_ = np.arange(rows if rows > 1 else 2)
    model.n_features_in_ = n_features
    return model


@hookimpl
def register_classifiers(register: RegisterClassifier) -> None:
    register("logreg", make, params=SPACE, class_weight="param", save=save, load=load)
