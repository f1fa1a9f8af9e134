"""Support vector machine with an RBF kernel, scikit-learn's (libsvm)."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from featcls.classifiers import npy
from featcls.errors import ModelError
from featcls.hookspecs import RegisterClassifier, hookimpl
from featcls.spaces import Choice, LogUniform

featcls_api = 1

SPACE = {
    "C": LogUniform(2.0**-5, 2.0**15, default=1.0),
    "gamma": Choice("scale", "auto", *(2.0**k for k in range(-15, 5, 2))),
    "class_weight": Choice(None, "balanced", {}),
}

# libsvm's model as scikit-learn hands it to libsvm, and its name in the file.
_LAYOUT = {
    "support": ("<i4", 1),
    "support_vectors": ("<f8", 2),
    "n_support": ("<i4", 1),
    "dual_coef": ("<f8", 2),
    "intercept": ("<f8", 1),
    "gamma": ("<f8", 1),
}


def make(random_state: int = 0, **params: Any) -> Any:
    """Return an unfitted SVM; its scores are decisions, not probabilities."""
    from sklearn.svm import SVC

    return SVC(random_state=random_state, **params)


def save(machine: Any) -> dict[str, bytes]:
    """Return a fitted SVM as arrays."""
    return npy.pack(
        {
            "support": machine.support_,
            "support_vectors": machine.support_vectors_,
            "n_support": machine._n_support,
            "dual_coef": machine._dual_coef_,
            "intercept": machine._intercept_,
            "gamma": [float(machine._gamma)],
        }
    )


def load(members: Mapping[str, bytes], params: Mapping[str, Any]) -> Any:
    """Rebuild an SVM; libsvm trusts the lengths of its arrays, so they are checked first."""
    arrays = npy.unpack(members, _LAYOUT)
    n_support, vectors = arrays["n_support"], arrays["support_vectors"]
    k, n = len(n_support), len(vectors)
    wanted = {
        "support": (n,),
        "n_support": (max(k, 2),),
        "dual_coef": (k - 1, n),
        "intercept": (k * (k - 1) // 2,),
        "gamma": (1,),
    }
    for name, shape in wanted.items():
        if arrays[name].shape != shape:
            raise ModelError(f"the SVM's {name} has shape {arrays[name].shape}; wanted {shape}")
    if (n_support < 0).any() or n_support.sum(dtype=np.int64) != n:
        raise ModelError("the SVM's support vectors do not add up")
    if not all(np.isfinite(array).all() for array in arrays.values()):
        raise ModelError("the SVM holds numbers that are not finite")
    return _rebuild(arrays, params)


def _rebuild(arrays: Mapping[str, Any], params: Mapping[str, Any]) -> Any:
    machine = make(**params)
    dual, intercept = arrays["dual_coef"], arrays["intercept"]
    k = len(arrays["n_support"])
    sign = -1.0 if k == 2 else 1.0  # scikit-learn turns the two-class case round
    vars(machine).update(
        _sparse=False,
        _gamma=float(arrays["gamma"][0]),
        _n_support=arrays["n_support"],
        _dual_coef_=dual,
        _intercept_=intercept,
        _probA=np.empty(0),
        _probB=np.empty(0),
        _effective_probability=False,
        support_=arrays["support"],
        support_vectors_=arrays["support_vectors"],
        dual_coef_=sign * dual,
        intercept_=sign * intercept,
        classes_=np.arange(k),
        n_features_in_=arrays["support_vectors"].shape[1],
        fit_status_=0,
    )
    return machine


@hookimpl
def register_classifiers(register: RegisterClassifier) -> None:
    register("svm", make, params=SPACE, class_weight="param", save=save, load=load)
