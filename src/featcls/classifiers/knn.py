"""Nearest neighbours, scikit-learn's, with Euclidean distances."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from featcls.classifiers import npy
from featcls.errors import ModelError
from featcls.hookspecs import RegisterClassifier, hookimpl
from featcls.spaces import Choice, Integer

featcls_api = 1

SPACE = {
    "n_neighbors": Integer(1, 50, default=5, log=True),
    "weights": Choice("uniform", "distance"),
}


def make(**params: Any) -> Any:
    """Return an unfitted nearest-neighbour classifier."""
    from sklearn.neighbors import KNeighborsClassifier

    return KNeighborsClassifier(algorithm="brute", **params)


def save(model: Any) -> dict[str, bytes]:
    """Return the training rows and their codes, which are all there is to know."""
    return npy.pack({"X": model._fit_X, "y": _codes(model)})


def load(members: Mapping[str, bytes], params: Mapping[str, Any]) -> Any:
    """Fit again: with brute force that only stores the rows."""
    arrays = npy.unpack(members, {"X": ("<f8", 2), "y": ("<i8", 2)})
    X, y = arrays["X"], arrays["y"]
    if len(X) != len(y):
        raise ModelError(f"the neighbours are {len(X)} rows with {len(y)} labels")
    return make(**params).fit(X, y if y.shape[1] > 1 else y[:, 0])


def _codes(model: Any) -> Any:
    if isinstance(model.classes_, list):
        columns = [c[codes] for c, codes in zip(model.classes_, model._y.T, strict=True)]
        return np.stack(columns, axis=1).astype(np.int64)
    return model.classes_[model._y].astype(np.int64)[:, None]


@hookimpl
def register_classifiers(register: RegisterClassifier) -> None:
    register("knn", make, params=SPACE, multilabel=True, save=save, load=load)
