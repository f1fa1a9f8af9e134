"""Mean and spread of the response to Gabor filters."""

import numpy as np

from featcls.extractors.base import Extractor
from featcls_shape.square import square

SIZE = 64  # pixels of the square that a frame is brought to


class Gabor(Extractor):
    """Mean and standard deviation of the magnitude of each filter's response.

    The frame is brought to 64 x 64 pixels and filtered with scikit-image's `gabor_kernel`;
    statistics are of valid pixels, and 0 where there are none.

    Parameters
    ----------
    frequencies : tuple of float
        Of the filters, in cycles a pixel of the square.
    orientations : int
        Angles, spread evenly over 180 degrees.

    References
    ----------
    Daugman (1985), doi:10.1364/JOSAA.2.001160.

    Examples
    --------
    >>> from featcls.frame import Frame
    >>> stripes = np.tile(np.cos(2 * np.pi * np.arange(64) / 10), (64, 1))
    >>> across, along = Gabor((0.1,), 2).extract(Frame(stripes))[::2]
    >>> bool(across > 10 * along)
    True
    """

    def __init__(self, frequencies=(0.1, 0.2), orientations=4):
        self.frequencies = frequencies
        self.orientations = orientations

    def feature_names(self):
        return [
            f"gabor_{frequency:g}_{180 * k / self.orientations:g}deg_{statistic}"
            for frequency in self.frequencies
            for k in range(self.orientations)
            for statistic in ("mean", "std")
        ]

    def extract(self, frame):
        from scipy.signal import fftconvolve
        from skimage.filters import gabor_kernel

        image, valid = square(frame, SIZE)
        found = np.zeros((len(self.frequencies), self.orientations, 2))
        if valid.any():
            for i, frequency in enumerate(self.frequencies):
                for k in range(self.orientations):
                    kernel = gabor_kernel(frequency, np.pi * k / self.orientations)
                    rim = [(side // 2, side // 2) for side in kernel.shape]  # sides are odd
                    padded = np.pad(image, rim, "symmetric")
                    response = np.abs(fftconvolve(padded, kernel, "valid"))
                    found[i, k] = response[valid].mean(), response[valid].std()
        return found.ravel()
