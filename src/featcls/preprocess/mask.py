"""Mask pixels that cannot be trusted: at the border, too dark, too bright."""

import numpy as np

from featcls.detector.masks import edges
from featcls.errors import UsageError
from featcls.frame import Frame
from featcls.hookspecs import RegisterStep, hookimpl
from featcls.preprocess.base import Preprocessor
from featcls.spaces import Choice, Integer

featcls_api = 1


class Mask(Preprocessor):
    """Add pixels to a frame's mask; none is ever taken from it.

    Parameters
    ----------
    edge : int
        Width in pixels of the strip that is masked along the border of the image and beside
        large masked regions (tile gaps, beamstops: more than 100 pixels).
    low, high : float, optional
        Pixels below `low` or above `high` are masked.

    Raises
    ------
    UsageError
        `edge` is negative, or `low` lies above `high`.

    Examples
    --------
    >>> frame = Mask(high=9.0).apply(Frame(np.array([[1, 99], [3, 9]])))
    >>> frame.mask.tolist(), frame.image.tolist()
    ([[False, True], [False, False]], [[1, 0], [3, 9]])
    """

    def __init__(self, edge: int = 0, low: float | None = None, high: float | None = None) -> None:
        self.edge = edge
        self.low = low
        self.high = high

    def apply(self, frame: Frame) -> Frame:
        """Return the frame with the larger mask."""
        if self.edge < 0:
            raise UsageError(f"mask: edge is {self.edge}", "give 0 pixels or more")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise UsageError(f"mask: low is {self.low}, high is {self.high}", "give low <= high")
        out = ~frame.valid
        if self.edge:
            out |= edges(frame.mask, frame.shape, self.edge)
        # float64 limits: float32 pixels would round the limit to their own precision.
        if self.low is not None:
            out |= frame.image < np.float64(self.low)
        if self.high is not None:
            out |= frame.image > np.float64(self.high)
        return frame.replace(mask=out)


SPACE = {
    "edge": Integer(0, 4, default=0),
    "low": Choice(None, 0.0),
    "high": Choice(None, 65534.0),
}


@hookimpl
def register_preprocessors(register: RegisterStep) -> None:
    register("mask", Mask, SPACE, version=2)
