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
    found, correlation = estimate_center(frames)
    assert np.hypot(found[0] - center[0], found[1] - center[1]) < 0.5
    assert correlation > 0.8


def test_simulated_diffraction_is_found_within_two_pixels():
    from featcls.dataset import open_dataset

    data = open_dataset(None, reader="simulate", options={"n": 20, "seed": 3})
    frames = [data.frame(i) for i in range(20)]
    found, _ = estimate_center(frames)
    center = frames[0].geometry.beam_center
    assert np.hypot(found[0] - center[0], found[1] - center[1]) < 2


def test_frames_that_tell_nothing_are_refused():
    with pytest.raises(DataError, match="no frame"):
        estimate_center([])
    with pytest.raises(DataError, match="flat"):
        estimate_center([Frame(np.full((8, 8), 3))])
    with pytest.raises(DataError, match="shapes"):
        estimate_center([Frame(np.ones((8, 8))), Frame(np.ones((8, 9)))])
