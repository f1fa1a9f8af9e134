import numpy as np
import pytest
from scipy import ndimage

from featcls.simulate.presets import find_preset
from featcls.simulate.tiles import radius_map, tiles


def maps(**changes):
    return tiles(find_preset("diffranet-text", **changes))


def test_plain_detector_has_neither_gap_nor_shadow():
    plain = maps()
    assert not plain.dead.any()
    assert not plain.low_gain.any()
    assert (plain.shadow == 1).all()


def test_cspad_has_64_chips_of_185_by_194():
    cspad = maps(tiling="cspad", shape=(1765, 1765), pixel=110e-6)
    pairs, n = ndimage.label(~cspad.dead)
    assert n == 32
    for rows, cols in ndimage.find_objects(pairs):
        sides = sorted((rows.stop - rows.start, cols.stop - cols.start))
        assert sides == [185, 2 * 194]
    # The beam passes between the quadrants, and each pair has one double row of border.
    assert cspad.dead[880:885, 880:885].all()
    assert cspad.border.sum() == 32 * 2 * 185
    assert not (cspad.border & cspad.dead).any()


def test_cspad_looks_the_same_from_four_sides():
    dead = maps(tiling="cspad", shape=(1765, 1765)).dead
    assert (np.rot90(dead) == dead).all()


def test_pilatus_modules_are_195_by_487():
    modules, n = ndimage.label(~maps(tiling="pilatus", shape=(619, 981)).dead)
    assert n == 6
    assert {
        (rows.stop - rows.start, cols.stop - cols.start)
        for rows, cols in ndimage.find_objects(modules)
    } == {(195, 487)}


def test_rayonix_has_a_hole_for_the_beam():
    settings = find_preset("diffranet-text", tiling="rayonix")
    dead = tiles(settings).dead
    assert dead.sum() * settings.pixel**2 == pytest.approx(np.pi * 4e-3**2, rel=0.02)
    assert dead[255, 255]


def test_beamstop_shades_a_disc_and_a_row():
    shadow = maps(beamstop=5e-3).shadow
    assert shadow[255, 255] == 0
    assert shadow[255, 400] == shadow[254, 10] == 0.25
    assert shadow[200, 400] == 1
    assert (shadow[:, 400] == 0.25).sum() in (5, 6)


def test_belt_and_strip_shade_their_parts():
    shadow = maps(belt=0.4, strip=0.25).shadow
    assert shadow[100, 100] == pytest.approx(0.6)
    assert shadow[300, 100] == 1
    assert (shadow[-128:] == 0).all()
    assert shadow[-129, 0] == 1


def test_low_gain_ends_at_its_spacing():
    settings = find_preset("diffranet-text", low_gain_spacing=5.0)
    low = tiles(settings).low_gain
    edge = radius_map(settings)[low].max() * settings.pixel
    two_theta = np.arctan(edge / settings.distance)
    assert settings.wavelength / (2 * np.sin(two_theta / 2)) == pytest.approx(5.0, rel=0.02)
