import json
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from featcls.config import canonical, config_id, dumps
from featcls.errors import UnreadableFrameError, UsageError
from featcls.spaces import Choice, Integer, LogUniform, Subset, Uniform

SPACES = {
    ("extractor", "glcm"): {
        "distances": Subset(1, 2, 4, default=(1,)),
        "symmetric": Choice(True, False),
    },
    ("preprocessor", "quantise"): {
        "method": Choice("linear", "log"),
        "range": Choice("fit", (0.0, 256.0)),
    },
    ("classifier", "svm"): {
        "C": LogUniform(0.1, 1000.0, default=1.0),
        "gamma": Choice("scale", 0.5),
        "class_weight": Choice(None, "balanced", {}),
    },
}


def space_of(kind, name):
    return SPACES[kind, name]


def make(**changes):
    return canonical({"extractors": ["glcm"], "classifier": "svm"} | changes, space_of)


def test_defaults_are_filled_in():
    assert make() == {
        "preprocess": [],
        "extractors": [
            {"name": "glcm", "params": {"distances": [1], "symmetric": True}, "preprocess": []}
        ],
        "scale": "standard",
        "classifier": {
            "name": "svm",
            "params": {"C": 1.0, "gamma": "scale", "class_weight": None},
        },
    }


def test_writing_the_same_config_differently_gives_one_identity():
    one = make(classifier={"name": "svm", "params": {"C": 1, "gamma": 0.5}})
    two = make(classifier={"params": {"gamma": 0.5, "C": 1.0}, "name": "svm"}, scale="standard")
    assert config_id(one) == config_id(two)


def test_the_order_of_a_union_and_of_a_subset_does_not_matter():
    glcm = [{"name": "glcm", "params": {"distances": d}} for d in ([2, 1, 1], [4])]
    assert make(extractors=glcm) == make(extractors=[glcm[1], glcm[0], glcm[0]])
    assert make(extractors=glcm)["extractors"][0]["params"]["distances"] == [1, 2]


def test_the_canonical_form_is_a_fixed_point_and_survives_json():
    config = make(
        preprocess=[{"name": "quantise", "params": {"range": (1, 2)}}],
        classifier={"name": "svm", "params": {"class_weight": {"b": 1, "a": 2}}},
    )
    assert canonical(json.loads(dumps(config)), space_of) == config
    assert config["preprocess"][0]["params"]["range"] == [1.0, 2.0]


@given(st.floats(allow_nan=True, allow_infinity=True))
def test_only_finite_numbers_enter_a_config(value):
    config = {"name": "svm", "params": {"C": value}}
    if value in (float("inf"), float("-inf")) or value != value:
        with pytest.raises(UsageError, match="finite"):
            make(classifier=config)
    else:
        assert make(classifier=config)["classifier"]["params"]["C"] == value


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"classifier": {"name": "svm", "params": {"c": 1}}}, "did you mean 'C'"),
        ({"classifier": {"name": "svm", "params": {"n_jobs": 2}}}, "how to run"),
        ({"classifier": {"name": "svm", "params": {"C": "many"}}}, r"classifier.params.C of"),
        ({"classifier": {"name": "svm", "params": {"gamma": "scales"}}}, "'scale', 0.5"),
        ({"classifier": {"params": {}}}, "classifier has no name"),
        ({"extractor": []}, "did you mean 'extractors'"),
        ({"extractors": "glcm"}, "wanted a list"),
        ({"extractors": [{"name": "glcm", "params": {"distances": []}}]}, "empty"),
        ({"extractors": [{"name": "glcm", "params": {"distances": [1.5]}}]}, "1.5"),
        ({"scale": "robust"}, "standard or none"),
        ({"preprocess": [3]}, r"preprocess\[0\] is 3"),
    ],
)
def test_a_wrong_config_names_the_place_and_the_remedy(changes, text):
    with pytest.raises(UsageError, match=text):
        make(**changes)


@pytest.mark.parametrize(
    ("param", "value", "wanted"),
    [
        (Choice(1, 5), 7.0, 7),
        (Choice("sqrt", 0.25), 1, 1.0),
        (Choice(None, 2), None, None),
        (Choice((1,), (1, 5)), [3, 4], (3, 4)),
        (Choice(True, False), False, False),
        (Integer(1, 9), 4.0, 4),
        (Uniform(0.0, 1.0), 1, 1.0),
        (Subset("a", "b"), ["b", "a"], ("a", "b")),
        (Subset("a", "b", unsearched=("c",)), ["c", "a"], ("a", "c")),
    ],
)
def test_a_value_takes_the_type_of_its_parameter(param, value, wanted):
    got = param.coerce(value)
    assert got == wanted
    assert type(got) is type(wanted)


@pytest.mark.parametrize(
    ("param", "value"),
    [
        (Choice(True, False), 1),
        (Choice(1, 2), True),
        (Choice(1, 2), None),
        (Integer(1, 9), 4.5),
        (Uniform(0.0, 1.0), "1"),
        (Subset("a", "b"), ["c"]),
        (Subset(1, 2), 1),
    ],
)
def test_a_value_of_another_type_is_refused(param, value):
    with pytest.raises(ValueError, match=r"is not|are not"):
        param.coerce(value)


@pytest.mark.parametrize(
    "make_param", [lambda: Choice(), lambda: Uniform(1, 1), lambda: LogUniform(0, 1)]
)
def test_an_empty_range_is_refused(make_param):
    with pytest.raises(ValueError, match=r"no options|low"):
        make_param()


def test_every_countable_default_is_among_its_options():
    for param in (Choice(1, 2), Subset(1, 2, 4, default=(2, 4)), Subset(3, 1)):
        assert param.default in param.options()


def test_errors_cross_processes_with_what_they_carry():
    error = pickle.loads(pickle.dumps(UnreadableFrameError("a.png", 3, "is cut", "copy it")))  # noqa: S301
    assert str(error) == "cannot read a.png#3: is cut; copy it"
    assert (error.path, error.frame, error.exit_code) == ("a.png", 3, 1)
