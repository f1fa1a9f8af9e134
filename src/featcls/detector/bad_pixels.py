"""Bad pixels, found from the frames themselves: hot, warm, dead."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featcls.errors import DataError
from featcls.frame import Frame
from featcls.kernels.contrast import local_contrast_normalize

Mask = NDArray[np.bool_]
WINDOW = 9
LEAST_FRAMES = 10
HOT, WARM = 0.5, 0.1  # share of frames in which the pixel stands out
SPREADS = 5.0  # local standard deviations by which it stands out


@dataclass(frozen=True)
class BadPixels:
    """Masks of pixels that are not to be trusted; no pixel is in two.

    Attributes
    ----------
    hot : (rows, cols) bool array
        Above their surroundings in half of the frames or more.
    warm : (rows, cols) bool array
        Above them in a tenth of the frames, more often than pixels near it.
    dead : (rows, cols) bool array
        The same value in all frames while their surroundings vary, or far below these.
    n_frames : int
    """

    hot: Mask
    warm: Mask
    dead: Mask
    n_frames: int

    @property
    def mask(self) -> Mask:
        """All of them."""
        return self.hot | self.warm | self.dead

    def counts(self) -> dict[str, int]:
        """Number of pixels of each kind."""
        return {kind: int(getattr(self, kind).sum()) for kind in ("hot", "warm", "dead")}


def find_bad_pixels(frames: Iterable[Frame]) -> BadPixels:
    """Find the pixels that stand out from their surroundings frame after frame.

    A Bragg spot is bright in a few frames and rings are smooth; a hot pixel stands 5 local
    standard deviations above the 9 x 9 window about it again and again. Already masked pixels
    stay out. One pass, and memory for six images.

    Parameters
    ----------
    frames : iterable of Frame
        At least 10 of one shape, better 100, hits and misses as they come.

    Raises
    ------
    DataError
        Too few frames, or frames of several shapes.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> stack = rng.poisson(10.0, (20, 32, 32)); stack[:, 5, 6] = 90; stack[:, 8, 9] = 0
    >>> found = find_bad_pixels(Frame(image) for image in stack)
    >>> found.counts(), bool(found.hot[5, 6]), bool(found.dead[8, 9])
    ({'hot': 1, 'warm': 0, 'dead': 1}, True, True)
    """
    seen = _Seen()
    for frame in frames:
        seen.add(frame)
    if seen.n < LEAST_FRAMES:
        raise DataError(
            f"{seen.n} frames are too few to tell bad pixels from signal",
            f"give {LEAST_FRAMES} or more, better 100",
        )
    often = np.maximum(seen.valid, 1)
    above, below = seen.above / often, seen.below / often
    usable = seen.valid >= LEAST_FRAMES
    hot = usable & (above >= HOT)
    warm = usable & ~hot & (above >= WARM) & (above > 3 * _around(above, hot))
    constant = usable & (seen.low == seen.high) & (_around(seen.high - seen.low, hot) > 0)
    return BadPixels(hot, warm, ~hot & ~warm & (constant | (usable & (below >= HOT))), seen.n)


class _Seen:
    """What has been counted of each pixel."""

    n = 0

    def add(self, frame: Frame) -> None:
        if self.n == 0:
            self.above, self.below, self.valid = (np.zeros(frame.shape, np.int32) for _ in "abv")
            self.low = np.full(frame.shape, np.inf)
            self.high = np.full(frame.shape, -np.inf)
        if frame.shape != self.valid.shape:
            raise DataError(
                f"frames have shapes {self.valid.shape} and {frame.shape}",
                "give those of one detector",
            )
        self.n += 1
        window = min(WINDOW, *((side - 1) | 1 for side in frame.shape))
        contrast = _contrast(frame, window)
        valid = frame.valid
        self.above += contrast > SPREADS
        self.below += contrast < -SPREADS
        self.valid += valid
        np.minimum(self.low, frame.image, out=self.low, where=valid)
        np.maximum(self.high, frame.image, out=self.high, where=valid)


def _contrast(frame: Frame, window: int) -> NDArray[np.floating[Any]]:
    """Distance from the mean of the other pixels about it, in their standard deviations.

    With the pixel itself in the window the contrast is z = d sqrt(N - 1) / sqrt(N + d^2) at
    most; undone here, so that one bright pixel among N counts in full.
    """
    n = window * window
    z = local_contrast_normalize(frame.image, window, min_std=0.0, mask=frame.mask)
    rest = np.maximum(1 - z * z / (n - 1), 1e-6)
    return z * np.float32(np.sqrt(n / (n - 1))) / np.sqrt(rest)


def _around(values: NDArray[np.float64], without: Mask) -> NDArray[np.float64]:
    """Mean of the 5 x 5 pixels about each, itself and `without` left out."""
    from scipy.ndimage import convolve

    ring = np.ones((5, 5))
    ring[2, 2] = 0
    weight = (~without & np.isfinite(values)).astype(np.float64)
    total = convolve(np.where(weight > 0, values, 0.0), ring, mode="constant")
    return np.asarray(total / np.maximum(convolve(weight, ring, mode="constant"), 1))
