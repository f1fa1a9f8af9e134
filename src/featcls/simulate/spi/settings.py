"""Settings of single-particle imaging, and the named presets."""

from dataclasses import dataclass

from featcls.simulate.camera import Camera
from featcls.simulate.detectors import DETECTORS


@dataclass(frozen=True, slots=True, kw_only=True)
class SpiPreset(Camera):
    """Beam, particles and detector. Lengths are in metres, sizes of particles in nm."""

    particles: str = "hits"  # which set of labels
    fluence: float = 3e23  # photons / m^2 at the middle of the focus
    fluence_sigma: float = 0.7  # of its lognormal spread over where particles are hit
    density: float = 430.0  # electrons / nm^3 above the surroundings
    empty_share: float = 0.5
    smallest: float = 60.0  # diameter
    largest: float = 75.0
    background: float = 0.05  # photons a pixel at the beam, falling to a third at the edge


_PRESETS = (
    # Bacteriophage PR772 at 1.7 keV on one pnCCD.
    SpiPreset(
        name="spi-hits@1",
        **DETECTORS["pnccd"],
        wavelength=7.29,
        distance=130e-3,
    ),
    # Helium nanodroplets at 31 eV on a channel plate; brightness is set, not derived.
    SpiPreset(
        name="spi-droplets@1",
        particles="droplets",
        wavelength=400.0,
        shape=(512, 512),
        pixel=146e-6,
        distance=65e-3,
        tiling="mcp",
        psf=60e-6,
        photon_gain=4.0,
        gain_rms=0.05,
        read_noise=2.0,
        offset=10.0,
        fluence=2e17,
        empty_share=222 / 7264,
        smallest=300.0,
        largest=900.0,
        background=0.5,
    ),
    # Four kinds of particle at 1.2 keV, as in CXIDB entry 10.
    SpiPreset(
        name="spi-four@1",
        particles="four",
        wavelength=10.3,
        shape=(256, 256),
        pixel=300e-6,
        distance=400e-3,
        tiling="pnccd",
        psf=0.0,
        photon_gain=20.0,
        gain_rms=0.01,
        read_noise=6.0,
        offset=20.0,
        saturation=65535.0,
        fluence=1e23,
        empty_share=0.0,
        smallest=80.0,
        largest=130.0,
    ),
)
SPI_PRESETS = {preset.name: preset for preset in _PRESETS}
