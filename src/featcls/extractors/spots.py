"""Bragg-spot candidates: pixels that stand out of their local background, and what they make."""

import numpy as np

from featcls.errors import UsageError
from featcls.extractors.base import Extractor, Vector
from featcls.frame import Frame
from featcls.hookspecs import RegisterStep, hookimpl
from featcls.kernels.spots import find_spots
from featcls.spaces import Choice

featcls_api = 1

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

    releases_gil = True

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
        try:
            spots = find_spots(frame.image, **self.get_params(), mask=frame.mask)
        except ValueError as error:
            raise UsageError(f"spots: {error}") from error
        if not len(spots.area):
            return np.zeros(len(NAMES))
        measures = (spots.area, np.log1p(spots.intensity), spots.radius)
        summaries = [
            summary
            for values in measures
            for summary in (values.mean(), values.std(), np.median(values), values.max())
        ]
        count = len(spots.area)
        fraction = spots.area.sum() / len(frame.values)
        return np.array([count, np.log1p(count), fraction, np.log1p(spots.peak.max()), *summaries])


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
