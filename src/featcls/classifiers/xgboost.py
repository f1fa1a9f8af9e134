"""Gradient boosting by XGBoost (histogram method), where XGBoost is installed."""

import importlib.util
import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from featcls.classifiers.trees import check_trees
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


def make(random_state: int = 0, **params: Any) -> Any:
    """Return an unfitted booster.

    It fits on one thread: XGBoost's sums, and so its trees, depend on the number of threads.
    """
    from xgboost import XGBClassifier

    return XGBClassifier(tree_method="hist", n_jobs=1, random_state=random_state, **params)


def save(model: Any) -> dict[str, bytes]:
    """Return a fitted booster in XGBoost's own format."""
    return {"booster.ubj": bytes(model.get_booster().save_raw("ubj"))}


def load(members: Mapping[str, bytes], params: Mapping[str, Any]) -> Any:
    """Rebuild a booster and check every index in it before the first prediction."""
    from xgboost.core import XGBoostError

    if set(members) != {"booster.ubj"}:
        raise ModelError(f"members are {sorted(members)}; wanted booster.ubj")
    model = make(**params)
    try:
        model.load_model(bytearray(members["booster.ubj"]))
        learner = json.loads(bytes(model.get_booster().save_raw("json")))["learner"]
        _check(learner, params)
    except (XGBoostError, KeyError, TypeError, ValueError) as error:
        raise ModelError(f"booster.ubj is not a model of XGBoost's: {error}") from error
    return model


def _check(learner: Mapping[str, Any], params: Mapping[str, Any]) -> None:
    stated = learner["learner_model_param"]
    n_columns, n_features = max(int(stated["num_class"]), 1), int(stated["num_feature"])
    booster = learner["gradient_booster"]
    trees = booster["model"]["trees"]
    objective = "binary:logistic" if n_columns == 1 else "multi:softprob"
    n_trees = params["n_estimators"] * n_columns
    expected = (
        booster["name"] == "gbtree",
        learner["objective"]["name"] == objective,
        int(stated["num_target"]) == 1,
        len(trees) == n_trees,
        booster["model"]["tree_info"] == [i % n_columns for i in range(n_trees)],
        booster["model"]["iteration_indptr"] == list(range(0, n_trees + 1, n_columns)),
    )
    if not all(expected):
        raise ModelError("the booster is of another form than featcls fits")
    for tree in trees:
        if any(tree["split_type"]) or int(tree["tree_param"]["num_feature"]) != n_features:
            raise ModelError("the booster has splits that featcls never makes")
    left, right, feature = (
        np.concatenate([np.asarray(tree[name], np.int64) for tree in trees])
        for name in ("left_children", "right_children", "split_indices")
    )
    check_trees(
        left, right, feature, np.array([len(t["left_children"]) for t in trees]), n_features
    )


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
        save=save,
        load=load,
    )
