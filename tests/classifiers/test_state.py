"""What the built-in classifiers write, and what they take back."""

import json

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from featcls.classifiers import npy
from featcls.classifiers.base import Trained, fit, scores
from featcls.errors import ModelError
from featcls.plugins import registry
from featcls.spaces import defaults

BUILTIN = ("histgb", "knn", "logreg", "rf", "svm", "xgboost")
SMALL = {"rf": {"n_estimators": 5}, "xgboost": {"n_estimators": 3}, "histgb": {"max_iter": 3}}
CLASSES = list("abc")


def entry(name):
    if name == "xgboost":
        pytest.importorskip("xgboost")
    return registry().get("classifier", name)


def params(name):
    return {**defaults(entry(name).params), **SMALL.get(name, {}), "class_weight": None}


def data(n_classes=3):
    rng = np.random.default_rng(0)
    y = np.arange(150) % n_classes
    return rng.normal(size=(150, 4)) + np.eye(n_classes, 4)[y], y


def trained(name, n_classes=3):
    given = params(name)
    if name == "knn":
        del given["class_weight"]
    return fit(entry(name), given, *data(n_classes), classes=CLASSES[:n_classes])


def reopened(name, members):
    given = {k: v for k, v in params(name).items() if k != "class_weight"}
    return entry(name).options["load"](members, given)


def saved(name, n_classes=3):
    (part,) = trained(name, n_classes).parts
    return entry(name).options["save"](part)


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("name", BUILTIN)
def test_scores_survive_to_the_last_bit(name, n_classes):
    before = trained(name, n_classes)
    members = entry(name).options["save"](before.parts[0])
    after = Trained([reopened(name, members)], before.codes)
    X, _ = data(n_classes)
    X = np.concatenate([X, 10 * X, np.zeros((1, 4))])
    assert_array_equal(scores(after, X, n_classes), scores(before, X, n_classes))


@pytest.mark.parametrize("name", ["rf", "knn"])
def test_scores_of_several_labels_survive_to_the_last_bit(name):
    X, y = data()
    labels = np.stack([y == 0, y != 1, np.zeros(len(y), bool)], axis=1).astype(np.uint8)
    given = {k: v for k, v in params(name).items() if k in entry(name).params}
    before = fit(entry(name), given, X, labels, classes=CLASSES)
    members = entry(name).options["save"](before.parts[0])
    after = Trained([reopened(name, members)], before.codes)
    assert_array_equal(scores(after, X, 3, True), scores(before, X, 3, True))


def test_a_reopened_forest_knows_the_worth_of_its_features():
    before = trained("rf").parts[0]
    after = reopened("rf", saved("rf"))
    assert_array_equal(after.feature_importances_, before.feature_importances_)


def test_a_reopened_svm_has_scikit_learns_public_attributes():
    for n_classes in (2, 3):
        before = trained("svm", n_classes).parts[0]
        after = reopened("svm", saved("svm", n_classes))
        for name in ("dual_coef_", "intercept_", "support_", "n_support_", "classes_"):
            assert_array_equal(getattr(after, name), getattr(before, name))


@pytest.mark.parametrize("name", BUILTIN)
def test_a_missing_or_an_added_member_is_refused(name):
    members = saved(name)
    with pytest.raises(ModelError, match="members are"):
        reopened(name, {**members, "evil.npy": npy.dump([1])})
    for left_out in members:
        with pytest.raises(ModelError, match="members are"):
            reopened(name, {k: v for k, v in members.items() if k != left_out})


def forged(name, member, change):
    members = saved(name)
    array = npy.load(members[f"{member}.npy"], member)
    return {**members, f"{member}.npy": npy.dump(change(array))}


def put(index, value):
    def change(array):
        array[index] = value
        return array

    return change


