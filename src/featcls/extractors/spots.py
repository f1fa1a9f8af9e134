"""Bragg-spot candidates: pixels that stand out of their local background, and what they make."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featcls.errors import UsageError
from featcls.extractors.base import Atom, Extractor, Vector
from featcls.frame import Frame
from featcls.hookspecs import RegisterStep, hookimpl
from featcls.spaces import Choice

featcls_api = 1

Array = NDArray[np.float64]
Indices = NDArray[np.intp]

MIN_LOCAL = 2  # valid pixels a window must have
MEASURES = ("area", "log_intensity", "radius")
SUMMARIES = ("mean", "std", "median", "max")
NAMES = (
    "count",
    "log_count",
    "fraction",
    "log_brightest",
    *(f"{measure}_{summary}" for measure in MEASURES for summary in SUMMARIES),
)


class Spots(Extractor):
    """Number, size and strength of the spots of a frame.

    A valid pixel x is strong where, over the N valid pixels of the window about it with mean m
    and variance v, the background is more dispersed than counting makes it and the pixel lies
    above it: v > gain m (1 + sigma_background sqrt(2 / (N - 1))),
    x > m + sigma_strong sqrt(gain m) and x > global_threshold. Strong pixels that touch, at a
    corner too, are one spot.

    Features: number of spots and log(1 + number); share of the valid pixels in spots;
    log(1 + height above the background) of the brightest spot pixel; mean, standard deviation,
    median and maximum over spots of the area (pixels), of log(1 + intensity above the
    background) and of the radius (pixels; root mean square distance from the intensity-weighted
    centre). A frame without a spot, or without a valid pixel, gives zeros.

    Parameters
    ----------
    gain : float
        Units of the image for one photon; below 1 for square-root compressed images, whose
        noise is smaller than the root of their values.
    global_threshold : float
        Pixels up to this value are never strong.
    sigma_background, sigma_strong : float
        As above, in standard deviations.
    min_spot_size, max_spot_size : int
        Spots of fewer or more pixels are left out.
    kernel_size : int
        The window has 2 kernel_size + 1 pixels on a side.

    Raises
    ------
    UsageError
        A parameter that cannot be meant.

    References
    ----------
    Winter et al. (2018), doi:10.1107/S2059798317017235, whose names the parameters have.

    Examples
    --------
    >>> image = np.ones((9, 9), np.uint8)
    >>> image[4, 4:6] = 50, 30
    >>> spots = Spots(min_spot_size=2)
    >>> features = dict(zip(spots.feature_names(), spots.extract(Frame(image))))
    >>> float(features["count"]), float(features["area_mean"])
    (1.0, 2.0)
    """

    def __init__(
        self,
        gain: float = 1.0,
        global_threshold: float = 0.0,
        sigma_background: float = 6.0,
        sigma_strong: float = 3.0,
        min_spot_size: int = 2,
        max_spot_size: int = 1000,
        kernel_size: int = 3,
    ) -> None:
        self.gain = gain
        self.global_threshold = global_threshold
        self.sigma_background = sigma_background
        self.sigma_strong = sigma_strong
        self.min_spot_size = min_spot_size
        self.max_spot_size = max_spot_size
        self.kernel_size = kernel_size

    def feature_names(self) -> list[str]:
        """Names of the features, the same for all parameters."""
        return list(NAMES)

    def extract(self, frame: Frame) -> Vector:
        """Find the spots of a frame and describe them."""
        (vector,) = self.compute(frame, self.atoms())
        return vector

    @classmethod
    def compute(cls, frame: Frame, atoms: Sequence[Atom]) -> list[NDArray[Any]]:
        """Describe the spots at each setting; settings with one window share the background."""
        settings = [cls(**atom) for atom in atoms]
        for each in settings:
            each._check()
        sizes = {each.kernel_size for each in settings}
        windows = {size: _background(frame, size) for size in sizes}
        return [each._describe(frame, *windows[each.kernel_size]) for each in settings]

    def _check(self) -> None:
        for name in ("gain", "kernel_size"):
            if not getattr(self, name) > 0:
                raise UsageError(f"spots: {name} is {getattr(self, name)}", "give more than 0")
        if self.min_spot_size > self.max_spot_size:
            raise UsageError(
                f"spots: min_spot_size is {self.min_spot_size}, max_spot_size "
                f"{self.max_spot_size}",
                "give a minimum up to the maximum",
            )

    def _describe(self, frame: Frame, count: Array, mean: Array, variance: Array) -> Vector:
        photons = self.gain * np.maximum(mean, 0.0)
        limit = mean + self.sigma_strong * np.sqrt(photons)
        spread = 1.0 + self.sigma_background * np.sqrt(2.0 / np.maximum(count - 1.0, 1.0))
        strong = (frame.image > np.maximum(limit, self.global_threshold)) & frame.valid
        strong &= (variance > photons * spread) & (count >= MIN_LOCAL)
        rows, cols, spot = self._spots(strong)
        if not len(spot):
            return np.zeros(len(NAMES))
        height = frame.image[rows, cols] - mean[rows, cols]
        n_valid = len(frame.values)
        return _features(rows, cols, spot, height, n_valid)

    def _spots(self, strong: NDArray[np.bool_]) -> tuple[Indices, Indices, Indices]:
        """Rows and columns of the pixels of all spots of a fit size, and whose they are."""
        from scipy import ndimage

        labels, n_labels = ndimage.label(strong, np.ones((3, 3), int))
        rows, cols = np.nonzero(strong)
        spot = labels[rows, cols] - 1
        area = np.bincount(spot, minlength=n_labels)
        kept = (area >= self.min_spot_size) & (area <= self.max_spot_size)
        inside = kept[spot]
        number = np.cumsum(kept) - 1
        return rows[inside], cols[inside], number[spot[inside]]


def _background(frame: Frame, kernel_size: int) -> tuple[Array, Array, Array]:
    """Number, mean and variance of the valid pixels in the window about each pixel."""
    image = frame.image.astype(np.float64)  # 0 under the mask, so that sums leave it out
    count = _window_sum(frame.valid.astype(np.float64), kernel_size)
    total = _window_sum(image, kernel_size)
    squares = _window_sum(image * image, kernel_size)
    some = np.maximum(count, 1.0)
    variance = (squares - total * total / some) / np.maximum(count - 1.0, 1.0)
    return count, total / some, variance


def _window_sum(image: Array, half: int) -> Array:
    """Sums over windows of 2 half + 1 pixels a side, cut at the border; no running sums.

    Sums over 1, 2, 4, ... pixels are doubled up and those that the width needs are added.
    """
    for _ in range(2):  # rows, then columns
        part = np.pad(image, ((half, half), (0, 0)))
        length, start, size = image.shape[0], 0, 1
        total = np.zeros_like(image)
        width = 2 * half + 1
        while size <= width:
            if width & size:
                total += part[start : start + length]
                start += size
            part = part[:-size] + part[size:]
            size *= 2
        image = total.T
    return image


def _features(rows: Indices, cols: Indices, spot: Indices, height: Array, n_valid: int) -> Vector:
    area = np.bincount(spot).astype(np.float64)
    intensity = np.bincount(spot, height)
    squares = np.zeros(len(area))
    for place in (rows, cols):
        centre = np.bincount(spot, height * place) / intensity
        squares += np.bincount(spot, height * (place - centre[spot]) ** 2)
    radius = np.sqrt(squares / intensity)
    summaries = [
        summary
        for values in (area, np.log1p(intensity), radius)
        for summary in (values.mean(), values.std(), np.median(values), values.max())
    ]
    count = len(area)
    return np.array(
        [count, np.log1p(count), len(spot) / n_valid, np.log1p(height.max()), *summaries]
    )


SPACE = {
    "gain": Choice(1.0, 0.3, 0.1, 4.0),
    "global_threshold": Choice(0.0),
    "sigma_background": Choice(6.0, 3.0),
    "sigma_strong": Choice(3.0, 6.0),
    "min_spot_size": Choice(2, 1, 3),
    "max_spot_size": Choice(1000),
    "kernel_size": Choice(3, 5),
}


@hookimpl
def register_extractors(register: RegisterStep) -> None:
    register("spots", Spots, SPACE)
