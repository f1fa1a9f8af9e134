"""The beam centre, found from frames: where they are symmetric under a half turn."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from featcls.errors import DataError
from featcls.frame import Frame

Array = NDArray[np.float64]
Valid = NDArray[np.bool_]
LEAST_OVERLAP = 0.25  # of the valid pixels, that the turned image must meet
SIDE = 1024  # pixels of the longer side that are correlated; larger frames are binned
TRUSTED = 0.5  # correlation below which an estimate says nothing
AGREED = 2.0  # pixels


class Center(NamedTuple):
    """A beam centre with what speaks for it.

    Attributes
    ----------
    position : (float, float)
        Row and column; 0 is the centre of the first pixel.
    correlation : float
        Of the frames with themselves turned about it, up to 1.
    disagreement : float
        Pixels between it and the centre of the inner or outer half of the frames alone,
        whichever lies farther; infinite where neither tells one.
    """

    position: tuple[float, float]
    correlation: float
    disagreement: float

    @property
    def sure(self) -> bool:
        """Whether the correlation is 0.5 or more, and the halves agree to 2 pixels."""
        return self.correlation >= TRUSTED and self.disagreement <= AGREED


def estimate_center(frames: Iterable[Frame]) -> Center:
    """Beam centre of frames of one detector: what they are symmetric about.

    Rings are symmetric and so, by Friedel's law, are Bragg spots at small angles. The mean of
    log(1 + counts) is correlated with itself turned by 180 degrees about every half pixel,
    masked pixels left out (normalised correlation, by Fourier transforms); the peak is refined
    by a parabola. Frames of more than 1024 pixels a side are binned. Good to about half a
    pixel where the background is centred on the beam; a shadow or scatter from elsewhere
    draws the estimate away, which shows where its inner and its outer half disagree.

    Parameters
    ----------
    frames : iterable of Frame
        All of one shape; tens are enough.

    Returns
    -------
    Center

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
    >>> found = estimate_center([Frame(image)])
    >>> [round(c, 1) for c in found.position]
    [30.0, 34.5]
    """
    image, valid = _mean(frames)
    k = max(1, -(-max(image.shape) // SIDE))
    image, valid = _binned(image, valid, k)
    whole, correlation = _symmetric_about(image, valid)
    if correlation < -1:
        raise DataError("the frames are flat: no beam centre to be found", "give --beam-center")
    rows, cols = np.ogrid[: image.shape[0], : image.shape[1]]
    radius = np.hypot(rows - whole[0], cols - whole[1])
    inner = radius < np.median(radius[valid])
    halves = [_symmetric_about(image, valid & own) for own in (inner, ~inner)]
    told = [k * float(np.linalg.norm(at - whole)) for at, own in halves if own >= TRUSTED]
    row, col = k * whole + (k - 1) / 2
    return Center((float(row), float(col)), correlation, max(told, default=float("inf")))


def _mean(frames: Iterable[Frame]) -> tuple[Array, Valid]:
    total = count = None
    for frame in frames:
        if total is None or count is None:
            total, count = np.zeros(frame.shape), np.zeros(frame.shape)
        if frame.shape != total.shape:
            raise DataError(
                f"frames have shapes {total.shape} and {frame.shape}", "give those of one detector"
            )
        # The logarithm of each frame: spots of one of them count little.
        total += np.copysign(np.log1p(np.abs(frame.image, dtype=np.float64)), frame.image)
        count += frame.valid
    if total is None or count is None or not count.any():
        raise DataError("no frame with a valid pixel to find the beam centre in", "check the mask")
    return total / np.maximum(count, 1), count > 0


def _binned(image: Array, valid: Valid, k: int) -> tuple[Array, Valid]:
    """Means of valid pixels over k x k, valid where half of them are."""
    rows, cols = (n // k for n in image.shape)

    def sums(values: NDArray[Any]) -> Array:
        return np.asarray(
            values[: rows * k, : cols * k].reshape(rows, k, cols, k).sum((1, 3), dtype=np.float64)
        )

    n = sums(valid)
    return sums(image * valid) / np.maximum(n, 1), 2 * n >= k * k


def _symmetric_about(image: Array, valid: Valid) -> tuple[Array, float]:
    """Return the row and column that an image is most symmetric about, and its correlation.

    The correlation is -inf where the image is flat.
    """
    level = image[valid].mean() if valid.any() else 0.0
    image = np.where(valid, image - level, 0)
    if not image.any():
        return np.full(2, np.nan), -np.inf
    found = _turned_correlation(image, valid)
    row, col = np.unravel_index(np.argmax(found), found.shape)
    peak = row + _vertex(found[:, col], row), col + _vertex(found[row], col)
    return np.array(peak) / 2, float(found[row, col])


def _turned_correlation(image: Array, valid: Valid) -> Array:
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
