import json
import os

import pytest

from featcls.dataset.spec import make_spec
from featcls.errors import UsageError


def test_a_spec_is_json_with_an_absolute_source():
    spec = make_spec("frames", reader="npy", options={"a": (1, 2)}, classes=["b", "a"])
    assert spec == {
        "source": os.path.abspath("frames"),
        "reader": "npy",
        "options": {"a": [1, 2]},
        "select": {"classes": ["b", "a"]},
    }
    assert json.loads(json.dumps(spec)) == spec


def test_the_spec_of_a_spec_is_the_same():
    spec = make_spec("frames", labelled=False)
    assert make_spec(spec) == spec


def test_arguments_are_laid_over_a_spec():
    spec = make_spec("frames", labelled=False, classes=["a"])
    assert make_spec(spec, labelled=True)["select"] == {"classes": ["a"]}


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"sorce": "x"}, "did you mean 'source'"),
        ({"source": "x", "select": {"clases": []}}, "did you mean 'classes'"),
        ({"source": None}, "needs a source or a reader"),
        ({"reader": "simulate", "options": {"n": float("nan")}}, "not JSON"),
        ({"reader": "simulate", "options": {"n": object()}}, "not JSON"),
    ],
)
def test_what_cannot_be_meant_is_named(document, message):
    with pytest.raises(UsageError, match=message):
        make_spec(document)
