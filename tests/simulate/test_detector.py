import numpy as np
import pytest
from numpy.testing import assert_array_equal

from featcls._ext.simulate import poisson, read_out
from featcls.simulate.detector import compress, detect, point_spread
from featcls.simulate.presets import find_preset
from featcls.simulate.tiles import tiles

QUIET = {"gain_rms": 0.0, "read_noise": 0.0, "offset": 0.0, "psf": 0.0, "hot_pixels": 0}


def frame(mean, key=7, **changes):
    settings = find_preset("diffranet-text", **{**QUIET, **changes})
    light = np.broadcast_to(np.float32(mean), settings.shape).astype(np.float32)
    return detect(settings, light.copy(), key)


@pytest.mark.parametrize("mean", [0.5, 3.0, 10.0, 15.9, 16.0, 30.0, 300.0, 1e4])
def test_photons_have_the_moments_of_poisson(mean):
    counts = np.full((512, 512), mean, np.float32)
    poisson(counts, 11)
    n = counts.size
    assert abs(counts.mean() - mean) < 4 * np.sqrt(mean / n) + 1e-4 * mean
    assert counts.var() / mean == pytest.approx(1.0, abs=0.012)
    skew = ((counts - counts.mean()) ** 3).mean() / counts.std() ** 3
    assert skew == pytest.approx(mean**-0.5, abs=0.03)
    assert_array_equal(counts, np.floor(counts))


def test_small_means_have_the_poisson_distribution():
    from scipy.stats import poisson as law

    counts = np.full((512, 512), 2.5, np.float32)
    poisson(counts, 3)
    got = np.bincount(counts.astype(int).ravel(), minlength=12)[:12]
    expected = law.pmf(np.arange(12), 2.5) * counts.size
    assert (((got - expected) ** 2 / expected)[:10]).sum() < 30


def test_no_light_gives_no_photon():
    counts = np.zeros((8, 8), np.float32)
    poisson(counts, 3)
    assert_array_equal(counts, 0)


def test_read_out_noise_is_standard_normal():
    from scipy.stats import kstest

    counts = np.zeros((512, 512), np.float32)
    read_out(counts, np.ones_like(counts), 1.0, 100.0, 0.0, 1e9, 5)
    assert kstest(counts.ravel() - 100.0, "norm").pvalue > 1e-3


@pytest.mark.parametrize("shape", [(1, 1), (3, 5), (1, 17), (16, 16), (7, 33)])
def test_noise_of_a_pixel_depends_on_its_number_not_on_the_frame(shape):
    n = shape[0] * shape[1]
    part, whole = np.full(shape, 40.0, np.float32), np.full((40, 40), 40.0, np.float32)
    poisson(part, 9)
    poisson(whole, 9)
    assert_array_equal(part.ravel(), whole.ravel()[:n])


def test_two_keys_give_independent_noise():
    one, other = frame(100.0, key=1), frame(100.0, key=2**32 + 1)
    assert abs(np.corrcoef(one.ravel(), other.ravel())[0, 1]) < 0.01


def test_point_spread_sums_to_one_and_falls_with_the_cube():
    spread = point_spread((1024, 1024), 172e-6, 30e-6)
    assert spread.sum() == pytest.approx(1.0)
    assert spread[0, 100] / spread[0, 200] == pytest.approx(8.0, rel=0.02)
    assert spread[3, 5] == pytest.approx(spread[-3, -5])


def test_point_spread_moves_light_and_loses_none():
    light = np.zeros((512, 512), np.float32)
    light[200, 300] = 1e6
    counts = frame(light, psf=30e-6, saturation=1e9)
    assert counts.sum() == pytest.approx(1e6, rel=0.15)
    assert counts[200, 300] == pytest.approx(0.70e6, rel=0.02)
    assert counts[200, 301] == pytest.approx(0.037e6, rel=0.05)


def test_offset_and_read_out_noise_stand_in_a_blank_frame():
    counts = frame(0.0, read_noise=3.0, offset=100.0)
    assert counts.mean() == pytest.approx(99.5, abs=0.05)
    assert counts.std() == pytest.approx(np.sqrt(9 + 1 / 12), rel=0.01)


def test_flat_field_is_the_same_in_every_shot():
    first, second = (frame(1e4, key=key, gain_rms=0.04) for key in (1, 2))
    assert first.std() / 1e4 == pytest.approx(np.hypot(0.04, 0.01), rel=0.02)
    assert np.corrcoef(first.ravel(), second.ravel())[0, 1] == pytest.approx(16 / 17, abs=0.01)


def test_gain_before_the_photons_keeps_their_counts_whole():
    after = frame(1e4, gain_rms=0.04, saturation=1e9)
    before = frame(1e4, gain_rms=0.04, noise_order="nanobragg", saturation=1e9)
    # Both scatter by flat field and photons; noise of the gain after is scaled with it.
    assert before.std() == pytest.approx(after.std(), rel=0.02)
    assert not np.array_equal(before, after)
    dim = frame(2.0, gain_rms=0.04, noise_order="nanobragg")
    assert (dim == 0).mean() == pytest.approx(np.exp(-2.0), abs=0.01)


def test_counts_are_clipped_at_saturation_and_at_the_bottom():
    assert frame(1e6).max() == 65025
    assert frame(0.0, read_noise=10.0, bottom=-1000.0).min() < -20
    assert frame(0.0, read_noise=10.0).min() == 0


def test_photon_gain_scales_counts():
    assert frame(100.0, photon_gain=20.0).mean() == pytest.approx(2000, rel=0.01)


def test_low_gain_counts_in_steps_of_seven():
    counts = frame(1e4, low_gain_spacing=5.0)
    low = tiles(find_preset("diffranet-text", low_gain_spacing=5.0)).low_gain
    assert low.any()
    assert not (counts[low] % 7).any()
    assert (counts[~low] % 7).any()
    assert counts[low].mean() == pytest.approx(1e4 - 3, rel=1e-3)


def test_hot_pixels_are_some_22_at_new_places():
    frames = [frame(0.0, key=key, hot_pixels=22, offset=0.0) > 0 for key in range(40)]
    number = np.array([pixels.sum() for pixels in frames])
    assert number.mean() == pytest.approx(22, abs=3)
    assert number.std() > 1
    assert not (frames[0] & frames[1]).any()


def test_square_root_brings_the_full_range_to_eight_bits():
    counts = np.array([-7, 0, 1, 8, 9, 65024, 65025, 70000], np.float32)
    assert compress(counts).tolist() == [0, 0, 1, 2, 3, 254, 255, 255]
