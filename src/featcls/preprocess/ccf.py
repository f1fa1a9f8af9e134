"""Two-point angular correlation: a frame as the map of how its rings vary together."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from featcls.errors import UsageError
from featcls.frame import Frame
from featcls.hookspecs import RegisterStep, hookimpl
from featcls.kernels.correlation import (
    LEAST_WEIGHT,
    REDUCTIONS,
    CorrelationPlan,
    correlation_map,
    correlation_plan,
)
from featcls.kernels.polar import polar_map
from featcls.preprocess.base import Preprocessor
from featcls.preprocess.rings import PLANS, Grid, View, plan_of, view_of, widened
from featcls.spaces import Choice

featcls_api = 1


class CCF(Preprocessor):
    """Correlation along the angle of each pair of rings about the beam centre.

    The result is a float32 image (n_rings, n_rings) without geometry. A pair of rings is masked
    where the two have no valid points in common. A frame that does not know its beam centre is
    taken about the image centre, with a warning.

    Parameters
    ----------
    n_rings, n_angles : int
        Rings, and points on each.
    r_min, r_max : float
        Inner and outer radius of the rings in pixels. Without `r_max` half of the image's
        smaller side.
    reduction : {"delta0", "max", "order", "merged"}
        What is kept of C_ij(delta): its value at 0, its maximum, its Fourier component of one
        order, or `delta0` on and below the diagonal and `order` above.
    order : int
        Fourier order, for `order` and `merged`.
    subtract_mean : bool
        Take the mean of each ring off first.
    normalize : bool
        Divide by the product of the two rings' means.

    Raises
    ------
    UsageError
        A parameter that cannot be meant, a beam centre outside the image, or pixel values
        beyond float32.

    References
    ----------
    Zimmermann et al. (2019), doi:10.1103/PhysRevE.99.063309, equations 13 to 15.

    Examples
    --------
    A ring without structure does not vary along the angle.

    >>> from featcls.geometry import Geometry
    >>> centred = Geometry(beam_center=(8.0, 8.0))
    >>> round_ = Frame(100 - centred.radius_map((17, 17)), geometry=centred)
    >>> map_ = CCF(n_rings=4, n_angles=16).apply(round_).image
    >>> map_.shape, bool(np.abs(map_).max() < 0.01)
    ((4, 4), True)
    """

    releases_gil = True

    def __init__(
        self,
        n_rings: int = 64,
        n_angles: int = 180,
        r_min: float = 0.0,
        r_max: float | None = None,
        reduction: str = "delta0",
        order: int = 8,
        subtract_mean: bool = True,
        normalize: bool = False,
    ) -> None:
        self.n_rings = n_rings
        self.n_angles = n_angles
        self.r_min = r_min
        self.r_max = r_max
        self.reduction = reduction
        self.order = order
        self.subtract_mean = subtract_mean
        self.normalize = normalize

    def apply(self, frame: Frame) -> Frame:
        """Return the correlation map as a frame."""
        grid = Grid(self.n_rings, self.n_angles, self.r_min, self.r_max)
        options = self.reduction, self.order, self.subtract_mean, self.normalize
        try:
            wide = widened(frame)
            plan, unknown = _plan(view_of(wide), grid, *options)
            image = correlation_map(wide.image, plan)
        except ValueError as error:
            raise UsageError(f"ccf: {error}") from error
        return frame.replace(image=image, mask=unknown, geometry=None)


@lru_cache(PLANS)
def _plan(
    view: View, grid: Grid, reduction: str, order: int, subtract_mean: bool, normalize: bool
) -> tuple[CorrelationPlan, NDArray[np.bool_]]:
    """Return the plan of the map, and which pairs of rings the mask leaves nothing of."""
    plan = correlation_plan(
        plan_of(view, grid),
        reduction=reduction,
        order=order,
        subtract_mean=subtract_mean,
        normalize=normalize,
    )
    _, weights = polar_map(np.zeros(view.shape, np.uint8), plan.polar)
    some = np.asarray(weights.any(axis=1))
    known = some[:, None] & some  # at some delta; an order needs each ring alone
    if reduction in ("delta0", "merged"):
        together = weights @ weights.T > LEAST_WEIGHT * grid.n_angles
        above = ~np.tri(grid.n_rings, dtype=bool) & (reduction == "merged")
        known &= together | above
    return plan, ~known


SPACE = {
    "n_rings": Choice(64, 32, 112),
    "n_angles": Choice(180, 360),
    "r_min": Choice(0.0),
    "r_max": Choice(None, 256.0),
    "reduction": Choice(*REDUCTIONS),
    "order": Choice(8, 2, 4, 6),
    "subtract_mean": Choice(True, False),
    "normalize": Choice(False, True),
}


@hookimpl
def register_preprocessors(register: RegisterStep) -> None:
    register("ccf", CCF, SPACE, version=2)
