"""The linear contrast of dials.image_viewer as a step, for the study `preprocessing` alone."""

import numpy as np

from featcls.frame import Frame
from featcls.hookspecs import RegisterStep, hookimpl
from featcls.preprocess.base import Preprocessor
from featcls.spaces import Choice

featcls_api = 1


class LinearContrast(Preprocessor):
    """Values in units of the frame's 90th percentile, times `contrast`, cut at 1.

    D = min(1, M P / P90), Ke et al. (2018), figure 6. A frame whose percentile is not positive
    gives zeros.

    Parameters
    ----------
    contrast : float
        M; the viewer's default is 0.4.

    Examples
    --------
    >>> frame = Frame(np.array([[0.0, 1.0], [1.0, 1.0]]))
    >>> LinearContrast(0.5).apply(frame).image.tolist()
    [[0.0, 0.5], [0.5, 0.5]]
    """

    def __init__(self, contrast: float = 0.4) -> None:
        self.contrast = contrast

    def apply(self, frame: Frame) -> Frame:
        """Return the frame in the viewer's grey values."""
        values = frame.values
        high = float(np.percentile(values, 90)) if len(values) else 0.0
        if high <= 0:
            return frame.replace(image=np.zeros(frame.shape, np.float32))
        image = np.minimum(1.0, self.contrast * frame.image / high)
        return frame.replace(image=np.ascontiguousarray(image, np.float32))


@hookimpl
def register_preprocessors(register: RegisterStep) -> None:
    """Register the step, for those who name this module."""
    register("linear_contrast", LinearContrast, params={"contrast": Choice(0.4)}, version=1)
