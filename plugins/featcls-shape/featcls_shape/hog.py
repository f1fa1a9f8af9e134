"""Histograms of oriented gradients."""

import numpy as np

from featcls.extractors.base import Extractor
from featcls_shape.square import square

PIXELS = 8  # of a cell, each way


class Hog(Extractor):
    """Histogram of gradient directions in each cell of a grid, normalised in blocks of 2 x 2.

    The frame is brought to `cells` x 8 pixels each way; scikit-image's `hog` does the rest
    (L2-Hys). A frame without a gradient, or without a valid pixel, gives zeros.

    Parameters
    ----------
    cells : int
        Cells of the grid, each way; 2 or more.
    orientations : int
        Bins of the direction, of 180 degrees together.

    References
    ----------
    Dalal & Triggs (2005), doi:10.1109/CVPR.2005.177.

    Examples
    --------
    >>> from featcls.frame import Frame
    >>> ramp = Frame(np.tile(np.arange(16.0), (16, 1)))
    >>> Hog(cells=2, orientations=2).extract(ramp).reshape(4, 2).round(2).tolist()
    [[0.5, 0.0], [0.5, 0.0], [0.5, 0.0], [0.5, 0.0]]
    """

    def __init__(self, cells=4, orientations=8):
        self.cells = cells
        self.orientations = orientations

    def feature_names(self):
        blocks = range(self.cells - 1)
        return [
            f"hog_{row}_{col}_cell{cell}_bin{k}"
            for row in blocks
            for col in blocks
            for cell in range(4)
            for k in range(self.orientations)
        ]

    def extract(self, frame):
        from skimage.feature import hog

        image, _ = square(frame, self.cells * PIXELS)
        found = hog(image, self.orientations, (PIXELS, PIXELS), (2, 2), block_norm="L2-Hys")
        return np.asarray(found, np.float64)
