"""Angular correlation: symmetry, radial profile and coherence of the rings about the beam."""

import numpy as np
from numpy.typing import NDArray

from featcls.errors import UsageError
from featcls.extractors.base import Extractor, Vector
from featcls.frame import Frame
from featcls.hookspecs import RegisterStep, hookimpl
from featcls.kernels.correlation import LEAST_WEIGHT
from featcls.preprocess.rings import Grid, rings_of
from featcls.spaces import Choice

featcls_api = 1

Array = NDArray[np.float64]

FLAT = 1e-6  # of the mean: variation below is rounding of float32


class CCF(Extractor):
    """What the rings about the beam centre say, each alone and one with another.

    Rings are averaged in `n_bands` bands of equal width, each ring with its share of valid
    points. With C_ij(delta) the correlation of rings i and j along the angle, ring means taken
    off and the mask divided out by its own correlation, the features are

    - `profile_b`: mean of band b less the mean of all, over the standard deviation s of all
      points on rings;
    - `angular_b`: C_ii(0) / s^2, the share of the variance that lies along the rings;
    - `power_n_b`: share of C_ii(0) that is of order n, 1 for cos(n phi);
    - `coherence_d`: C_ij(0) / sqrt(C_ii(0) C_jj(0)) for rings d = 1, 2, 4, ... apart.

    None depends on brightness or contrast. What has no valid point is 0; a frame without
    structure, or without a valid pixel, gives zeros. A frame that does not know its beam centre
    is taken about the image centre, with a warning.

    Parameters
    ----------
    n_rings, n_angles : int
        Rings, and points on each.
    r_min, r_max : float
        Inner and outer radius of the rings in pixels. Without `r_max` half of the image's
        smaller side.
    n_max : int
        Largest order, at most half of `n_angles`.
    n_bands : int
        At most `n_rings`. There are n_bands (n_max + 2) features and those of coherence.

    Raises
    ------
    UsageError
        A parameter that cannot be meant, a beam centre outside the image, or pixel values
        beyond float32.

    References
    ----------
    Zimmermann et al. (2019), doi:10.1103/PhysRevE.99.063309, equations 13 to 15; mask
    correction as in Martin (2017), doi:10.1107/S2052252516016730.

    Examples
    --------
    Four spots on a ring have the orders 4 and 8, not 1, 2, 3.

    >>> image = np.zeros((9, 9)); image[[1, 4, 4, 7], [4, 1, 7, 4]] = 1
    >>> ccf = CCF(n_rings=2, n_angles=16, n_max=4, n_bands=1)
    >>> values = dict(zip(ccf.feature_names(), ccf.extract(Frame(image)).round(2).tolist()))
    >>> [values[f"power_n{n}_b0"] for n in (1, 2, 3, 4)]
    [0.0, 0.0, 0.0, 0.67]
    """

    releases_gil = True

    def __init__(
        self,
        n_rings: int = 64,
        n_angles: int = 180,
        r_min: float = 0.0,
        r_max: float | None = None,
        n_max: int = 12,
        n_bands: int = 4,
    ) -> None:
        self.n_rings = n_rings
        self.n_angles = n_angles
        self.r_min = r_min
        self.r_max = r_max
        self.n_max = n_max
        self.n_bands = n_bands

    def feature_names(self) -> list[str]:
        """`profile_b<band>`, `angular_b<band>`, `power_n<order>_b<band>`, `coherence_d<rings>`."""
        bands = [f"b{band}" for band in range(self.n_bands)]
        return [
            *(f"profile_{band}" for band in bands),
            *(f"angular_{band}" for band in bands),
            *(f"power_n{n}_{band}" for n in range(1, self.n_max + 1) for band in bands),
            *(f"coherence_d{distance}" for distance in self._distances()),
        ]

    def extract(self, frame: Frame) -> Vector:
        """Describe the rings of a frame."""
        self._check()
        try:
            rings = rings_of(frame, Grid(self.n_rings, self.n_angles, self.r_min, self.r_max))
        except ValueError as error:
            raise UsageError(f"ccf: {error}") from error
        values, weights = (array.astype(np.float64) for array in rings)
        total = weights.sum(axis=1)
        means = _ratio((weights * values).sum(axis=1), total)
        varied = weights * (values - means[:, None])
        own, power = _spectra(varied, weights, self.n_max)
        flat = own <= (FLAT * means) ** 2
        own[flat], power[flat], varied[flat] = 0, 0, 0
        mean = _ratio(means @ total, total.sum())
        means = np.where(abs(means - mean) > FLAT * abs(mean), means - mean, 0.0)
        variance = _ratio(total @ (own + means**2), total.sum())
        starts = np.arange(self.n_bands) * self.n_rings // self.n_bands
        share = np.add.reduceat(total, starts)
        along = np.add.reduceat(total * own, starts)
        profile = _ratio(np.add.reduceat(total * means, starts), share)
        orders = np.add.reduceat(total[:, None] * power, starts)
        return np.concatenate(
            [
                _ratio(profile, np.sqrt(variance)),
                _ratio(_ratio(along, share), variance),
                _ratio(orders, along[:, None]).T.ravel(),
                [_coherence(varied, weights, own, d) for d in self._distances()],
            ]
        )

    def _distances(self) -> list[int]:
        """Powers of two below the number of rings."""
        return [1 << k for k in range((self.n_rings - 1).bit_length())]

    def _check(self) -> None:
        if not 1 <= self.n_bands <= self.n_rings:
            raise UsageError(
                f"ccf: n_bands is {self.n_bands}, n_rings {self.n_rings}",
                "give 1 band to as many as there are rings",
            )
        if not 1 <= self.n_max < self.n_angles / 2:
            raise UsageError(
                f"ccf: n_max is {self.n_max}, n_angles {self.n_angles}",
                "give an order from 1 to less than half of the angles",
            )


def _spectra(varied: Array, weights: Array, n_max: int) -> tuple[Array, Array]:
    """C_ii(0) of each ring, and its parts of order 1 to n_max, (n_rings, n_max)."""
    n_angles = weights.shape[1]
    products, common = (
        np.fft.irfft(np.abs(np.fft.rfft(array)) ** 2, n_angles) for array in (varied, weights)
    )
    correlation = _ratio(products, common, LEAST_WEIGHT * n_angles)
    spectrum = np.fft.rfft(correlation).real * (2 / n_angles)
    return correlation[:, 0].copy(), spectrum[:, 1 : n_max + 1]


def _coherence(varied: Array, weights: Array, own: Array, distance: int) -> float:
    """Correlation of rings `distance` apart, in units of their own."""
    common = (weights[:-distance] * weights[distance:]).sum(axis=1)
    products = (varied[:-distance] * varied[distance:]).sum(axis=1)
    least = LEAST_WEIGHT * weights.shape[1]
    scale = np.sqrt(own[:-distance] * own[distance:])[common > least].sum()
    return float(_ratio(_ratio(products, common, least).sum(), scale))


def _ratio(above: Array, below: Array, least: float = 0.0) -> Array:
    """The quotient; 0 where the divisor is not above `least`."""
    known = below > least
    return np.where(known, above / np.where(known, below, 1.0), 0.0)


SPACE = {
    "n_rings": Choice(64, 32),
    "n_angles": Choice(180, 360),
    "r_min": Choice(0.0),
    "r_max": Choice(None, 256.0),
    "n_max": Choice(12, 8),
    "n_bands": Choice(4, 8),
}


@hookimpl
def register_extractors(register: RegisterStep) -> None:
    register("ccf", CCF, SPACE)
