"""Frames brought to one size, so that every vector has one width."""

import numpy as np

from featcls.preprocess.resize import Resize


def square(frame, size):
    """Return a frame as a square picture without a hole, and which of its pixels are valid.

    Pixels that are masked get the median of the valid ones, or 0 where there are none: an edge
    of a mask is then as weak as it can be.

    Parameters
    ----------
    frame : Frame
    size : int
        Pixels each way.

    Returns
    -------
    image : (size, size) float64 array
    valid : (size, size) bool array

    Examples
    --------
    >>> from featcls.frame import Frame
    >>> square(Frame(np.full((3, 4), 7), np.eye(3, 4, dtype=bool)), 2)[0].tolist()
    [[7.0, 7.0], [7.0, 7.0]]
    """
    resize = Resize((size, size))
    fill = np.median(frame.values) if frame.values.size else 0.0
    filled = frame.replace(image=np.where(frame.valid, frame.image, fill), mask=None)
    return resize.apply(filled).image.astype(np.float64), resize.apply(frame).valid
