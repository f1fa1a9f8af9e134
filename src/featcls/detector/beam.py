"""The beam centre, found from frames: where they are symmetric under a half turn."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from featcls.errors import DataError
from featcls.frame import Frame

Array = NDArray[np.float64]
LEAST_OVERLAP = 0.25  # of the valid pixels, that the turned image must meet


def estimate_center(frames: Iterable[Frame]) -> tuple[tuple[float, float], float]:
    """Beam centre (row, col) of frames of one detector, and how symmetric they are about it.

    Rings are symmetric and so, by Friedel's law, are Bragg spots at small angles. The mean of
    the frames, as log(1 + counts) less the least, is correlated with itself turned by 180
    degrees about every half pixel, masked pixels left out (normalised correlation, by Fourier
    transforms); the peak is refined by a parabola. Good to about half a pixel.

    Parameters
    ----------
    frames : iterable of Frame
        All of one shape; tens are enough.

    Returns
    -------
    center : (float, float)
        Row and column; 0 is the centre of the first pixel.
    correlation : float
        At the peak, up to 1. Below 0.5 the estimate deserves little trust.

    Raises
    ------
    DataError
        No frame, frames of several shapes, or no pixel that is valid and varies.

    References
    ----------
    Padfield (2012), doi:10.1109/TIP.2011.2181402 (masked correlation).

    Examples
    --------
    >>> rows, cols = np.mgrid[:64, :64]
    >>> image = np.exp(-((rows - 30) ** 2 + (cols - 34.5) ** 2) / 200)
    >>> center, _ = estimate_center([Frame(image)])
    >>> [round(float(c), 1) for c in center]
    [30.0, 34.5]
    """
    mean, valid = _mean(frames)
    image = np.log1p(np.where(valid, mean - mean[valid].min(), 0))
    image -= (image.sum() / valid.sum()) * valid
    if not image.any():
        raise DataError("the frames are flat: no beam centre to be found", "give --beam-center")
    found = _turned_correlation(image, valid)
    row, col = np.unravel_index(np.argmax(found), found.shape)
    peak = (row + _vertex(found[:, col], row), col + _vertex(found[row], col))
    return (float(peak[0]) / 2, float(peak[1]) / 2), float(found[row, col])


def _mean(frames: Iterable[Frame]) -> tuple[Array, NDArray[np.bool_]]:
    total = count = None
    for frame in frames:
        if total is None or count is None:
            total, count = np.zeros(frame.shape), np.zeros(frame.shape)
        if frame.shape != total.shape:
            raise DataError(
                f"frames have shapes {total.shape} and {frame.shape}", "give those of one detector"
            )
        total += frame.image
        count += frame.valid
    if total is None or count is None or not count.any():
        raise DataError("no frame with a valid pixel to find the beam centre in", "check the mask")
    return total / np.maximum(count, 1), count > 0


def _turned_correlation(image: Array, valid: NDArray[np.bool_]) -> Array:
    """Correlation of an image with itself turned about row / 2, col / 2, at [row, col]."""
    from scipy import fft

    shape = tuple(fft.next_fast_len(2 * n - 1, real=True) for n in image.shape)
    end = tuple(slice(2 * n - 1) for n in image.shape)
    turned = [fft.rfft2(part, shape) for part in (image, image * image, valid.astype(float))]

    def product(a: int, b: int) -> Array:
        return np.asarray(fft.irfft2(turned[a] * turned[b], shape)[end])

    # A pair of pixels counts twice, once from each end, so both sides have the same sums.
    n = np.maximum(product(2, 2), 1)
    sums, squares = product(0, 2), product(1, 2)
    spread = squares - sums * sums / n
    floor = 1e-9 * squares.max()
    enough = (n > LEAST_OVERLAP * valid.sum()) & (spread > floor)
    above = product(0, 0) - sums * sums / n
    return np.where(enough, above / np.where(enough, spread, 1), -1.0)


def _vertex(line: Array, at: np.intp) -> float:
    """Offset of the peak of a parabola through three points."""
    if not 0 < at < len(line) - 1:
        return 0.0
    left, middle, right = line[at - 1 : at + 2]
    bend = left - 2 * middle + right
    return float((left - right) / (2 * bend)) if left > -1 and right > -1 and bend < 0 else 0.0
