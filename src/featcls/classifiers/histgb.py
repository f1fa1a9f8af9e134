"""Histogram gradient boosting, scikit-learn's."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from featcls.classifiers import checkpoint as checkpoints
from featcls.classifiers import npy
from featcls.classifiers.trees import check_trees
from featcls.errors import ModelError
from featcls.hookspecs import RegisterClassifier, hookimpl
from featcls.spaces import Choice, Integer, LogUniform, Uniform

featcls_api = 1

SPACE = {
    "max_iter": Integer(50, 500, default=100),
    "learning_rate": LogUniform(0.01, 0.3, default=0.1),
    "max_leaf_nodes": Choice(31, 7, 15, 63),
    "max_depth": Choice(None, 2, 4, 6, 8, 10),
    "min_samples_leaf": Integer(1, 50, default=20),
    "l2_regularization": Choice(0.0, 0.1, 1.0, 10.0),
    "max_features": Uniform(0.5, 1.0, default=1.0),
    "class_weight": Choice(None, "balanced", {}),
}

# A node as scikit-learn's predictor reads it; the rest of its fields only matter in training.
_NODE = ("value", "feature_idx", "num_threshold", "missing_go_to_left", "left", "right", "is_leaf")
_BINNED = (*_NODE, "bin_threshold")  # training goes on from binned rows


def make(random_state: int = 0, **params: Any) -> Any:
    """Return an unfitted booster that runs all its rounds."""
    from featcls.classifiers.booster import booster_class

    return booster_class()(random_state=random_state, early_stopping=False, **params)


def fit_more(
    model: Any, X: Any, y: Any, budget: int, checkpoint: Path, *, sample_weight: Any = None
) -> Any:
    """Do the rounds that a checkpoint lacks, with the trees and the generator where they were."""
    done, before = checkpoints.go_on(checkpoint, budget, _load_training)
    if done:
        vars(model).update(before)
    model.set_params(warm_start=True).fit(X, y, sample_weight=sample_weight)
    model.set_params(warm_start=False)
    state = {"seed": int(model._random_seed)}
    state["rng"] = model._feature_subsample_rng.bit_generator.state
    members = {**_pack(model, _BINNED), "state.json": json.dumps(state).encode()}
    checkpoints.write(checkpoint, budget, members)
    return model


def _load_training(members: Mapping[str, bytes], done: int) -> dict[str, Any]:
    """Return the attributes that a further fit starts from."""
    members = dict(members)
    state = json.loads(members.pop("state.json"))
    before = _unpack(members, {"max_iter": done}, _BINNED)
    rng = np.random.default_rng(0)
    rng.bit_generator.state = state["rng"]
    return {
        "_predictors": before._predictors,
        "_baseline_prediction": before._baseline_prediction,
        "_random_seed": state["seed"],
        "_feature_subsample_rng": rng,
        "train_score_": np.empty(0),  # kept with early stopping alone
        "validation_score_": np.empty(0),
    }


def save(model: Any) -> dict[str, bytes]:
    """Return a fitted booster as arrays: the fields of its nodes, all trees one after another."""
    return _pack(model, _NODE)


def _pack(model: Any, fields: Sequence[str]) -> dict[str, bytes]:
    trees = [tree.nodes for round_ in model._predictors for tree in round_]
    nodes = np.concatenate(trees)
    return npy.pack(
        {
            **{f"node_{name}": nodes[name] for name in fields},
            "counts": [len(tree) for tree in trees],
            "baseline": model._baseline_prediction,
            "n_features": [model._n_features],
        }
    )


def load(members: Mapping[str, bytes], params: Mapping[str, Any]) -> Any:
    """Rebuild a booster; every index in it is checked first."""
    return _unpack(members, params, _NODE)


def _unpack(members: Mapping[str, bytes], params: Mapping[str, Any], fields: Sequence[str]) -> Any:
    from sklearn.ensemble._hist_gradient_boosting.common import PREDICTOR_RECORD_DTYPE

    layout = {f"node_{name}": (PREDICTOR_RECORD_DTYPE[name].str, 1) for name in fields}
    others = {"counts": ("<i8", 1), "baseline": ("<f8", 2), "n_features": ("<i8", 1)}
    arrays = npy.unpack(members, {**layout, **others})
    nodes = np.zeros(len(arrays["node_left"]), PREDICTOR_RECORD_DTYPE)
    for name in fields:
        if arrays[f"node_{name}"].shape != nodes.shape:
            raise ModelError("the booster's node arrays differ in length")
        nodes[name] = arrays[f"node_{name}"]
    counts, n_features = arrays["counts"], int(arrays["n_features"].sum())
    n_columns = arrays["baseline"].shape[1]
    if arrays["baseline"].shape[0] != 1 or len(counts) != params["max_iter"] * n_columns:
        raise ModelError("the booster has another number of trees than rounds x classes")
    leaf = nodes["is_leaf"] != 0
    left, right = (np.where(leaf, -1, nodes[side].astype(np.int64)) for side in ("left", "right"))
    check_trees(left, right, nodes["feature_idx"], counts, n_features)
    trees = np.split(nodes, np.cumsum(counts)[:-1])
    return _rebuild(trees, arrays["baseline"], n_features, params)


def _rebuild(trees: list[Any], baseline: Any, n_features: int, params: Mapping[str, Any]) -> Any:
    from sklearn.ensemble._hist_gradient_boosting.binning import _BinMapper
    from sklearn.ensemble._hist_gradient_boosting.predictor import TreePredictor

    model = make(**params)
    n_columns = baseline.shape[1]
    bins = _BinMapper()
    bins.is_categorical_ = np.zeros(n_features, np.uint8)
    bins.bin_thresholds_ = []
    none = np.empty((0, 8), np.uint32)
    predictors = [TreePredictor(nodes, none, none) for nodes in trees]
    vars(model).update(
        _predictors=[predictors[i : i + n_columns] for i in range(0, len(predictors), n_columns)],
        _baseline_prediction=baseline,
        _bin_mapper=bins,
        _preprocessor=None,
        _is_categorical_remapped=None,
        _n_features=n_features,
        n_features_in_=n_features,
        n_trees_per_iteration_=n_columns,
        classes_=np.arange(max(n_columns, 2)),
    )
    model._loss = model._get_loss(sample_weight=None)
    return model


@hookimpl
def register_classifiers(register: RegisterClassifier) -> None:
    register(
        "histgb",
        make,
        params=SPACE,
        class_weight="param",
        budget="max_iter",
        fit_more=fit_more,
        save=save,
        load=load,
    )
