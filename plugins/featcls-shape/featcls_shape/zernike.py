"""Magnitudes of Zernike moments."""

import numpy as np

from featcls.extractors.base import Extractor
from featcls_shape.square import square

SIZE = 64  # pixels of the square that a frame is brought to


class Zernike(Extractor):
    """Magnitudes of the Zernike moments of what is brighter than the median.

    They do not change when the form is turned about its centre of brightness, which is the
    centre of the disc; its radius is half the side of the 64 x 64 square that the frame is
    brought to. mahotas computes them. A frame without contrast gives zeros.

    Parameters
    ----------
    degree : int
        Highest degree of the polynomials.

    References
    ----------
    Teague (1980), doi:10.1364/JOSA.70.000920.

    Examples
    --------
    >>> from featcls.frame import Frame
    >>> bar = np.zeros((64, 64))
    >>> bar[30:34, 16:48] = 1
    >>> lying, standing = (Zernike().extract(Frame(image)) for image in (bar, bar.T))
    >>> bool(np.allclose(lying, standing))
    True
    """

    def __init__(self, degree=8):
        self.degree = degree

    def feature_names(self):
        return [
            f"zernike_n{n}_l{l}"
            for n in range(self.degree + 1)
            for l in range(n + 1)  # noqa: E741  # the letter of the papers
            if (n - l) % 2 == 0
        ]

    def extract(self, frame):
        from mahotas.features import zernike_moments

        image, _ = square(frame, SIZE)
        form = np.maximum(image - np.median(image), 0)
        if not form.any():
            return np.zeros(len(self.feature_names()))
        centre = [(form * index).sum() / form.sum() for index in np.indices(form.shape)]
        found = zernike_moments(form, SIZE / 2, self.degree, cm=centre)
        return np.asarray(found, np.float64)
