"""Bad pixels found from frames."""

import numpy as np
import pytest

from featcls.detector.bad_pixels import find_bad_pixels
from featcls.errors import DataError
from featcls.frame import Frame


def stack(n=60, shape=(80, 90), seed=0):
    """Poisson rings with Bragg spots that come and go."""
    rng = np.random.default_rng(seed)
    rows, cols = np.indices(shape)
    light = 4 + 20 * np.exp(-(((np.hypot(rows - 40, cols - 45) - 25) / 8) ** 2))
    images = rng.poisson(light, (n, *shape)).astype(np.int32)
    for image in images[rng.random(n) < 0.5]:
        at = rng.integers(2, 78, (30, 2))
        image[at[:, 0], at[:, 1]] += rng.integers(50, 5000, 30)
    return images, rng


def test_hot_warm_and_dead_pixels_are_found_and_nothing_else():
    images, rng = stack()
    images[:, 10, 20] += 300  # hot
    images[rng.random(60) < 0.3, 30, 40] += 300  # warm
    images[:, 50, 60] = 0  # dead
    images[:, 55, 10] = 7  # stuck
    found = find_bad_pixels(Frame(image) for image in images)
    assert np.argwhere(found.hot).tolist() == [[10, 20]]
    assert np.argwhere(found.warm).tolist() == [[30, 40]]
    assert np.argwhere(found.dead).tolist() == [[50, 60], [55, 10]]
    assert found.mask.sum() == sum(found.counts().values()) == 4


def test_masked_pixels_are_left_out():
    images, _ = stack(20)
    images[:, 10, 20] += 300
    mask = np.zeros(images.shape[1:], bool)
    mask[8:13] = True
    assert not find_bad_pixels(Frame(image, mask) for image in images).mask.any()


def test_a_flat_dark_frame_has_no_dead_pixel():
    frames = [Frame(np.zeros((20, 20), np.uint16)) for _ in range(12)]
    assert not find_bad_pixels(frames).mask.any()


def test_too_few_or_mixed_frames_are_refused():
    with pytest.raises(DataError, match="3 frames are too few"):
        find_bad_pixels(Frame(np.ones((9, 9))) for _ in range(3))
    with pytest.raises(DataError, match="shapes"):
        find_bad_pixels([Frame(np.ones((9, 9))), Frame(np.ones((9, 8)))])
