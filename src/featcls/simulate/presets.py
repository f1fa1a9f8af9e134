"""Named, frozen settings.

A preset is versioned by its name: changing a number means a new version, never an edit.
"""

from dataclasses import fields, replace
from typing import Any

from featcls.errors import UsageError, unknown
from featcls.simulate.camera import Camera
from featcls.simulate.detectors import DETECTORS, with_detector
from featcls.simulate.settings import Preset
from featcls.simulate.spi.settings import SPI_PRESETS

_HC = 12398.42  # eV angstrom
_SCREENED: dict[str, Any] = {  # what the five screening runs have in common
    "labels": "ke",
    "photons": 5e11,
    "beam_width": 5e-6,
    "jet_sigma": 0.5,
    "volume_sigma": 2.0,
}
_CSPAD: dict[str, Any] = {  # in vacuum: no air
    **_SCREENED,
    **DETECTORS["cspad"],
    "air": 0.0,
    "streak": 0.3,
    "distance": 120e-3,
}
_RAYONIX: dict[str, Any] = {
    **_SCREENED,
    **DETECTORS["rayonix-mx170"],
    "air": 50e-3,
    "distance": 120e-3,
}

_PRESETS = (
    Preset(name="diffranet-text@1"),
    # Fitted by eye to the published figure: a brighter background, spots that die near the edge,
    # bright pixels in every frame, and a jet that varies, so that brightness does not tell the
    # class.
    Preset(
        name="diffranet-figure@1", photons=13e12, crystal_scale=5.2e6, jet_sigma=0.5, hot_pixels=22
    ),
    # One untuned guess of what differs at a beamline: darker, farther, worse crystals, modules.
    Preset(
        name="real-like@1",
        photons=0.4e12,
        crystal_scale=5.2e6,
        jet_sigma=0.5,
        distance=160e-3,
        mosaic=0.8,
        volume_mean=0.0,
        offset=2.0,
        read_noise=1.0,
        psf=10e-6,
        hot_pixels=22,
        beamstop=4e-3,
        tiling="pilatus",
    ),
    # Ke et al. (2018), table 1 and sections 3.1 and 3.2; what those leave open is our guess.
    Preset(
        name="L498@1",
        **_CSPAD,
        wavelength=_HC / 9773,
        cell=(93.0, 93.0, 130.0, 90.0, 90.0, 120.0),
        space_group="P6122",
        blocks=(12, 12, 9),
        b_factor=15.0,
        mosaic=0.05,
        crystal_scale=3e2,
        volume_mean=-1.0,
    ),
    Preset(
        name="LG36@1",
        **_CSPAD,
        wavelength=_HC / 7088,
        cell=(118.0, 224.0, 331.0, 90.0, 90.0, 90.0),
        blocks=(9, 5, 3),
        mosaic=0.15,
        b_factor=60.0,
        crystal_scale=2e4,
        volume_mean=-0.3,
        low_gain_spacing=3.2,
        strip=0.24,
    ),
    Preset(
        name="LN84@1",
        **_RAYONIX,
        wavelength=_HC / 9516,
        cell=(118.0, 223.0, 311.0, 90.0, 90.0, 90.0),
        blocks=(9, 5, 3),
        mosaic=0.15,
        b_factor=60.0,
        crystal_scale=1e4,
        volume_mean=-0.5,
        belt=0.3,
        disorder=40.0,
    ),
    Preset(
        name="LN83@1",
        **_RAYONIX,
        wavelength=_HC / 9498,
        cell=(73.0, 96.0, 119.0, 90.0, 90.0, 90.0),
        blocks=(15, 11, 9),
        mosaic=0.15,
        b_factor=25.0,
        crystal_scale=3e3,
        volume_mean=0.0,
        lattices=4,
        belt=0.3,
    ),
    Preset(
        name="LO19@1",
        **_RAYONIX,
        wavelength=_HC / 9442,
        cell=(42.0, 52.0, 88.0, 90.0, 90.0, 90.0),
        blocks=(26, 21, 12),
        mosaic=0.15,
        b_factor=20.0,
        crystal_scale=3e3,
        volume_mean=-0.3,
        lattices=3,
        streak=0.5,
    ),
)
DEFAULT_PRESET = "diffranet-figure"
_FIRST = {preset.name: preset for preset in _PRESETS}
# The shadow ends where the lower chips do; the paper saw overlapping lattices in LN84 too.
_SECOND = {
    "LG36@2": replace(_FIRST["LG36@1"], name="LG36@2", strip=0.2465),
    "LN84@2": replace(_FIRST["LN84@1"], name="LN84@2", lattices=3),
}
PRESETS: dict[str, Camera] = {**_FIRST, **_SECOND, **SPI_PRESETS}


def find_preset(name: str, **changes: Any) -> Camera:
    """Preset by name; without ``@version`` the newest.

    Parameters
    ----------
    name : str
        As in `PRESETS`.
    **changes
        Fields of the preset to set otherwise; the name then ends in ``+``. ``detector`` sets
        those of a detector in `DETECTORS`.

    Returns
    -------
    Preset or SpiPreset

    Raises
    ------
    UsageError
        Unknown name, field or detector, or a value that cannot be.

    Examples
    --------
    >>> find_preset("diffranet-text").name
    'diffranet-text@1'
    >>> find_preset("diffranet-text", distance=0.16).distance
    0.16
    """
    versions = [known for known in PRESETS if name in (known, known.split("@")[0])]
    if not versions:
        raise UsageError(unknown("preset", name, PRESETS))
    preset = PRESETS[max(versions, key=lambda known: int(known.split("@")[1]))]
    known_fields = {field.name for field in fields(preset)} - {"name"}
    changes = with_detector(changes)
    for field in changes:
        if field not in known_fields:
            raise UsageError(unknown("field of a preset", field, {*known_fields, "detector"}))
    return replace(preset, name=f"{preset.name}+", **changes) if changes else preset
