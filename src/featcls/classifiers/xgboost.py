"""Gradient boosting by XGBoost (histogram method), where XGBoost is installed."""

import importlib.util
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from featcls.classifiers import checkpoint as checkpoints
from featcls.classifiers.boosting import device, fresh_rounds
from featcls.classifiers.trees import check_trees
from featcls.config import dumps
from featcls.errors import ModelError, PluginError
from featcls.hookspecs import RegisterClassifier, hookimpl
from featcls.spaces import Choice, Integer, LogUniform, Uniform

featcls_api = 1

SPACE = {
    "n_estimators": Integer(50, 500, default=100),
    "max_depth": Integer(2, 10, default=6),
    "learning_rate": LogUniform(0.01, 0.3, default=0.1),
    "subsample": Uniform(0.5, 1.0, default=1.0),
    "colsample_bytree": Uniform(0.5, 1.0, default=1.0),
    "min_child_weight": LogUniform(0.1, 10.0, default=1.0),
    "reg_lambda": LogUniform(0.1, 10.0, default=1.0),
    "class_weight": Choice(None, "balanced", {}),
}

# Fields of a tree's nodes in XGBoost's document.
INTEGERS = ("left_children", "right_children", "split_indices", "default_left")
FLOATS = ("split_conditions", "base_weights", "loss_changes", "sum_hessian")
ROOT = 2**31 - 1  # the parent of a root

MALFORMED = (LookupError, TypeError, ValueError, OverflowError, RecursionError)


def make(random_state: int = 0, **params: Any) -> Any:
    """Return an unfitted booster.

    It fits on one thread: XGBoost's sums, and so its trees, depend on the number of threads. A
    GPU is used where there is one; its sums differ in the last bits.
    """
    from xgboost import XGBClassifier

    return XGBClassifier(
        tree_method="hist",
        n_jobs=1,
        device=device(),
        random_state=random_state,
        callbacks=[fresh_rounds(random_state)],
        **params,
    )


def fit_more(
    model: Any, X: Any, y: Any, budget: int, checkpoint: Path, *, sample_weight: Any = None
) -> Any:
    """Do the rounds that a checkpoint lacks."""
    done, before = checkpoints.go_on(
        checkpoint, budget, lambda members, n: load(members, {"n_estimators": n})
    )
    if done == budget:
        return before
    model.set_params(n_estimators=budget - done)
    booster = before.get_booster() if done else None
    model.fit(X, y, sample_weight=sample_weight, xgb_model=booster)
    model.set_params(n_estimators=budget)
    checkpoints.write(checkpoint, budget, save(model))
    return model


def save(model: Any) -> dict[str, bytes]:
    """Return a fitted booster in XGBoost's own JSON."""
    return {"booster.json": bytes(model.get_booster().save_raw("json"))}


def load(members: Mapping[str, bytes], params: Mapping[str, Any]) -> Any:
    """Rebuild a booster from a document that is written anew of its checked numbers.

    XGBoost crashes or hangs on documents that are not its own, in JSON as in UBJSON, so it
    is given none.
    """
    from xgboost.core import XGBoostError

    if set(members) != {"booster.json"}:
        raise ModelError(f"members are {sorted(members)}; wanted booster.json")
    model = make(**params)
    try:
        document = _checked(json.loads(members["booster.json"]), params["n_estimators"])
        model.load_model(bytearray(dumps(document).encode()))
    except (XGBoostError, *MALFORMED) as error:
        raise ModelError(f"booster.json is not a model of XGBoost's: {error}") from error
    return model


