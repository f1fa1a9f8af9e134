"""Settings of the serial-crystallography simulator, and what they may be."""

import os
from dataclasses import dataclass

import numpy as np

from featcls.errors import UsageError, unknown
from featcls.simulate.crystal import reciprocal_cell
from featcls.simulate.symmetry import operators


@dataclass(frozen=True, slots=True)
class Preset:
    """Everything a shot depends on beside its seed and index.

    Lengths are in metres, angles in degrees; wavelength, cell and B factors are in the
    crystallographer's angstrom. The defaults are the text of the DiffraNet paper, appendix A.
    """

    name: str
    # Beam: photons a pulse, in a square spot; rms energy jitter = mean, clipped at 0. The
    # wavelength jitters from shot to shot; in-pulse bandwidth (rms) in so many steps.
    photons: float = 1e12
    beam_width: float = 30e-6
    wavelength: float = 1.5
    wavelength_rms: float = 0.005
    bandwidth: float = 0.0
    wavelengths: int = 1
    # Medium: the jet (water, its thickness times lognormal(jet_sigma)) and air.
    water: float = 10e-6
    air: float = 5e-3
    jet_sigma: float = 0.0
    ice_share: float = 0.0  # of the lit shots
    ice_strength: float = 0.5  # of the rings at most, against the water there
    streak: float = 0.0  # of the jet, photons in its brightest pixel over those of the centre
    # Crystal: mosaic is the largest rotation; domains 0 is the closed form. A crystal of volume 1
    # holds crystal_scale mosaic blocks.
    cell: tuple[float, float, float, float, float, float] = (133.0, 226.0, 307.0, 90.0, 90.0, 90.0)
    space_group: str = "P212121"
    structure: str = ""  # a file of structure factors or coordinates instead of a random protein
    scattering: float = 1.024  # sum of f^2 in electrons^2 per cubic angstrom of the cell
    b_factor: float = 80.0
    blocks: tuple[int, int, int] = (8, 5, 4)
    mosaic: float = 0.25
    domains: int = 0
    lattices: int = 1  # in one frame, at most
    crystal_scale: float = 2.7e7
    volume_mean: float = 0.5  # volume: Gaussian of rms 1, clipped at 0, times lognormal(sigma)
    volume_sigma: float = 0.0
    disorder: float = 0.0  # B factor of the lattice disorder that scatters diffusely
    # Detector. No beam centre means the middle of the image.
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
    # Labels.
    labels: str = "signal"

    def __post_init__(self) -> None:
        for name in ("photons", "beam_width", "wavelength", "pixel", "distance", "crystal_scale"):
            if not getattr(self, name) > 0:
                raise UsageError(f"{name} is {getattr(self, name)}; give a number above 0")
        for name in _NOT_NEGATIVE:
            if not getattr(self, name) >= 0:
                raise UsageError(f"{name} is {getattr(self, name)}; give 0 or more")
        reciprocal_cell(self.cell)
        operators(self.space_group)
        if min(self.shape) < 1 or min(self.blocks) < 1:
            raise UsageError(f"shape is {self.shape}, blocks {self.blocks}; give 1 or more")
        if np.prod(self.shape, dtype=float) * 64 > _memory():
            raise UsageError(f"shape is {self.shape}: a shot would take more than the memory")
        if min(self.wavelengths, self.lattices) < 1:
            raise UsageError("wavelengths and lattices count from 1")
        for name in ("belt", "ice_share", "strip"):
            if not 0 <= getattr(self, name) <= 1:
                raise UsageError(f"{name} is {getattr(self, name)}; give a share from 0 to 1")
        for name, allowed in _ALLOWED.items():
            if getattr(self, name) not in allowed:
                raise UsageError(unknown(name, getattr(self, name), allowed))

    @property
    def center(self) -> tuple[float, float]:
        """Where the beam meets the detector: (row, column), 0 = centre of the first pixel."""
        rows, cols = self.shape
        return self.beam_center or ((rows - 1) / 2, (cols - 1) / 2)

    @property
    def q_max(self) -> float:
        """Largest 1 / spacing (1/angstrom) on the detector, wavelength jitter included."""
        far_row, far_col = (
            max(middle, size - 1 - middle) + 2
            for middle, size in zip(self.center, self.shape, strict=True)
        )
        two_theta = np.arctan2(np.hypot(far_row, far_col) * self.pixel, self.distance)
        spread = 5.0 * max(self.wavelength_rms, self.bandwidth)
        return float(2.0 * np.sin(two_theta / 2.0) / (self.wavelength * (1.0 - spread)))


def _memory() -> float:
    """Bytes of physical memory."""
    return float(os.sysconf("SC_PAGE_SIZE")) * os.sysconf("SC_PHYS_PAGES")


_NOT_NEGATIVE = (
    *("wavelength_rms", "bandwidth", "water", "air", "jet_sigma", "ice_strength", "streak"),
    *(
        "scattering",
        "volume_sigma",
        "b_factor",
        "mosaic",
        "domains",
        "disorder",
        "psf",
        "photon_gain",
    ),
    *("gain_rms", "read_noise", "hot_pixels", "beamstop", "border_gain", "low_gain_spacing"),
)
_ALLOWED = {
    "noise_order": ("paper", "nanobragg"),
    "tiling": ("", "pilatus", "cspad", "rayonix"),
    "labels": ("signal", "volume", "n_spots", "ke"),
}
