"""A preprocessor of somebody else takes the same road as the built-in ones."""

import numpy as np

from featcls.config import canonical
from featcls.frame import Frame
from featcls.hookspecs import hookimpl
from featcls.pipeline import apply, steps
from featcls.plugins import Registry
from featcls.preprocess.base import Preprocessor
from featcls.spaces import Choice
from featcls.testing import check_preprocessor


class Negative(Preprocessor):
    def __init__(self, top=255.0):
        self.top = top

    def apply(self, frame):
        return frame.replace(image=self.top - frame.image.astype(np.float64))


class Plugin:
    featcls_api = 1

    @hookimpl
    def register_preprocessors(self, register):
        register("negative", Negative, {"top": Choice(255.0, 1.0)}, version=3)

    @hookimpl
    def register_classifiers(self, register):
        register("none", object)


def test_a_registered_preprocessor_is_checked_configured_and_run():
    registry = Registry()
    registry.load("negative", "somebody 1.0", Plugin)
    entry = registry.get("preprocessor", "negative")
    assert not check_preprocessor(entry).failed
    step = {"name": "negative", "params": {"top": 9}}
    config = canonical({"preprocess": [step], "classifier": "none"}, registry.space_of)
    mask = np.array([[False, True]])
    frame = apply(steps(config["preprocess"], registry), Frame(np.array([[2, 4]]), mask))
    assert frame.image.tolist() == [[7.0, 0.0]]
    assert registry.versions()["preprocessor.negative"] == "somebody 1.0 v3"
