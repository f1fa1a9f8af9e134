"""Settings of a beam and a flat detector, and what any setting may be."""

import os
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from featcls.errors import UsageError, unknown

POSITIVE = ("photons", "beam_width", "wavelength", "pixel", "distance", "crystal_scale")
SHARES = ("belt", "strip", "ice_share", "empty_share")
SIGNED = ("bottom", "volume_mean")
ALLOWED = {
    "noise_order": ("paper", "nanobragg"),
    "tiling": ("", "pilatus", "eiger", "cspad", "rayonix", "pnccd", "mcp"),
    "labels": ("signal", "volume", "n_spots", "ke"),
    "particles": ("hits", "droplets", "four"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Camera:
    """Beam and detector. Lengths are in metres, the wavelength in angstrom."""

    name: str
    wavelength: float = 1.5
    # No beam centre means the middle of the image.
    shape: tuple[int, int] = (512, 512)
    pixel: float = 172e-6
    distance: float = 80e-3
    beam_center: tuple[float, float] | None = None
    tiling: str = ""
    psf: float = 30e-6  # 0: none
    noise_order: str = "paper"
    photon_gain: float = 1.0  # counts a photon
    gain_rms: float = 0.04
    read_noise: float = 3.0
    offset: float = 10.0
    bottom: float = 0.0
    saturation: float = 65025.0
    hot_pixels: int = 0
    border_gain: float = 1.0  # of the double rows between pairs of chips, in tiling "cspad"
    low_gain_spacing: float = 0.0  # above it (angstrom) pixels count in steps of seven
    # Shadows: radius of a beam stop with a horizontal arm, share of light that a Kapton belt takes
    # from half the frame, share of the rows at the lower edge that nothing reaches.
    beamstop: float = 0.0
    belt: float = 0.0
    strip: float = 0.0

    def __post_init__(self) -> None:
        for field in fields(self):
            _check(field.name, getattr(self, field.name), field.default)
        if min(self.shape) < 1:
            raise UsageError(f"shape is {self.shape}; give 1 or more")
        if np.prod(self.shape, dtype=float) * 64 > _memory():
            raise UsageError(f"shape is {self.shape}: a shot would take more than the memory")

    @property
    def center(self) -> tuple[float, float]:
        """Where the beam meets the detector: (row, column), 0 = centre of the first pixel."""
        rows, cols = self.shape
        return self.beam_center or ((rows - 1) / 2, (cols - 1) / 2)

    @property
    def widest(self) -> float:
        """Largest scattering angle on the detector, radians, with two pixels to spare."""
        far_row, far_col = (
            max(middle, size - 1 - middle) + 2
            for middle, size in zip(self.center, self.shape, strict=True)
        )
        return float(np.arctan2(np.hypot(far_row, far_col) * self.pixel, self.distance))


def _check(name: str, value: Any, default: Any) -> None:
    """Refuse a value of the wrong kind or out of its range."""
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if isinstance(default, (int, float)):
        if not number or (isinstance(default, int) and not isinstance(value, int)):
            kind = "a whole number" if isinstance(default, int) else "a number"
            raise UsageError(f"{name} is {value!r}; give {kind}")
        if name in POSITIVE and not value > 0:
            raise UsageError(f"{name} is {value}; give a number above 0")
        if name in SHARES and not 0 <= value <= 1:
            raise UsageError(f"{name} is {value}; give a share from 0 to 1")
        if name not in SIGNED and not 0 <= value < np.inf:
            raise UsageError(f"{name} is {value}; give 0 or more")
    elif isinstance(default, tuple) and (
        not isinstance(value, tuple) or len(value) != len(default)
    ):
        raise UsageError(f"{name} is {value!r}; give {len(default)} numbers")
    elif isinstance(value, tuple) and not np.isfinite(value).all():
        raise UsageError(f"{name} is {value!r}; give finite numbers")
    elif name in ALLOWED and value not in ALLOWED[name]:
        raise UsageError(unknown(name, str(value), ALLOWED[name]))


def _memory() -> float:
    """Bytes of physical memory."""
    return float(os.sysconf("SC_PAGE_SIZE")) * os.sysconf("SC_PHYS_PAGES")
