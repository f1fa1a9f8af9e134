"""A plugin whose extractors go wrong in every way that a search has to survive."""

import os
import signal
import time

import numpy as np

from featcls.extractors.base import Extractor
from featcls.hookspecs import hookimpl
from featcls.spaces import Choice

featcls_api = 1


class Faulty(Extractor):
    """The frame's mean, or a fault."""

    def __init__(self, fault="none"):
        self.fault = fault

    def feature_names(self):
        return ["mean"]

    def extract(self, frame):
        if self.fault == "raise":
            raise RuntimeError("the lamp is out")
        if self.fault == "hang":
            time.sleep(3600)
        if self.fault == "eat":
            eaten = [np.empty(1 << 26) for _ in range(1000)]
            return np.array([float(len(eaten))])
        if self.fault == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        if self.fault == "nan":
            return np.array([np.nan])
        if self.fault == "wide":
            return np.ones(1 + int(frame.image[0, 0]) % 3)
        return np.array([frame.image.mean()])


@hookimpl
def register_extractors(register):
    faults = ("none", "raise", "hang", "eat", "die", "nan", "wide")
    register("faulty", Faulty, {"fault": Choice(*faults)})
