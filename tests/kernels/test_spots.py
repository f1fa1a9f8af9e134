import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

import naive
from featcls.kernels.spots import find_spots

# gain, global threshold, sigma strong, least area: the five experiments of Ke et al., table 2
KE_TABLE_2 = [(4.55, 100, 6, 3), (15.64, 100, 3, 2), (0.31, 200, 3, 3), (0.27, 200, 3, 3),
              (0.19, 200, 3, 3)]  # fmt: skip


def diffraction(shape=(60, 70), seed=0, gain=1.0, n_spots=25):
    """Poisson background and blurred spots, in units of `gain` for a photon."""
    rng = np.random.default_rng(seed)
    row, col = np.indices(shape)
    mean = np.full(shape, 15.0)
    for _ in range(n_spots):
        r, c = rng.uniform(0, shape[0]), rng.uniform(0, shape[1])
        distance = (row - r) ** 2 + (col - c) ** 2
        mean += rng.lognormal(5, 1) * np.exp(-distance / 2)
    return np.round(gain * rng.poisson(mean)).astype(np.int32)


def assert_spots_equal(table, wanted):
    got = np.stack([table.area, table.intensity, table.peak, table.row, table.col, table.radius])
    assert_allclose(got.T, wanted, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("kernel_size", [1, 3, 9])
@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (5, 3), (40, 47)])
def test_spots_equal_the_naive_twin(masked, kernel_size, shape):
    image = diffraction(shape)
    mask = np.random.default_rng(1).random(shape) < 0.1 if masked else None
    table = find_spots(image, kernel_size=kernel_size, min_spot_size=1, mask=mask)
    limits = {"gain": 1, "threshold": 0, "sigma_background": 6, "sigma_strong": 3}
    wanted = naive.find_spots(image, 1, 1000, kernel_size=kernel_size, mask=mask, **limits)
    assert_spots_equal(table, wanted)


@pytest.mark.parametrize(("gain", "threshold", "sigma_strong", "min_area"), KE_TABLE_2)
def test_the_settings_of_ke_table_2_find_the_spots_of_the_naive_twin(
    gain, threshold, sigma_strong, min_area
):
    image = diffraction(gain=gain * 3)
    table = find_spots(
        image,
        gain=gain,
        global_threshold=threshold,
        sigma_strong=sigma_strong,
        min_spot_size=min_area,
    )
    limits = {"gain": gain, "threshold": threshold, "sigma_background": 6}
    limits |= {"sigma_strong": sigma_strong, "kernel_size": 3}
    wanted = naive.find_spots(image, min_area, 1000, **limits)
    assert len(wanted) >= 3
    assert_spots_equal(table, wanted)


def test_poisson_noise_alone_has_almost_no_spots():
    image = np.random.default_rng(0).poisson(20, (200, 200))
    assert len(find_spots(image).area) <= 2


def test_a_spot_is_found_where_it_is_with_its_area_and_shape():
    image = np.full((61, 61), 10)
    image[20, 20:25] += 200
    image[40:42, 40:42] += 200
    spots = find_spots(image, kernel_size=9)
    assert spots.area.tolist() == [5, 4]
    assert_allclose(spots.row, [20, 40.5])
    assert_allclose(spots.col, [22, 40.5])
    assert_allclose(spots.elongation, [1, 0], atol=1e-12)
    assert_allclose(spots.radius, [np.sqrt(2), np.sqrt(0.5)])


def test_diagonal_neighbours_are_one_spot_and_late_branches_are_joined():
    image = np.full((30, 30), 1)
    for place in ((5, 5), (6, 6), (5, 7), (4, 8), (5, 9), (6, 9), (7, 8)):
        image[place] = 500
    assert find_spots(image, kernel_size=12).area.tolist() == [7]


def test_sizes_outside_the_limits_are_left_out():
    image = np.full((30, 60), 5)
    for k, size in enumerate((1, 2, 3, 4)):
        image[10, 12 * k + 6 : 12 * k + 6 + size] = 300
    assert find_spots(image, min_spot_size=2, max_spot_size=3).area.tolist() == [2, 3]


def test_brightness_in_other_units_with_that_gain_gives_the_same_spots():
    image = diffraction()
    one, four = find_spots(image), find_spots(image * 4, gain=4)
    assert_array_equal(one.area, four.area)
    assert_allclose(four.intensity, 4 * one.intensity)


def test_a_stack_lists_the_spots_of_each_image():
    stack = np.stack([diffraction(seed=k) for k in range(3)])
    table = find_spots(stack, n_threads=2)
    for k in range(3):
        single = find_spots(stack[k])
        for name in single._fields[1:]:
            assert_array_equal(getattr(table, name)[table.image == k], getattr(single, name))


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), share=st.floats(0, 1))
def test_whatever_lies_under_the_mask_the_bytes_are_equal(seed, share):
    rng = np.random.default_rng(seed)
    image = diffraction((20, 33), seed).astype(float)
    mask = rng.random(image.shape) < share
    junk = rng.choice([np.nan, np.inf, -np.inf, 1e308, -7.0], image.shape)
    first = find_spots(image, min_spot_size=1, mask=mask)
    other = find_spots(np.where(mask, junk, image), min_spot_size=1, mask=mask)
    assert all(a.tobytes() == b.tobytes() for a, b in zip(first, other, strict=True))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int64, np.float32, ">i4"])
def test_every_dtype_gives_the_spots_of_its_values(dtype):
    image = np.minimum(diffraction(), 255)
    for a, b in zip(find_spots(image.astype(dtype)), find_spots(image), strict=True):
        assert_array_equal(a, b)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"gain": -1}, "gain is -1"),
        ({"gain": 0}, "gain is 0"),
        ({"sigma_strong": np.inf}, "sigma_strong is inf"),
        ({"min_spot_size": 0}, "min_spot_size is 0"),
        ({"max_spot_size": 1}, "max_spot_size is 1; 2 to"),
        ({"kernel_size": 0}, "kernel_size is 0"),
        ({"kernel_size": 2.5}, "kernel_size is 2.5"),
        ({"global_threshold": np.nan}, "global_threshold is nan"),
        ({"mask": np.zeros(3, bool)}, "mask has shape"),
        ({"image": [[np.nan]]}, "image is not finite"),
    ],
)
def test_bad_input_is_refused_by_name(change, message):
    with pytest.raises((ValueError, TypeError), match=message):
        find_spots(**({"image": diffraction((9, 9))} | change))
