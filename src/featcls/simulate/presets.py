"""Named, frozen settings of the simulator.

A preset is versioned by its name: changing a number means a new version, never an edit.
"""

from dataclasses import dataclass

from featcls.errors import UsageError, unknown


@dataclass(frozen=True, slots=True)
class Preset:
    """Everything a shot depends on beside its seed and index.

    Lengths are in metres; wavelength, cell and B factor are in the crystallographer's angstrom.
    The defaults are the text of the DiffraNet paper, appendix A.
    """

    name: str
    # Beam: photons a pulse, their spread (Gaussian with rms = mean, clipped at 0) and wavelength.
    photons: float = 1e12
    beam_width: float = 30e-6
    wavelength: float = 1.5
    wavelength_rms: float = 0.005
    # Sample: the jet (water, its thickness times lognormal(jet_sigma)), air, and the crystal.
    water: float = 10e-6
    air: float = 5e-3
    jet_sigma: float = 0.0
    cell: tuple[float, float, float] = (133.0, 226.0, 307.0)
    electrons_squared: float = 2.1e5 * 45.0
    b_factor: float = 80.0
    blocks: tuple[int, int, int] = (8, 5, 4)
    mosaic: float = 0.25
    crystal_scale: float = 2.7e7
    volume_mean: float = 0.5
    # Detector: beam centre is the middle of the image.
    shape: tuple[int, int] = (512, 512)
    pixel: float = 172e-6
    distance: float = 80e-3
    psf: float = 30e-6
    gain_rms: float = 0.04
    read_noise: float = 3.0
    offset: float = 10.0
    saturation: float = 65025.0
    hot_pixels: int = 0


_PRESETS = (
    Preset("diffranet-text@1"),
    # Fitted by eye to the published figure: a brighter background, spots that die near the edge,
    # bright pixels in every frame, and a jet that varies, so that brightness does not tell the
    # class.
    Preset(
        "diffranet-figure@1",
        photons=13e12,
        crystal_scale=5.2e6,
        jet_sigma=0.5,
        hot_pixels=22,
    ),
)
PRESETS = {preset.name: preset for preset in _PRESETS}


def find_preset(name: str) -> Preset:
    """Preset by name; without ``@version`` the newest.

    Raises
    ------
    UsageError
        Unknown name; the message lists the known ones.

    Examples
    --------
    >>> find_preset("diffranet-text").name
    'diffranet-text@1'
    """
    versions = [known for known in PRESETS if known == name or known.split("@")[0] == name]
    if not versions:
        raise UsageError(unknown("preset", name, PRESETS))
    return PRESETS[max(versions, key=lambda known: int(known.split("@")[1]))]
