import numpy as np
import pytest
from numpy.testing import assert_allclose

from featcls.simulate.background import (
    air_curve,
    fields,
    form_factor,
    ice_curve,
    water_curve,
)
from featcls.simulate.presets import find_preset
from featcls.simulate.tiles import radius_map


def s_map(settings):
    two_theta = np.arctan(radius_map(settings) * settings.pixel / settings.distance)
    return np.sin(two_theta / 2) / settings.wavelength


def test_form_factors_begin_at_the_number_of_electrons():
    for element, electrons in (("H", 1), ("N", 7), ("O", 8)):
        assert form_factor(element, np.zeros(1))[0] == pytest.approx(electrons, rel=2e-3)


def test_curves_tend_to_known_limits():
    zero, far = np.zeros(1), np.full(1, 6.0)
    # Two nitrogen atoms in phase: (2 x 7)^2. Water: compressibility, 0.064 x 10^2.
    assert air_curve(zero)[0] == pytest.approx(196, rel=0.01)
    assert water_curve(zero)[0] == pytest.approx(6.4, rel=0.01)
    # Far out every electron scatters for itself.
    assert water_curve(far)[0] == pytest.approx(10, rel=0.12)


def test_water_ring_peaks_at_3_1_angstrom():
    s = np.linspace(0.05, 0.3, 2000)
    assert 0.5 / s[np.argmax(water_curve(s))] == pytest.approx(3.1, abs=0.15)


def test_frame_follows_the_stated_curves_in_absolute_photons():
    settings = find_preset("diffranet-text")
    field, s = fields(settings), s_map(settings)
    two_theta = 2 * np.arcsin(s * settings.wavelength)
    distance = settings.distance / np.cos(two_theta)
    solid_angle = settings.pixel**2 * settings.distance / distance**3
    polarisation = (1 + np.cos(two_theta) ** 2) / 2
    expected = 1e12 * 2.8179403e-15**2 * solid_angle * polarisation
    assert_allclose(field.water, expected * 3.34e28 * 10e-6 * water_curve(s), rtol=1e-5)
    assert_allclose(field.air, expected * 2.6e25 * 5e-3 * air_curve(s), rtol=1e-5)
    assert (field.water + field.air).max() == pytest.approx(1012, rel=0.01)


def test_ice_rings_stand_at_their_spacings():
    s = np.linspace(0.1, 0.25, 30001)
    curve = ice_curve(s)
    peaks = s[1:-1][(curve[1:-1] > curve[:-2]) & (curve[1:-1] >= curve[2:]) & (curve[1:-1] > 0.1)]
    assert_allclose(0.5 / peaks, [3.90, 3.67, 3.44, 2.67, 2.25], atol=2e-3)


def test_disorder_scatters_what_the_spots_lose():
    settings = find_preset("diffranet-text", disorder=30.0)
    ratio = (
        fields(settings).disorder / fields(find_preset("diffranet-text", disorder=15.0)).disorder
    )
    s2 = s_map(settings) ** 2
    assert_allclose(ratio, np.expm1(-60 * s2) / np.expm1(-30 * s2), rtol=1e-4)
    assert fields(find_preset("diffranet-text")).disorder.max() == 0


def test_streak_lies_along_the_row_of_the_beam():
    streak = fields(find_preset("diffranet-text", streak=2.0)).streak
    # The beam falls between pixels, half a pixel off the ridge.
    assert streak.max() == pytest.approx(2 * 1012, rel=0.02)
    assert streak[255, 100] > 10 * streak[240, 255]
    assert streak[255, 100] > 2 * streak[255, 5]
