import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

import naive
from featcls.kernels.contrast import local_contrast_normalize


def counts(shape, seed=0, dtype=np.uint16):
    """Poisson background with a few bright pixels."""
    rng = np.random.default_rng(seed)
    image = rng.poisson(20, shape)
    image[rng.random(shape) < 0.01] = 60000
    return image.astype(dtype)


@pytest.mark.parametrize("border", ["reflect", "truncate"])
@pytest.mark.parametrize("min_std", [0, 1.0])
@pytest.mark.parametrize("window", [1, 3, 9])
@pytest.mark.parametrize("masked", [False, True])
def test_it_equals_the_naive_twin(border, min_std, window, masked):
    image = counts((13, 19))
    mask = np.random.default_rng(1).random(image.shape) < 0.3 if masked else None
    got = local_contrast_normalize(image, window, min_std=min_std, border=border, mask=mask)
    wanted = naive.local_contrast_normalize(image, window, min_std, border, mask)
    assert got.dtype == np.float32
    assert_allclose(got, wanted, rtol=0, atol=2e-6 * max(1, np.abs(wanted).max()))


@pytest.mark.parametrize("dtype", [np.uint8, np.int32, np.int64, np.float32, np.float64, ">u2"])
def test_every_dtype_gives_the_result_of_its_values(dtype):
    image = (counts((150, 40)) % 251).astype(dtype)
    got = local_contrast_normalize(image, 7)
    assert_array_equal(got, local_contrast_normalize(image.astype(np.float64), 7))


def test_running_sums_do_not_drift_down_a_tall_image():
    image = counts((700, 12), dtype=np.float64) * 0.1 + 1e4
    got = local_contrast_normalize(image, 11, min_std=0)
    last = local_contrast_normalize(image[-40:], 11, min_std=0)
    assert_allclose(got[-30:], last[-30:], rtol=0, atol=5e-6)


def test_the_result_is_the_same_for_any_offset_and_scale():
    image = counts((40, 50)).astype(np.int64)
    wanted = local_contrast_normalize(image, 5)
    assert_array_equal(local_contrast_normalize(4 * image + 1000, 5), wanted)
    assert_array_equal(local_contrast_normalize(image * 2.0**-40, 5), wanted)
    assert_array_equal(local_contrast_normalize(image * 2.0**300, 5), wanted)


def test_a_window_of_one_value_gives_zero_and_one_spot_is_bounded_without_the_floor():
    image = np.zeros((9, 9))
    assert not local_contrast_normalize(image, 3).any()
    image[4, 4] = 1e6
    got = local_contrast_normalize(image, 3, min_std=0)
    assert_allclose(got[4, 4], np.sqrt(8), rtol=1e-6)
    assert local_contrast_normalize(image, 3, min_std=1)[4, 4] == got[4, 4]


def test_the_floor_keeps_flat_noise_below_a_spot():
    rng = np.random.default_rng(0)
    image = rng.poisson(2.0, (60, 60)).astype(float)
    image[30, 30] = 2000
    with_floor = local_contrast_normalize(image, 9)
    without = local_contrast_normalize(image, 9, min_std=0)
    far = np.abs(np.indices(image.shape) - 30).max(0) > 9
    assert with_floor[30, 30] > 20 * np.abs(with_floor[far]).max()
    assert without[30, 30] < 4 * np.abs(without[far]).max()


def test_a_window_as_large_as_the_image_gives_its_middle_the_score_of_all_valid_pixels():
    image = counts((301, 301), dtype=float)
    mask = np.random.default_rng(1).random(image.shape) < 0.3
    mask[150, 150] = False
    got = local_contrast_normalize(image, 301, border="truncate", mask=mask)
    valid = image[~mask]
    assert_allclose(got[150, 150], (image[150, 150] - valid.mean()) / valid.std(), rtol=2e-6)


def test_fewer_than_two_valid_pixels_give_zero():
    image = counts((5, 5), dtype=float)
    mask = np.ones((5, 5), bool)
    mask[0, 0] = mask[4, 4] = False
    assert not local_contrast_normalize(image, 3, border="truncate", mask=mask).any()
    assert not local_contrast_normalize(image, 3, mask=np.ones((5, 5), bool)).any()


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    shape=st.tuples(st.integers(5, 20), st.integers(5, 40)),
    share=st.floats(0, 1),
    border=st.sampled_from(["reflect", "truncate"]),
)
def test_whatever_lies_under_the_mask_the_bytes_are_equal(seed, shape, share, border):
    rng = np.random.default_rng(seed)
    mask = rng.random(shape) < share
    image = rng.normal(size=shape)
    junk = rng.choice([np.nan, np.inf, -np.inf, 1e308, -7.0], shape)
    first = local_contrast_normalize(image, 5, border=border, mask=mask)
    other = np.where(mask, junk, image)
    again = local_contrast_normalize(other, 5, border=border, mask=mask)
    assert first.tobytes() == again.tobytes()


def test_stacks_and_threads_give_the_bytes_of_single_images():
    stack = counts((3, 300, 40), dtype=np.float32) * np.float32(0.3)
    masks = np.random.default_rng(2).random(stack.shape) < 0.1
    got = local_contrast_normalize(stack, 9, mask=masks, n_threads=3)
    for image, mask, result in zip(stack, masks, got, strict=True):
        assert result.tobytes() == local_contrast_normalize(image, 9, mask=mask).tobytes()
    shared = local_contrast_normalize(stack, 9, mask=masks[0])
    assert_array_equal(shared[1], local_contrast_normalize(stack[1], 9, mask=masks[0]))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"window": 4}, "window is 4; an odd"),
        ({"window": 11}, "window is 11, the image"),
        ({"window": -3}, "window is -3"),
        ({"window": 5.0}, "window is 5.0"),
        ({"min_std": -1}, "min_std is -1"),
        ({"min_std": np.nan}, "min_std is nan"),
        ({"border": "wrap"}, "border is 'wrap'; one of reflect, truncate"),
        ({"image": np.full((9, 9), np.nan)}, r"image is not finite at \(0, 0\)"),
        ({"mask": np.zeros((2, 2), bool)}, "mask has shape"),
    ],
)
def test_bad_input_is_refused_by_name(change, message):
    with pytest.raises((ValueError, TypeError), match=message):
        local_contrast_normalize(**({"image": counts((9, 9)), "window": 3} | change))
