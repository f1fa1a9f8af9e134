import math

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from featcls.errors import UsageError
from featcls.extractors.spots import Spots
from featcls.frame import Frame


def by_name(frame, **params):
    extractor = Spots(**params)
    return dict(zip(extractor.feature_names(), extractor.extract(frame).tolist(), strict=True))


def planted(shape=(120, 140), background=10.0, places=((20, 30), (60, 100), (90, 40))):
    """Gaussian spots of width 1 and 400 photons on counting noise."""
    rows, cols = np.indices(shape)
    mean = np.full(shape, background)
    for row, col in places:
        distance = (rows - row) ** 2 + (cols - col) ** 2
        mean += 400 / (2 * np.pi) * np.exp(-distance / 2)
    return np.random.default_rng(4).poisson(mean)


def naive(frame, gain, threshold, sigma_background, sigma_strong, sizes, half):
    """Count, pixels in spots and their areas by the definition, a pixel at a time."""
    strong = set()
    for r, c in np.argwhere(frame.valid).tolist():
        window = slice(max(r - half, 0), r + half + 1), slice(max(c - half, 0), c + half + 1)
        values = frame.image[window][frame.valid[window]].astype(float)
        if len(values) < 2:
            continue
        mean, variance = values.mean(), values.var(ddof=1)
        dispersed = gain * mean * (1 + sigma_background * math.sqrt(2 / (len(values) - 1)))
        limit = mean + sigma_strong * math.sqrt(gain * mean)
        if variance > dispersed and frame.image[r, c] > max(limit, threshold):
            strong.add((r, c))
    areas = []
    while strong:
        spot, todo = 0, [strong.pop()]
        while todo:
            r, c = todo.pop()
            spot += 1
            near = {(r + i, c + j) for i in (-1, 0, 1) for j in (-1, 0, 1)} & strong
            strong -= near
            todo += near
        areas.append(spot)
    return sorted(area for area in areas if sizes[0] <= area <= sizes[1])


@pytest.mark.parametrize("half", [1, 3, 4])
@pytest.mark.parametrize("gain", [1.0, 0.3])
def test_spots_are_those_of_the_definition(gain, half):
    rng = np.random.default_rng(half)
    image = rng.poisson(3.0, (25, 31)) + 40 * (rng.random((25, 31)) < 0.02)
    frame = Frame(image, rng.random(image.shape) < 0.1)
    wanted = naive(frame, gain, 5.0, 3.0, 2.0, (1, 4), half)
    found = by_name(
        frame, gain=gain, global_threshold=5.0, sigma_background=3.0, sigma_strong=2.0,
        min_spot_size=1, max_spot_size=4, kernel_size=half,
    )  # fmt: skip
    assert wanted
    assert found["count"] == len(wanted)
    assert_allclose(found["fraction"], sum(wanted) / frame.valid.sum())
    assert_allclose(found["area_mean"], np.mean(wanted))
    assert found["area_max"] == max(wanted)


def test_every_planted_spot_is_found_and_measured():
    found = by_name(Frame(planted()))
    assert found["count"] == 3
    assert_allclose(found["log_count"], math.log(4))
    # Less than 400: the window's mean holds a part of the spot, and its rim is not strong.
    assert 150 < math.expm1(found["log_intensity_mean"]) < 400
    assert 0.8 < found["radius_mean"] < 1.6  # sqrt(2) for the whole of a Gaussian of width 1


def test_spots_of_square_root_compressed_frames_are_found():
    image = np.rint(8 * np.sqrt(planted())).clip(0, 255).astype(np.uint8)
    assert by_name(Frame(image))["count"] == 3


def test_a_gain_below_one_finds_fainter_spots_of_square_root_compressed_frames():
    # The noise has variance 8^2 / 4 on a mean of 8 sqrt(60), as counting with gain 0.26.
    image = np.rint(8 * np.sqrt(planted(background=60.0))).clip(0, 255).astype(np.uint8)
    assert by_name(Frame(image))["count"] == 0
    assert by_name(Frame(image), gain=0.25)["count"] == 3


def test_a_masked_spot_does_not_count_and_a_gap_is_not_one():
    image = planted()
    mask = np.zeros(image.shape, bool)
    mask[50:70, 90:110] = True
    mask[:, 70:76] = True
    assert by_name(Frame(image, mask))["count"] == 2


def test_pixels_that_touch_at_a_corner_are_one_spot():
    image = np.zeros((15, 15))
    image[5, 5] = image[6, 6] = 90
    image[9, 9] = 90
    found = by_name(Frame(image), min_spot_size=1)
    assert (found["count"], found["area_max"], found["area_median"]) == (2, 2, 1.5)
    assert_allclose(found["radius_max"], math.sqrt(0.5), rtol=0.01)
    assert by_name(Frame(image), min_spot_size=2)["count"] == 1
    assert by_name(Frame(image), min_spot_size=1, max_spot_size=1)["count"] == 1


def test_the_brightest_pixel_is_measured_above_its_background():
    image = np.full((15, 15), 10.0)
    image[7, 7] = 108.0
    found = by_name(Frame(image), min_spot_size=1)
    assert_allclose(found["log_brightest"], math.log1p(108 - (48 * 10 + 108) / 49))


def test_pixels_up_to_the_threshold_are_not_strong():
    image = np.zeros((15, 15))
    image[5, 5:7] = 90
    assert by_name(Frame(image), global_threshold=90.0)["count"] == 0
    assert by_name(Frame(image), global_threshold=89.0)["count"] == 1


def test_a_background_below_zero_has_no_spot_of_its_own():
    assert by_name(Frame(np.full((20, 20), -5.0)))["count"] == 0


def test_settings_share_their_window_without_mixing():
    frame = Frame(planted())
    settings = [
        {}, {"gain": 4.0}, {"kernel_size": 5}, {"kernel_size": 5, "sigma_strong": 9.0},
    ]  # fmt: skip
    atoms = [atom for params in settings for atom in Spots(**params).atoms()]
    for params, found in zip(settings, Spots.compute(frame, atoms), strict=True):
        assert_array_equal(found, Spots(**params).extract(frame))


@pytest.mark.parametrize(
    "params", [{"gain": 0.0}, {"kernel_size": 0}, {"max_spot_size": 2, "min_spot_size": 3}]
)
def test_parameters_that_cannot_be_meant_are_refused(params):
    with pytest.raises(UsageError, match=f"spots: {next(iter(params))} is"):
        Spots(**params).extract(Frame(planted()))
