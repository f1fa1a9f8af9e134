"""The beam centre found from frames."""

import numpy as np
import pytest

from featcls.detector.beam import estimate_center
from featcls.errors import DataError
from featcls.frame import Frame


def rings(shape, center, rng):
    rows, cols = np.indices(shape)
    radius = np.hypot(rows - center[0], cols - center[1])
    light = 5 + 40 * np.exp(-(((radius - 60) / 15) ** 2)) + 200 * np.exp(-radius / 20)
    return rng.poisson(light).astype(np.uint16)


@pytest.mark.parametrize("center", [(100.0, 120.0), (83.3, 141.8), (60.5, 60.25)])
def test_rings_are_found_behind_gaps_and_a_beamstop(center):
    rng = np.random.default_rng(1)
    shape = (200, 240)
    rows, cols = np.indices(shape)
    mask = rng.random(shape) < 0.02
    mask[90:97] = True
    mask[:, 150:160] = True
    mask |= np.hypot(rows - center[0], cols - center[1]) < 12
    mask |= (abs(cols - center[1]) < 4) & (rows > center[0])
    frames = [Frame(rings(shape, center, rng), mask) for _ in range(5)]
    found = estimate_center(frames)
    assert np.hypot(*np.subtract(found.position, center)) < 0.5
    assert found.correlation > 0.8
    assert found.sure


def test_simulated_diffraction_is_found_within_two_pixels():
    from featcls.dataset import open_dataset

    data = open_dataset(None, reader="simulate", options={"n": 20, "seed": 3})
    frames = [data.frame(i) for i in range(20)]
    found = estimate_center(frames)
    assert np.hypot(*np.subtract(found.position, frames[0].geometry.beam_center)) < 1


def test_scatter_from_beside_the_beam_makes_the_estimate_unsure():
    rng = np.random.default_rng(1)
    rows, cols = np.ogrid[:200, :240]
    beside = 400 * np.exp(-(((rows - 60) / 50) ** 2) - ((cols - 170) / 50) ** 2)
    image = rings((200, 240), (100, 120), rng) + rng.poisson(beside)
    found = estimate_center([Frame(image)])
    assert found.disagreement > 2
    assert not found.sure


def test_large_frames_are_binned_and_their_centre_is_that_of_the_pixels():
    rows, cols = np.ogrid[:1500, :1300]
    image = 1e4 * np.exp(-(((rows - 700.5) / 300) ** 2) - ((cols - 650.0) / 300) ** 2)
    mask = np.zeros(image.shape, bool)
    mask[690:720] = True
    found = estimate_center([Frame(image.astype(np.uint16), mask)])
    assert found.position == pytest.approx((700.5, 650.0), abs=0.2)


def test_frames_that_tell_nothing_are_refused():
    with pytest.raises(DataError, match="no frame"):
        estimate_center([])
    with pytest.raises(DataError, match="flat"):
        estimate_center([Frame(np.full((8, 8), 3))])
    with pytest.raises(DataError, match="shapes"):
        estimate_center([Frame(np.ones((8, 8))), Frame(np.ones((8, 9)))])
