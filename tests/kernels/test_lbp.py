import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from skimage import feature

import naive
from featcls.kernels.lbp import histogram_width
from featcls.kernels.texture import (
    METHODS,
    lbp_histogram,
    lbp_histograms,
    local_binary_pattern,
)

CIRCLES = [(1, 1), (4, 1), (8, 1), (8, 1.5), (16, 2), (5, 0.3), (24, 3), (7, 60.5)]


def random_image(shape, seed=0, dtype=np.uint8, high=256):
    return np.random.default_rng(seed).integers(0, high, shape).astype(dtype)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize(("P", "R"), [(4, 1), (8, 1.7), (11, 3)])
def test_codes_equal_the_naive_twin(method, masked, P, R):
    image = random_image((12, 13), high=6)
    mask = np.random.default_rng(1).random(image.shape) < 0.04 if masked else None
    got = local_binary_pattern(image, P, R, method, mask=mask)
    assert_array_equal(got, naive.local_binary_pattern(image, P, R, method, mask))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("masked", [False, True])
def test_histograms_equal_the_naive_twin(method, masked):
    image = random_image((12, 13), high=40)
    mask = np.random.default_rng(1).random(image.shape) < 0.04 if masked else None
    got = lbp_histogram(image, 6, 1.2, method, mask=mask, normed=False)
    wanted = naive.lbp_histogram(image, 6, 1.2, method, histogram_width(6, method), mask)
    assert_array_equal(got, wanted)
    share = lbp_histogram(image, 6, 1.2, method, mask=mask)
    assert_allclose(share, wanted / wanted.sum())


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("P", "R"), CIRCLES)
@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (37, 43)])
def test_every_bit_equals_scikit_image(method, P, R, shape):
    image = random_image(shape)
    wanted = feature.local_binary_pattern(image, P, R, method)
    assert_array_equal(local_binary_pattern(image, P, R, method), wanted)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.filterwarnings("ignore:Applying .local_binary_pattern")
def test_random_parameters_give_every_bit_of_scikit_image(seed):
    rng = np.random.default_rng(seed)
    dtype = rng.choice([np.uint8, np.uint16, np.int64, np.float32, np.float64])
    image = random_image(rng.integers(1, 70, 2), seed, high=int(rng.choice([2, 200]))).astype(
        dtype
    )
    P, R = int(rng.integers(1, 32)), float(rng.uniform(0.1, 9))
    for method in METHODS:
        wanted = feature.local_binary_pattern(image, P, R, method)
        assert_array_equal(local_binary_pattern(image, P, R, method, n_threads=2), wanted)


def test_a_wide_image_keeps_the_bits_where_column_weights_change_their_last_ones():
    image = random_image((6, 1100), high=4)
    for P, R in ((8, 1), (16, 2), (24, 3)):
        wanted = feature.local_binary_pattern(image, P, R, "uniform")
        assert_array_equal(local_binary_pattern(image, P, R, "uniform"), wanted)


def test_32_neighbours_give_codes_without_overflow():
    flat = np.full((80, 80), 7, np.uint8)
    assert local_binary_pattern(flat, 32, 1, "default")[40, 40] == 2**32 - 1
    assert_array_equal(
        local_binary_pattern(random_image((9, 9)), 32, 2, "ror"),
        naive.local_binary_pattern(random_image((9, 9)), 32, 2, "ror"),
    )


def test_a_flat_image_is_all_ones_inside_and_has_no_variance():
    flat = np.full((9, 9), 5, np.uint8)
    assert (local_binary_pattern(flat, 8, 1, "uniform")[1:-1, 1:-1] == 8).all()
    assert np.isnan(local_binary_pattern(flat, 8, 1, "var")[1:-1, 1:-1]).all()
    assert lbp_histogram(flat, 8, 1, "var", normed=False)[0] >= 49


def test_codes_do_not_change_with_brightness_and_contrast():
    image = random_image((20, 20), high=60)
    scaled = image.astype(np.int64) * 4  # a power of two keeps every bit of the interpolation
    for method in ("default", "ror", "uniform", "nri_uniform"):
        assert_array_equal(
            local_binary_pattern(image, 16, 2, method),
            local_binary_pattern(scaled, 16, 2, method),
        )


def test_turning_the_image_by_90_degrees_turns_the_code_of_four_neighbours():
    image = random_image((15, 15))
    code = local_binary_pattern(image, 4, 1)[1:-1, 1:-1].astype(int)
    turned = local_binary_pattern(np.rot90(image), 4, 1)[1:-1, 1:-1].astype(int)
    assert_array_equal(np.rot90((code << 1) & 15 | code >> 3), turned)


@pytest.mark.parametrize("method", METHODS)
def test_a_histogram_counts_the_codes_of_the_image(method):
    image = random_image((30, 25))
    codes = local_binary_pattern(image, 8, 1, method)
    if method == "var":
        codes = np.floor(np.log2(1 + np.nan_to_num(codes)))
    wanted = np.bincount(codes.ravel().astype(int), minlength=histogram_width(8, method))
    assert_array_equal(lbp_histogram(image, 8, 1, method, normed=False), wanted)


