"""Settings of serial crystallography."""

from dataclasses import dataclass

import numpy as np

from featcls.errors import UsageError
from featcls.simulate.camera import Camera
from featcls.simulate.crystal import reciprocal_cell
from featcls.simulate.symmetry import operators


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset(Camera):
    """Everything a shot depends on beside its seed and index.

    Lengths are in metres, angles in degrees; wavelength, cell and B factors are in the
    crystallographer's angstrom. The defaults are the text of the DiffraNet paper, appendix A.
    """

    # Beam: photons a pulse, in a square spot; rms energy jitter = mean, clipped at 0. The
    # wavelength jitters from shot to shot; in-pulse bandwidth (rms) in so many steps.
    photons: float = 1e12
    beam_width: float = 30e-6
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
    # Labels.
    labels: str = "signal"

    def __post_init__(self) -> None:
        Camera.__post_init__(self)
        reciprocal_cell(self.cell)
        operators(self.space_group)
        if min(*self.blocks, self.wavelengths, self.lattices) < 1:
            raise UsageError("blocks, wavelengths and lattices count from 1")
        if self.bandwidth and self.wavelengths == 1:
            raise UsageError("bandwidth needs several wavelengths; set wavelengths to 5 or so")

    @property
    def q_max(self) -> float:
        """Largest 1 / spacing (1/angstrom) on the detector, wavelength jitter included."""
        spread = 5.0 * max(self.wavelength_rms, self.bandwidth)
        return float(2.0 * np.sin(self.widest / 2.0) / (self.wavelength * (1.0 - spread)))
