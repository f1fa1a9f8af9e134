"""Random forest, scikit-learn's."""

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from featcls.classifiers import checkpoint as checkpoints
from featcls.classifiers import npy
from featcls.classifiers.trees import check_trees
from featcls.errors import ModelError
from featcls.hookspecs import RegisterClassifier, hookimpl
from featcls.spaces import Choice, Integer

featcls_api = 1

SPACE = {
    "n_estimators": Integer(50, 500, default=100),
    "max_features": Choice("sqrt", 0.25, 0.5, 0.75),
    "max_depth": Choice(None, 2, 4, 6, 8, 10, 20),
    "min_samples_leaf": Integer(1, 10, default=1),
    "class_weight": Choice(None, "balanced", {}),
}


def make(random_state: int = 0, n_jobs: int = 1, **params: Any) -> Any:
    """Return an unfitted forest."""
    from featcls.classifiers.forest import forest_class

    return forest_class()(random_state=random_state, n_jobs=n_jobs, **params)


def fit_more(
    forest: Any, X: Any, y: Any, budget: int, checkpoint: Path, *, sample_weight: Any = None
) -> Any:
    """Grow the trees that a checkpoint lacks: tree i is the same however many went before."""
    done, before = checkpoints.go_on(
        checkpoint, budget, lambda members, n: load(members, {"n_estimators": n})
    )
    if done:
        forest.estimators_ = before.estimators_
    with warnings.catch_warnings():  # the rows are the same, so "balanced" is; none may be left
        warnings.filterwarnings("ignore", "class_weight presets|Warm-start fitting without")
        forest.set_params(warm_start=True).fit(X, y, sample_weight=sample_weight)
    forest.set_params(warm_start=False)
    checkpoints.write(checkpoint, budget, save(forest))
    return forest


def save(forest: Any) -> dict[str, bytes]:
    """Return a fitted forest as arrays: the fields of its nodes, all trees one after another."""
    states = [tree.tree_.__getstate__() for tree in forest.estimators_]
    nodes = np.concatenate([state["nodes"] for state in states])
    classes = list(forest.classes_) if forest.n_outputs_ > 1 else [forest.classes_]
    return npy.pack(
        {
            **{f"node_{name}": nodes[name] for name in nodes.dtype.names or ()},
            "values": np.concatenate([state["values"] for state in states]),
            "counts": [state["node_count"] for state in states],
            "n_features": [forest.n_features_in_],
            "classes": np.concatenate(classes).astype(np.int64),
            "n_classes": [len(c) for c in classes],
        }
    )


def load(members: Mapping[str, bytes], params: Mapping[str, Any]) -> Any:
    """Rebuild a forest; every index in it is checked first."""
    from sklearn.tree._tree import Tree

    dtype = Tree(1, np.array([2]), 1).__getstate__()["nodes"].dtype
    layout = {f"node_{name}": (dtype[name].str, 1) for name in dtype.names}
    integers = {name: ("<i8", 1) for name in ("counts", "n_features", "classes", "n_classes")}
    arrays = npy.unpack(members, {**layout, **integers, "values": ("<f8", 3)})
    nodes = np.empty(len(arrays["node_feature"]), dtype)
    for name in dtype.names:
        if arrays[f"node_{name}"].shape != nodes.shape:
            raise ModelError("the forest's node arrays differ in length")
        nodes[name] = arrays[f"node_{name}"]
    return _rebuild(nodes, arrays, params)


def _rebuild(nodes: Any, arrays: Mapping[str, Any], params: Mapping[str, Any]) -> Any:
    from sklearn.tree import DecisionTreeClassifier
    from sklearn.tree._tree import Tree

    counts, n_classes, values = arrays["counts"], arrays["n_classes"], arrays["values"]
    n_outputs, n_features = len(n_classes), int(arrays["n_features"].sum())
    shape = (len(nodes), n_outputs, n_classes.max(initial=0))
    if values.shape != shape or n_classes.min(initial=1) < 1 or not np.isfinite(values).all():
        raise ModelError(f"the forest's values have shape {values.shape}; wanted finite {shape}")
    if len(arrays["classes"]) != n_classes.sum() or len(counts) != params["n_estimators"]:
        raise ModelError("the forest has another number of trees or classes than it states")
    depth = check_trees(
        nodes["left_child"], nodes["right_child"], nodes["feature"], counts, n_features
    )
    ends = np.cumsum(counts)
    classes = np.split(arrays["classes"], np.cumsum(n_classes)[:-1])
    fitted = {
        "n_features_in_": n_features,
        "n_outputs_": n_outputs,
        "n_classes_": n_classes.tolist() if n_outputs > 1 else int(n_classes[0]),
        "classes_": classes if n_outputs > 1 else classes[0],
    }
    trees = []
    for start, end in zip(ends - counts, ends, strict=True):
        tree = Tree(n_features, n_classes, n_outputs)
        tree.__setstate__(
            {
                "max_depth": int(depth[start:end].max()),
                "node_count": int(end - start),
                "nodes": nodes[start:end],
                "values": values[start:end],
            }
        )
        trees.append(_with(DecisionTreeClassifier(), **fitted, tree_=tree))
    return _with(make(**params), **fitted, estimators_=trees)


def _with(estimator: Any, **attributes: Any) -> Any:
    vars(estimator).update(attributes)
    return estimator


@hookimpl
def register_classifiers(register: RegisterClassifier) -> None:
    register(
        "rf",
        make,
        params=SPACE,
        multilabel=True,
        class_weight="param",
        budget="n_estimators",
        fit_more=fit_more,
        save=save,
        load=load,
    )
