import numpy as np
import pytest

from featcls.drift.health import NAMES, health
from featcls.frame import Frame
from featcls.geometry import Geometry


def figures(image, mask=None, **more):
    return dict(zip(NAMES, health(Frame(image, mask, **more)).tolist(), strict=True))


@pytest.fixture(scope="module")
def image():
    return np.random.default_rng(0).poisson(100, (200, 300)).astype(np.uint16)


def test_the_dtype_and_what_lies_under_the_mask_change_nothing(image):
    mask = np.zeros(image.shape, bool)
    mask[40:60] = True
    other = image.copy()
    other[mask] = 60_000
    found = figures(image, mask)
    assert figures(other.astype(np.float32), mask) == found
    assert found["masked"] == pytest.approx(0.1, abs=0.02)
    assert found["mask row"] == pytest.approx(-0.5, abs=0.02)


def test_noise_and_levels_are_those_of_the_pixels(image):
    found = figures(image)
    assert (found["rows"], found["columns"], found["masked"]) == (200, 300, 0)
    assert found["level"] == pytest.approx(100, abs=1)
    # Mean difference of two normal values: 2 / sqrt(pi) standard deviations.
    assert np.exp(found["noise"]) == pytest.approx(20 / np.sqrt(np.pi), rel=0.03)


def test_a_ring_is_seen_about_the_beam_and_not_elsewhere():
    row, col = np.indices((200, 200))
    image = np.full((200, 200), 100.0)
    radius = np.hypot(row - 60, col - 80)
    width = np.hypot(139, 119) / 32
    image[(radius / width).astype(int) == 12] = 150
    found = figures(image, geometry=Geometry(beam_center=(60.0, 80.0)))
    assert found["ring 12"] == pytest.approx(0.5)
    assert found["ring 11"] == pytest.approx(-0.2)
    assert found["ring 20"] == 0
    assert abs(figures(image)["ring 12"]) < 0.2


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (7, 1), (2, 2)])
def test_tiny_empty_and_negative_frames_have_finite_figures(shape):
    for image in (np.zeros(shape), np.full(shape, -3.0), np.full(shape, np.nan)):
        assert np.isfinite(health(Frame(image))).all()
