"""Every field of every kind of preset does something: one that does nothing fails here."""

from dataclasses import fields
from functools import cache

import numpy as np
import pytest

from featcls.simulate import counts
from featcls.simulate.settings import Preset
from featcls.simulate.spi.settings import SpiPreset

CHIPS = {"tiling": "cspad", "shape": (300, 300), "pixel": 172e-6, "background": 5.0}
# What the fields of beam and detector are set to, beside the base they are compared with.
CAMERA = {
    "wavelength": (1.3, {}),
    "shape": ((96, 128), {}),
    "pixel": (400e-6, {}),
    "distance": (0.11, {}),
    "beam_center": ((60.0, 70.0), {}),
    "tiling": ("rayonix", {}),
    "psf": (300e-6, {}),
    "noise_order": ("nanobragg", {"gain_rms": 0.2}),
    "photon_gain": (3.0, {}),
    "gain_rms": (0.2, {}),
    "read_noise": (30.0, {}),
    "offset": (50.0, {}),
    "bottom": (-100.0, {"offset": 0.0, "read_noise": 30.0, "background": 0.0, "photons": 1.0}),
    "saturation": (30.0, {}),
    "hot_pixels": (300, {}),
    "border_gain": (
        3.0,
        {"tiling": "cspad", "shape": (300, 300), "pixel": 172e-6, "background": 5.0},
    ),
    "low_gain_spacing": (4.0, {}),
    "beamstop": (5e-3, {}),
    "belt": (0.5, {}),
    "strip": (0.2, {}),
}
CRYSTAL = {
    **CAMERA,
    "photons": (2e12, {}),
    "beam_width": (60e-6, {}),
    "wavelength_rms": (0.02, {}),
    "bandwidth": (0.01, {"wavelengths": 3}),
    "wavelengths": (3, {"wavelengths": 2, "bandwidth": 0.01}),
    "water": (20e-6, {}),
    "air": (50e-3, {}),
    "jet_sigma": (0.5, {}),
    "ice_share": (1.0, {}),
    "ice_strength": (2.0, {"ice_share": 1.0}),
    "streak": (1.0, {}),
    "cell": ((117.0, 222.0, 308.0, 90.0, 90.0, 90.0), {}),
    "space_group": ("P21", {}),
    "scattering": (2.0, {}),
    "b_factor": (20.0, {}),
    "blocks": ((4, 3, 2), {}),
    "mosaic": (0.5, {}),
    "domains": (20, {}),
    "lattices": (6, {}),
    "crystal_scale": (1e7, {}),
    "volume_mean": (2.0, {}),
    "volume_sigma": (1.0, {}),
    "disorder": (40.0, {}),
    "labels": ("ke", {}),
    "structure": ("f.hkl", {}),
}
PARTICLE = {
    **CAMERA,
    "wavelength": (9.0, {}),
    "low_gain_spacing": (60.0, {}),
    "particles": ("four", {}),
    "fluence": (3e24, {}),
    "fluence_sigma": (2.0, {}),
    "density": (900.0, {}),
    "empty_share": (1.0, {}),
    "smallest": (20.0, {}),
    "largest": (150.0, {}),
    "background": (20.0, {}),
}
# The shots that are looked at: a good crystal, a single particle.
KINDS = {
    Preset: (CRYSTAL, "diffranet-text", 5, {"shape": (128, 128), "pixel": 688e-6}),
    SpiPreset: (PARTICLE, "spi-hits", 3, {"shape": (128, 128), "pixel": 300e-6}),
}
CASES = [(kind, field) for kind, (table, *_) in KINDS.items() for field in table]


@cache
def unchanged(preset, index, base):
    return counts(preset, 5, index, **dict(base))


@pytest.mark.parametrize(("kind", "field"), CASES, ids=[f"{k.__name__}-{f}" for k, f in CASES])
def test_the_field_changes_the_shot(tmp_path, kind, field):
    table, preset, index, small = KINDS[kind]
    value, base = table[field]
    if field == "structure":
        value = str(tmp_path / value)
        with open(value, "w") as file:
            file.writelines(f"{h} {k} 7 5000\n" for h, k in np.ndindex(40, 40))
    known = {one.name for one in fields(kind)}
    base = {**small, **{name: to for name, to in base.items() if name in known}}
    frame, truth = unchanged(preset, index, tuple(base.items()))
    changed, other = counts(preset, 5, index, **{**base, field: value})
    if field in ("labels", "shape"):
        assert truth["label"] != other["label"] or frame.shape != changed.shape
    else:
        assert (frame != changed).mean() > 1e-3


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_is_tested(kind):
    assert set(KINDS[kind][0]) == {field.name for field in fields(kind)} - {"name"}
