import numpy as np
import pytest

from featcls.errors import UsageError
from featcls.frame import Frame
from featcls.geometry import Geometry
from featcls.preprocess.annulus import Annulus

GEOMETRY = Geometry((20.0, 25.0), 1e-4, 0.05, 1e-10)
FRAME = Frame(np.ones((41, 51)), geometry=GEOMETRY)
RADIUS = np.hypot(np.arange(41)[:, None] - 20, np.arange(51) - 25)


def test_pixels_between_the_limits_count_and_the_rest_does_not():
    assert np.array_equal(Annulus(5, 12).apply(FRAME).valid, (RADIUS >= 5) & (RADIUS <= 12))
    assert np.array_equal(Annulus(5).apply(FRAME).valid, RADIUS >= 5)
    ring = Annulus(5, 12, inside=True).apply(FRAME)
    assert np.array_equal(ring.mask, (RADIUS >= 5) & (RADIUS <= 12))
    assert Annulus().apply(FRAME) is FRAME


def test_q_and_d_are_two_names_of_the_same_rings():
    # 10 pixels of 0.1 mm at 50 mm: 2 theta = atan(0.02), q = 4 pi sin(theta) / 0.1 nm.
    q = 4 * np.pi * np.sin(np.arctan(0.02) / 2) / 0.1
    assert q == pytest.approx(1.2564, rel=1e-3)
    assert np.array_equal(Annulus(q * 1.0001, unit="q").apply(FRAME).valid, RADIUS > 10)
    d = 20 * np.pi / q  # Angstrom
    assert np.array_equal(Annulus(d * 0.9999, unit="d").apply(FRAME).valid, RADIUS > 10)


def test_masks_are_joined():
    mask = np.zeros(FRAME.shape, bool)
    mask[20, 30] = True
    assert Annulus(2, 9).apply(FRAME.replace(mask=mask)).mask[20, 30]


@pytest.mark.parametrize(
    ("annulus", "words"),
    [
        (Annulus(9, 5), "inner is 9, outer is 5"),
        (Annulus(3.6, 3.7, "d"), "nearer to the beam first"),
        (Annulus(-1, 3, "d"), "positive"),
        (Annulus(1, 2, "mm"), "'mm'"),
    ],
)
def test_what_cannot_be_meant_is_named(annulus, words):
    with pytest.raises(UsageError, match=words):
        annulus.apply(FRAME)


def test_q_without_a_wavelength_is_refused():
    with pytest.raises(UsageError, match="pixel_size, distance and wavelength"):
        Annulus(1, unit="q").apply(Frame(np.ones((4, 4))))
