import numpy as np

from featcls.extractors.base import Extractor
from featcls.hookspecs import hookimpl
from featcls.spaces import Choice

featcls_api = 1


class Rings(Extractor):
    """Mean of the valid pixels on rings about the image centre; 0 where there are none."""

    def __init__(self, rings=16):
        self.rings = rings

    def feature_names(self):
        return [f"ring{k}" for k in range(self.rings)]

    def extract(self, frame):
        rows, cols = np.indices(frame.shape)
        radius = np.hypot(rows - (frame.shape[0] - 1) / 2, cols - (frame.shape[1] - 1) / 2)
        ring = np.minimum(self.rings * radius / max(radius.max(), 1), self.rings - 1)
        ring = ring.astype(int)[frame.valid]
        counts = np.bincount(ring, minlength=self.rings)
        return np.bincount(ring, frame.values, self.rings) / np.maximum(counts, 1)


@hookimpl
def register_extractors(register):
    register("rings", Rings, params={"rings": Choice(16, 8, 32)})