def _checked(document: Any, rounds: int) -> dict[str, Any]:
    """Return the document of a booster as `make` fits it, with the numbers of another."""
    learner = document["learner"]
    stated = learner["learner_model_param"]
    k, n_features = int(stated["num_class"]), int(stated["num_feature"])
    base_score = np.array(json.loads(stated["base_score"]), np.float64)
    n_columns = max(k, 1)
    n_trees = rounds * n_columns
    if base_score.size not in (1, n_columns) or not np.isfinite(base_score).all():
        raise ModelError(f"the booster's base score is {base_score.tolist()}")
    objective: dict[str, Any] = {"name": "binary:logistic"}
    objective["reg_loss_param"] = {"scale_pos_weight": "1"}
    if k:
        objective = {"name": "multi:softprob", "softmax_multiclass_param": {"num_class": str(k)}}
    trees = _trees(learner["gradient_booster"]["model"]["trees"], n_features)
    if len(trees) != n_trees:
        raise ModelError(f"the booster has {len(trees)} trees; wanted {n_trees}")
    model = {
        "gbtree_model_param": {"num_parallel_tree": "1", "num_trees": str(n_trees)},
        "iteration_indptr": list(range(0, n_trees + 1, n_columns)),
        "tree_info": [i % n_columns for i in range(n_trees)],
        "trees": trees,
    }
    return {
        "version": [int(part) for part in document["version"]],
        "learner": {
            "attributes": {},
            "feature_names": [],
            "feature_types": [],
            "gradient_booster": {"name": "gbtree", "model": model},
            "learner_model_param": {
                "base_score": dumps(base_score.tolist()),
                "boost_from_average": "1",
                "num_class": str(k),
                "num_feature": str(n_features),
                "num_target": "1",
            },
            "objective": objective,
        },
    }


def _trees(trees: Any, n_features: int) -> list[dict[str, Any]]:
    """Return the trees of a document with nothing in them but checked numbers."""
    counts = np.array([len(tree["left_children"]) for tree in trees], np.int64)
    fields: dict[str, Any] = {
        name: _joined(trees, name, counts, dtype)
        for dtype, names in ((np.int64, INTEGERS), (np.float64, FLOATS))
        for name in names
    }
    left, right = fields["left_children"], fields["right_children"]
    check_trees(left, right, fields["split_indices"], counts, n_features)
    inner = np.flatnonzero(left >= 0)
    first = np.repeat(np.cumsum(counts) - counts, counts)
    parents = np.full(len(left), ROOT)
    parents[(left + first)[inner]] = parents[(right + first)[inner]] = inner - first[inner]
    fields["parents"] = parents
    fields["default_left"] = np.minimum(np.abs(fields["default_left"]), 1)
    fields["split_indices"][left < 0] = 0
    ends = np.cumsum(counts).tolist()
    lists = {name: values.tolist() for name, values in fields.items()}
    spans = enumerate(zip([0, *ends], ends, strict=False))
    return [
        {name: values[start:end] for name, values in lists.items()}
        | _constants(i, end - start, n_features)
        for i, (start, end) in spans
    ]


def _joined(trees: Any, name: str, counts: Any, dtype: Any) -> Any:
    if [len(tree[name]) for tree in trees] != counts.tolist():
        raise ModelError(f"the booster's {name} are not one a node")
    values = np.array([value for tree in trees for value in tree[name]], dtype)
    if not (np.abs(values) <= np.finfo(np.float32).max).all():
        raise ModelError(f"the booster's {name} are not finite")
    return values


def _constants(i: int, n_nodes: int, n_features: int) -> dict[str, Any]:
    """Return what is the same in all trees that split on numbers."""
    return {
        "id": i,
        "split_type": [0] * n_nodes,
        "categories": [],
        "categories_nodes": [],
        "categories_segments": [],
        "categories_sizes": [],
        "tree_param": {
            "num_deleted": "0",
            "num_feature": str(n_features),
            "num_nodes": str(n_nodes),
            "size_leaf_vector": "1",
        },
    }


@hookimpl
def register_classifiers(register: RegisterClassifier) -> None:
    if importlib.util.find_spec("xgboost") is None:
        raise PluginError("xgboost is not installed", "pip install 'featcls[xgboost]'")
    register(
        "xgboost",
        make,
        params=SPACE,
        class_weight="sample",
        budget="n_estimators",
        fit_more=fit_more,
        save=save,
        load=load,
        version=2,
    )