@pytest.mark.parametrize("method", METHODS)
def test_a_stack_gives_each_image_its_own_result(method):
    stack = random_image((3, 12, 17))
    masks = np.random.default_rng(2).random(stack.shape) < 0.05
    codes = local_binary_pattern(stack, 8, 1, method, mask=masks, n_threads=2)
    counts = lbp_histogram(stack, 8, 1, method, mask=masks, n_threads=7)
    for k, image in enumerate(stack):
        assert_array_equal(codes[k], local_binary_pattern(image, 8, 1, method, mask=masks[k]))
        assert_array_equal(counts[k], lbp_histogram(image, 8, 1, method, mask=masks[k]))
    shared = local_binary_pattern(stack, 8, 1, method, mask=masks[0])
    assert_array_equal(shared[2], local_binary_pattern(stack[2], 8, 1, method, mask=masks[0]))


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("shape", [(1, 1), (3, 40), (21, 9), (2, 17, 30)])
def test_histograms_of_one_pass_have_the_bits_of_one_call_each(shape, masked):
    image = random_image(shape, high=40)
    mask = np.random.default_rng(1).random(shape) < 0.03 if masked else None
    patterns = [
        (8, 1), (16, 2, "nri_uniform"), (8, 1, "var", 7), (24, 3), (5, 40.5, "ror"), (8, 1),
        (32, 0.4, "var"), (10, 2.5, "default"),
    ]  # fmt: skip
    for options in ({}, {"normed": False}, {"n_threads": 3}):
        together = lbp_histograms(image, patterns, mask=mask, **options)
        for (P, R, *rest), got in zip(patterns, together, strict=True):
            method, n_bins = (*rest, *("uniform", None)[len(rest) :])
            alone = lbp_histogram(image, P, R, method, n_bins=n_bins, mask=mask, **options)
            assert got.dtype == alone.dtype
            assert_array_equal(got, alone)


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    shape=st.tuples(st.integers(1, 12), st.integers(1, 40)),
    share=st.floats(0, 1),
    circle=st.sampled_from(CIRCLES),
    method=st.sampled_from(METHODS),
)
def test_whatever_lies_under_the_mask_the_bytes_are_equal(seed, shape, share, circle, method):
    rng = np.random.default_rng(seed)
    mask = rng.random(shape) < share
    image = rng.normal(size=shape)
    junk = rng.choice([np.nan, np.inf, -np.inf, 1e308, -7.0], shape)
    other = np.where(mask, junk, image)
    first = local_binary_pattern(image, *circle, method, mask=mask)
    assert first.tobytes() == local_binary_pattern(other, *circle, method, mask=mask).tobytes()
    if method in ("uniform", "var"):
        first = lbp_histogram(image, *circle, method, mask=mask)
        assert first.tobytes() == lbp_histogram(other, *circle, method, mask=mask).tobytes()


def test_a_masked_pixel_drops_the_codes_that_read_it_and_no_other():
    mask = np.zeros((7, 7), bool)
    mask[3, 3] = True
    dropped = np.isnan(local_binary_pattern(random_image((7, 7)), 4, 1, mask=mask))
    assert sorted(map(tuple, np.argwhere(dropped).tolist())) == [
        (2, 3), (3, 2), (3, 3), (3, 4), (4, 3),
    ]  # fmt: skip
    assert lbp_histogram(random_image((7, 7)), 4, 1, mask=mask, normed=False).sum() == 49 - 5


def test_an_all_masked_image_has_an_empty_histogram():
    mask = np.ones((5, 5), bool)
    assert not lbp_histogram(random_image((5, 5)), 8, 1, mask=mask).any()
    assert np.isnan(local_binary_pattern(random_image((5, 5)), 8, 1, mask=mask)).all()


def input_kinds(image):
    read_only = image.copy()
    read_only.flags.writeable = False
    return {
        "read-only": read_only,
        "byte-swapped": image.astype(image.dtype.newbyteorder(">")),
        "Fortran": np.asfortranarray(image),
        "strided": np.repeat(np.repeat(image, 2, 0), 3, 1)[::2, ::3],
        "int8": (image // 4).astype(np.int8),
        "bool": image > 100,
        "float16": image.astype(np.float16),
        "list": image.tolist(),
    }


@pytest.mark.parametrize("kind", input_kinds(np.zeros((1, 1), np.uint16)))
def test_every_kind_of_array_gives_the_codes_of_its_values(kind):
    image = input_kinds(random_image((9, 17), dtype=np.uint16))[kind]
    plain = np.array(image, dtype=np.float64)
    assert_array_equal(
        local_binary_pattern(image, 8, 1, "var"), local_binary_pattern(plain, 8, 1, "var")
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"image": [[0.0, np.nan]]}, r"image is not finite at \(0, 1\)"),
        ({"image": np.ones(3)}, "1 dimensions"),
        ({"image": [["a"]]}, "real numbers"),
        ({"P": 0}, "P is 0"),
        ({"P": 33}, "P is 33; 1 to 32"),
        ({"P": 8.0}, "P is 8.0"),
        ({"R": 0}, "R is 0"),
        ({"R": np.nan}, "R is nan"),
        ({"R": 1e9}, "R is 1000000000.0; above 0"),
        ({"method": "unifrom"}, "method is 'unifrom'; one of default"),
        ({"mask": np.zeros((2, 2), bool)}, "mask has shape"),
        ({"n_threads": True}, "n_threads is True"),
    ],
)
@pytest.mark.parametrize("function", [local_binary_pattern, lbp_histogram])
def test_bad_input_is_refused_by_name(function, change, message):
    arguments = {"image": random_image((4, 4)), "P": 8, "R": 1}
    with pytest.raises((ValueError, TypeError), match=message):
        function(**(arguments | change))


def test_a_histogram_that_cannot_be_is_refused_by_name():
    image = random_image((4, 4))
    with pytest.raises(ValueError, match="P is 17"):
        lbp_histogram(image, 17, 2, "default")
    with pytest.raises(ValueError, match="patterns is empty"):
        lbp_histograms(image, [])
    with pytest.raises(ValueError, match="P is 0"):
        lbp_histograms(image, [(8, 1), (0, 1)])
    with pytest.raises(ValueError, match="n_bins is 5"):
        lbp_histogram(image, 8, 1, "uniform", n_bins=5)
