"""Where the beam meets the detector: pixels to angles and momentum transfer."""

import warnings
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

PLANCK_LIGHT = 1.98644586e-25  # Planck's constant times the speed of light, J m


@dataclass(frozen=True, slots=True)
class Geometry:
    """Beam centre, pixel size, distance and wavelength of a flat detector.

    Parameters
    ----------
    beam_center : (float, float), optional
        Row and column; 0 is the centre of the first pixel.
    pixel_size, distance, wavelength : float, optional
        Metres.

    Examples
    --------
    >>> Geometry(beam_center=(1.0, 1.0)).radius_map((3, 3))[1].tolist()
    [1.0, 0.0, 1.0]
    """

    beam_center: tuple[float, float] | None = None
    pixel_size: float | None = None
    distance: float | None = None
    wavelength: float | None = None

    def __post_init__(self) -> None:
        for name in ("pixel_size", "distance", "wavelength"):
            value = getattr(self, name)
            if value is not None and not (np.isfinite(value) and value > 0):
                raise ValueError(f"{name} is {value}; give a positive length in metres")
        if self.beam_center is not None and not np.all(np.isfinite(self.beam_center)):
            raise ValueError(f"beam_center is {self.beam_center}; give finite (row, column)")

    def center(self, shape: tuple[int, int]) -> tuple[float, float]:
        """Beam centre (row, column); the image centre, with a warning, where none is known."""
        if self.beam_center is not None:
            return self.beam_center
        warnings.warn("no beam centre is known; the image centre is taken", stacklevel=2)
        return (shape[0] - 1) / 2, (shape[1] - 1) / 2

    def moved(self, rows: float, cols: float, scale: float = 1.0) -> "Geometry":
        """Geometry of the same detector after a crop at (rows, cols), then binning by `scale`."""
        center = self.beam_center
        if center is not None:
            center = (
                (center[0] - rows + 0.5) / scale - 0.5,
                (center[1] - cols + 0.5) / scale - 0.5,
            )
        size = None if self.pixel_size is None else self.pixel_size * scale
        return replace(self, beam_center=center, pixel_size=size)

    def radius_map(self, shape: tuple[int, int]) -> NDArray[np.float64]:
        """Distance of each pixel from the beam centre, in pixels, (rows, cols)."""
        rows, cols = self._offsets(shape)
        return np.hypot(rows, cols)

    def phi_map(self, shape: tuple[int, int]) -> NDArray[np.float64]:
        """Azimuth of each pixel in radians, 0 along the columns, (rows, cols)."""
        rows, cols = self._offsets(shape)
        return np.arctan2(rows, cols)

    def q_map(self, shape: tuple[int, int]) -> NDArray[np.float64]:
        """Momentum transfer 4 pi sin(theta) / wavelength of each pixel in 1/m, (rows, cols)."""
        if self.pixel_size is None or self.distance is None or self.wavelength is None:
            raise ValueError("q needs pixel_size, distance and wavelength; give all three")
        two_theta = np.arctan2(self.radius_map(shape) * self.pixel_size, self.distance)
        return np.asarray(4 * np.pi * np.sin(two_theta / 2) / self.wavelength)

    def _offsets(self, shape: tuple[int, int]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        row, col = self.center(shape)
        rows = np.arange(shape[0], dtype=np.float64)[:, None] - row
        cols = np.arange(shape[1], dtype=np.float64)[None, :] - col
        return rows, cols
