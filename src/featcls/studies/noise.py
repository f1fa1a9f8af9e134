"""Uniform noise on top of a frame as a step, for the study `noise-ccf` alone."""

from zlib import crc32

import numpy as np

from featcls.frame import Frame
from featcls.hookspecs import RegisterStep, hookimpl
from featcls.preprocess.base import Preprocessor
from featcls.spaces import Choice

featcls_api = 1


class UniformNoise(Preprocessor):
    """Values from 0 to `bound` added to each valid pixel, Zimmermann et al. (2019), section 5.3.

    They are drawn from the frame's identifier: a frame has the same noise wherever it is read,
    another frame has other noise.

    Parameters
    ----------
    bound : float
        In units of the pixels, 0 or more.

    Examples
    --------
    >>> frame = Frame(np.full((1, 3), 5.0), frame_id="a.h5#0")
    >>> noisy = UniformNoise(2.0).apply(frame).image
    >>> bool((5 <= noisy).all() and (noisy < 7).all()), len(np.unique(noisy))
    (True, 3)
    """

    def __init__(self, bound: float = 0.0) -> None:
        self.bound = bound

    def apply(self, frame: Frame) -> Frame:
        """Return the frame with noise, float32."""
        rng = np.random.default_rng(crc32(frame.frame_id.encode()))
        noise = np.float32(self.bound) * rng.random(frame.shape, np.float32)
        return frame.replace(image=np.asarray(frame.image, np.float32) + noise)


@hookimpl
def register_preprocessors(register: RegisterStep) -> None:
    """Register the step, for those who name this module."""
    register("uniform_noise", UniformNoise, params={"bound": Choice(0.0)}, version=1)
