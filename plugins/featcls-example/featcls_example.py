"""The mean of a frame on rings about the beam centre, as a featcls plugin."""

import numpy as np

from featcls.extractors.base import Extractor
from featcls.hookspecs import hookimpl
from featcls.spaces import Choice

featcls_api = 1


class RadialProfile(Extractor):
    """Mean of the valid pixels on each of `rings` rings of equal width.

    The rings lie about the beam centre, or the image centre where none is known, and reach to
    the farthest corner. A ring without a valid pixel gives 0.

    Parameters
    ----------
    rings : int

    Examples
    --------
    >>> from featcls.frame import Frame
    >>> frame = Frame(np.array([[1, 1, 1], [1, 9, 1], [1, 1, 1]]))
    >>> RadialProfile(rings=2).extract(frame).tolist()
    [9.0, 1.0]
    """

    def __init__(self, rings=16):
        self.rings = rings

    def feature_names(self):
        return [f"ring{k}" for k in range(self.rings)]

    def extract(self, frame):
        ring = self._ring_of_each_pixel(frame)[frame.valid]
        total = np.bincount(ring, frame.values, self.rings)
        return total / np.maximum(np.bincount(ring, minlength=self.rings), 1)

    def _ring_of_each_pixel(self, frame):
        n_rows, n_cols = frame.shape
        row, col = (n_rows - 1) / 2, (n_cols - 1) / 2
        if frame.geometry is not None and frame.geometry.beam_center is not None:
            row, col = frame.geometry.beam_center
        radius = np.hypot(np.arange(n_rows)[:, None] - row, np.arange(n_cols) - col)
        ring = (radius / max(radius.max(), 1.0) * self.rings).astype(int)
        return np.minimum(ring, self.rings - 1)


@hookimpl
def register_extractors(register):
    register("radial_profile", RadialProfile, params={"rings": Choice(16, 8, 32)})