FORGED = [
    ("rf", "node_left_child", put(0, 10**6)),
    ("rf", "node_left_child", put(0, 0)),
    ("rf", "node_right_child", put(0, -7)),
    ("rf", "node_feature", put(0, 4)),
    ("rf", "node_feature", put(0, -9)),
    ("rf", "node_threshold", lambda a: a[:-1]),
    ("rf", "values", lambda a: a[:-1]),
    ("rf", "values", lambda a: a[:, :, :2]),
    ("rf", "values", put((0, 0, 0), np.nan)),
    ("rf", "counts", put(0, 1)),
    ("rf", "counts", put(0, 2**62)),
    ("rf", "n_classes", put(0, 2**40)),
    ("rf", "n_classes", put(0, 0)),
    ("rf", "n_features", put(0, 1)),
    ("rf", "classes", lambda a: a[:1]),
    ("histgb", "node_left", put(0, 2**31)),
    ("histgb", "node_right", put(0, 0)),
    ("histgb", "node_feature_idx", put(0, 4)),
    ("histgb", "node_feature_idx", put(0, -1)),
    ("histgb", "node_is_leaf", lambda a: 0 * a),
    ("histgb", "node_value", lambda a: a[1:]),
    ("histgb", "counts", put(0, 3)),
    ("histgb", "baseline", lambda a: a[:, :2]),
    ("histgb", "n_features", put(0, 1)),
    ("svm", "n_support", put(0, 10**6)),
    ("svm", "n_support", lambda a: np.array([-5, a.sum() + 5, 0], np.int32)),
    ("svm", "n_support", lambda a: a[:2]),
    ("svm", "dual_coef", lambda a: a[:1]),
    ("svm", "dual_coef", lambda a: a[:, :3]),
    ("svm", "intercept", lambda a: a[:1]),
    ("svm", "support", lambda a: a[:3]),
    ("svm", "support_vectors", lambda a: a[:3]),
    ("svm", "support_vectors", put((0, 0), np.inf)),
    ("svm", "gamma", put(0, np.nan)),
    ("svm", "gamma", lambda a: np.repeat(a, 2)),
    ("logreg", "intercept", lambda a: a[:2]),
    ("logreg", "coef", lambda a: a[:0]),
    ("logreg", "coef", put((0, 0), np.nan)),
    ("knn", "y", lambda a: a[:9]),
]


@pytest.mark.parametrize(("name", "member", "change"), FORGED)
def test_forged_arrays_are_refused_before_compiled_code_sees_them(name, member, change):
    with pytest.raises(ModelError):
        reopened(name, forged(name, member, change))


def booster():
    return json.loads(saved("xgboost")["booster.json"])


def trees(document):
    return document["learner"]["gradient_booster"]["model"]["trees"]


def set_tree(field, index, value):
    def change(document):
        trees(document)[0][field][index] = value

    return change


def set_param(name, value):
    def change(document):
        document["learner"]["learner_model_param"][name] = value

    return change


BOOSTERS = {
    "a child outside": set_tree("left_children", 0, 10**6),
    "a circle": set_tree("left_children", 0, 0),
    "a feature that is not there": set_tree("split_indices", 0, 4),
    "a huge number": set_tree("split_conditions", 0, 1e300),
    "a number that is none": set_tree("split_conditions", 0, float("nan")),
    "a text for a number": set_tree("base_weights", 0, "os.system"),
    "a node too few": lambda d: trees(d)[0]["sum_hessian"].pop(),
    "no field": lambda d: trees(d)[0].pop("left_children"),
    "a tree too few": lambda d: trees(d).pop(),
    "no trees": lambda d: trees(d).clear(),
    "more classes than trees": set_param("num_class", "4"),
    "classes without number": set_param("num_class", "1e3"),
    "no features": set_param("num_feature", "0"),
    "features without end": set_param("num_feature", "9" * 15),
    "a base score of another form": set_param("base_score", "[0.5,0.5]"),
    "a base score that is code": set_param("base_score", "__import__('os')"),
    "no learner": lambda d: d.pop("learner"),
    "a version that is a text": lambda d: d.update(version="latest"),
}


@pytest.mark.parametrize("change", BOOSTERS.values(), ids=BOOSTERS)
def test_a_forged_booster_is_refused_before_xgboost_sees_it(change):
    document = booster()
    change(document)
    with pytest.raises(ModelError):
        reopened("xgboost", {"booster.json": json.dumps(document).encode()})


@pytest.mark.parametrize("data", [b"", b"{L\x00", b"[]", b"null", b'"x"', b"\xff", b"[" * 10**5])
def test_bytes_that_are_no_booster_are_refused(data):
    pytest.importorskip("xgboost")
    with pytest.raises(ModelError):
        reopened("xgboost", {"booster.json": data})


def test_only_numbers_of_a_booster_reach_xgboost():
    document = booster()
    learner = document["learner"]
    learner["attributes"] = {"note": "x"}
    learner["objective"]["name"] = "reg:squarederror"
    learner["gradient_booster"]["name"] = "dart"
    learner["gradient_booster"]["model"]["tree_info"] = [10**9] * 9
    trees(document)[0]["split_type"] = [1] * 99
    trees(document)[0]["parents"] = [10**9]
    X, _ = data()
    before = trained("xgboost")
    after = reopened("xgboost", {"booster.json": json.dumps(document).encode()})
    assert_array_equal(scores(Trained([after], before.codes), X, 3), scores(before, X, 3))
