"""Spots beside those of nanoBragg, where the variable FEATCLS_NANOBRAGG names its program."""

import numpy as np
import pytest

from featcls.simulate.crystal import domain_rotations, reciprocal_cell, rotation
from featcls.simulate.spots import expose
from test_benchmarks import load

DOMAINS, OVERSAMPLE = 300, 8  # subpixels across: fewer miss spots, as small as they are
TURN = np.array([0.5, -0.1, 0.7, 0.5]) / np.linalg.norm([0.5, -0.1, 0.7, 0.5])
LARGE = {"n": 160}  # the photosystem of the preset
SMALL = {
    "n": 256,  # on fewer pixels its sampling alone moves the flux by 0.5 %
    "cell": (42.0, 52.0, 88.0, 90.0, 90.0, 90.0),
    "blocks": (27, 22, 13),
    "b_factor": 20.0,
    "pixel": 344e-6,
}


@pytest.mark.parametrize("crystal", [LARGE, SMALL], ids=["large cell", "small cell"])
def test_spots_are_those_of_nanobragg(tmp_path, crystal):
    peer = load("nanobragg")
    if not peer.program():
        pytest.skip(f"{peer.VARIABLE} does not name a nanoBragg program")
    preset = peer.settings(**crystal)
    peer.write_factors(tmp_path, preset)
    basis = reciprocal_cell(preset.cell) @ rotation(TURN).T
    # One run a domain, each turned as ours: both then add up the same crystal.
    expected = np.zeros(preset.shape)
    for turn in domain_rotations(DOMAINS, np.deg2rad(preset.mosaic)):
        expected += peer.run(tmp_path, preset, 1.5, basis @ turn.T, OVERSAMPLE)[0] / DOMAINS
    for domains, correlation in ((DOMAINS, 0.999), (0, 0.995)):
        light = np.zeros(preset.shape, np.float32)
        expose(peer.settings(domains=domains, **crystal), 1.0, 1.5, TURN, light)
        assert np.corrcoef(light.ravel(), expected.ravel())[0, 1] > correlation
        assert light.sum(dtype=float) == pytest.approx(expected.sum(), rel=5e-3)
