import numpy as np

from featcls.extractors.base import Extractor
from featcls.hookspecs import hookimpl
from featcls.spaces import Uniform

featcls_api = 1


class Bright(Extractor):
    """Share of the valid pixels above a level; 0 without a valid pixel."""

    def __init__(self, level=128.0):
        self.level = level

    def feature_names(self):
        return ["bright"]

    def extract(self, frame):
        return np.array([np.mean(frame.values > self.level) if frame.values.size else 0.0])


@hookimpl
def register_extractors(register):
    register("bright", Bright, params={"level": Uniform(0.0, 256.0)})
