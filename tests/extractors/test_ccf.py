import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from featcls.errors import UsageError
from featcls.extractors.ccf import CCF
from featcls.frame import Frame
from featcls.geometry import Geometry

CENTRE = Geometry(beam_center=(64.0, 64.0))
RADIUS, PHI = CENTRE.radius_map((129, 129)), CENTRE.phi_map((129, 129))
RNG = np.random.default_rng(0)
NOISE = RNG.normal(100.0, 5.0, RADIUS.shape)


def features(image, mask=None, **params):
    ccf = CCF(**({"n_rings": 32, "r_min": 8.0} | params))
    vector = ccf.extract(Frame(image, mask, geometry=CENTRE))
    return dict(zip(ccf.feature_names(), vector.tolist(), strict=True))


def orders(found):
    """Power (n_max,) of each order, the mean of the bands."""
    powers = {name: value for name, value in found.items() if name.startswith("power")}
    return np.reshape([*powers.values()], (12, -1)).mean(axis=1)


@pytest.mark.parametrize("fold", [1, 2, 3, 5, 12])
def test_a_wave_has_all_its_power_in_its_order(fold):
    power = orders(features(100 + np.cos(fold * PHI + 0.3)))
    assert power[fold - 1] > 0.97
    assert power.sum() < 1.001


def test_a_four_fold_pattern_has_power_in_multiples_of_four_only():
    power = orders(features(np.exp(3 * np.cos(4 * PHI)) * np.exp(-RADIUS / 50)))
    assert power[[3, 7, 11]].min() > 0.02
    assert np.delete(power, [3, 7, 11]).max() < 1e-6


def test_a_round_image_varies_between_rings_alone():
    found = features(1000 * np.exp(-RADIUS / 30))
    assert found["profile_b0"] > found["profile_b1"] > found["profile_b2"] > found["profile_b3"]
    assert all(found[f"angular_b{band}"] < 1e-3 for band in range(4))


def test_radial_streaks_are_coherent_and_noise_is_not():
    streaks = features(100 + 20 * (np.cos(PHI * 9) > 0.9))
    assert all(streaks[f"coherence_d{distance}"] > 0.8 for distance in (1, 2, 4, 8, 16))
    noise = features(NOISE)
    assert all(abs(noise[f"coherence_d{distance}"]) < 0.1 for distance in (4, 8, 16))


def test_a_quarter_turn_leaves_all_features():
    image = NOISE + 10 * np.cos(3 * PHI)
    mask = 5 * np.cos(PHI) + 20 > RADIUS
    wanted = [*features(image, mask).values()]
    assert_allclose([*features(np.rot90(image), np.rot90(mask)).values()], wanted, atol=1e-4)


def test_brightness_and_contrast_do_not_matter():
    assert_allclose([*features(7 + 3 * NOISE).values()], [*features(NOISE).values()], atol=1e-3)


def test_masked_segments_do_not_look_like_signal():
    unmasked, masked = [], []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        noise = rng.normal(100.0, 5.0, RADIUS.shape)
        gap = rng.integers(20, 100)
        mask = (np.abs(PHI - rng.uniform(-2.5, 2.5)) < 0.4) | (rng.random(noise.shape) < 0.05)
        mask[gap : gap + 6] = True  # a wedge, bad pixels and a gap between panels
        unmasked.append([*features(noise).values()])
        masked.append([*features(noise, mask).values()])
    difference = np.mean(masked, axis=0) - np.mean(unmasked, axis=0)
    error = np.hypot(np.std(masked, axis=0), np.std(unmasked, axis=0)) / np.sqrt(len(masked))
    assert np.abs(difference / error).max() < 4.5
    assert np.sqrt(np.mean((difference / error) ** 2)) < 1.5


def test_a_wave_behind_a_wedge_keeps_its_order():
    wave = 100 + np.cos(4 * PHI)
    power = orders(features(wave, np.abs(PHI) < 0.4))
    assert power[3] > 0.9
    assert np.abs(np.delete(power, 3)).max() < 0.05


def test_flat_and_masked_frames_give_zeros():
    for image, mask in (
        (np.full(RADIUS.shape, 100.1), None),
        (np.full(RADIUS.shape, 100.1), RADIUS < 30),
        (NOISE, np.ones(RADIUS.shape, bool)),
    ):
        assert not any(features(image, mask).values())


def test_the_width_follows_from_the_parameters():
    assert len(CCF().feature_names()) == 4 * (12 + 2) + 6
    assert len(CCF(n_rings=5, n_max=3, n_bands=2).feature_names()) == 2 * (3 + 2) + 3
    one = CCF(n_rings=1, n_max=1, n_bands=1)
    assert one.extract(Frame(NOISE)).shape == (3,)


def test_any_image_will_do():
    for shape in [(1, 1), (3, 200), (16, 16)]:
        vector = CCF().extract(Frame(RNG.poisson(5, shape)))
        assert_array_equal(np.isfinite(vector), True)


@pytest.mark.parametrize(
    ("params", "text"),
    [
        ({"n_bands": 33}, "ccf: n_bands is 33, n_rings 32; give 1 band"),
        ({"n_max": 90}, "ccf: n_max is 90, n_angles 180; give an order"),
        ({"r_min": 70.0}, "ccf: r_max is 64.0, r_min 70"),
    ],
)
def test_parameters_that_cannot_be_meant_are_refused(params, text):
    with pytest.raises(UsageError, match=text):
        features(NOISE, **params)
