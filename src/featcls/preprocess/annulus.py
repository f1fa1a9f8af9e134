"""Annulus: only pixels between two distances from the beam count."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from featcls.errors import UsageError
from featcls.frame import Frame
from featcls.geometry import Geometry
from featcls.hookspecs import RegisterStep, hookimpl
from featcls.preprocess.base import Preprocessor
from featcls.spaces import Choice, Text

featcls_api = 1

UNITS = ("pixel", "q", "d")


class Annulus(Preprocessor):
    """Mask what lies nearer to the beam than `inner` or farther from it than `outer`.

    Parameters
    ----------
    inner, outer : float, optional
        In `unit`; None for no limit on that side.
    unit : {"pixel", "q", "d"}
        Pixels from the beam centre; q = 4 pi sin(theta) / wavelength in 1/nm; or d = 2 pi / q
        in Angstrom, where `inner` is then the larger number. q and d need the frame's
        pixel size, distance and wavelength.
    inside : bool
        Mask the ring between the limits instead, such as an ice ring (d 3.72 to 3.62).

    Raises
    ------
    UsageError
        Limits in the wrong order, an unknown unit, or geometry that q needs is not known.

    Examples
    --------
    >>> frame = Frame(np.ones((1, 5)), geometry=Geometry((0.0, 0.0)))
    >>> Annulus(1, 3).apply(frame).mask.astype(int).tolist()
    [[1, 0, 0, 0, 1]]
    """

    def __init__(
        self,
        inner: float | None = None,
        outer: float | None = None,
        unit: str = "pixel",
        inside: bool = False,
    ) -> None:
        self.inner = inner
        self.outer = outer
        self.unit = unit
        self.inside = inside

    def apply(self, frame: Frame) -> Frame:
        """Return the frame with the larger mask."""
        if self.unit not in UNITS:
            raise UsageError(f"annulus: unit is {self.unit!r}", f"give one of {UNITS}")
        inner, outer = self.inner, self.outer
        if self.unit == "d":
            if any(limit is not None and limit <= 0 for limit in (inner, outer)):
                raise UsageError(f"annulus: d from {inner} to {outer}", "give positive lengths")
            inner, outer = (None if d is None else 20 * np.pi / d for d in (inner, outer))
        if inner is not None and outer is not None and inner > outer:
            raise UsageError(
                f"annulus: inner is {self.inner}, outer is {self.outer} ({self.unit})",
                "give the limit nearer to the beam first",
            )
        if inner is None and outer is None:
            return frame
        distance = self._distance(frame)
        near = np.zeros(frame.shape, bool) if inner is None else distance < inner
        far = np.zeros(frame.shape, bool) if outer is None else distance > outer
        out = ~(near | far) if self.inside else near | far
        return frame.replace(mask=out | ~frame.valid)

    def _distance(self, frame: Frame) -> NDArray[np.float64]:
        geometry = frame.geometry or Geometry()
        if self.unit == "pixel":
            return _radius(geometry, frame.shape)
        try:
            return _q(geometry, frame.shape)
        except ValueError as error:
            raise UsageError(f"annulus: {error}", "or use unit='pixel'") from None


@lru_cache(maxsize=4)
def _radius(geometry: Geometry, shape: tuple[int, int]) -> NDArray[np.float64]:
    return geometry.radius_map(shape)


@lru_cache(maxsize=4)
def _q(geometry: Geometry, shape: tuple[int, int]) -> NDArray[np.float64]:
    """In 1/nm."""
    return geometry.q_map(shape) * 1e-9


SPACE = {
    "inner": Choice(None, 20.0),
    "outer": Choice(None, 200.0),
    "unit": Text("pixel"),  # q and d need a geometry: no search draws them
    "inside": Choice(False, True),
}


@hookimpl
def register_preprocessors(register: RegisterStep) -> None:
    register("annulus", Annulus, SPACE)
