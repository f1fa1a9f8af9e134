import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

import naive
from featcls.kernels.correlation import (
    REDUCTIONS,
    angular_correlation,
    correlation_map,
    correlation_plan,
)
from featcls.kernels.polar import METHODS, polar_map, polar_plan, ring_radii

ANGLES = 72
PHI = 2 * np.pi * np.arange(ANGLES) / ANGLES


def random_rings(n=7, angles=50, seed=0):
    return np.random.default_rng(seed).uniform(0, 10, (n, angles))


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("weighted", [False, True])
def test_the_map_equals_the_naive_twin(reduction, weighted):
    rings = random_rings()
    rng = np.random.default_rng(1)
    weights = rng.uniform(0, 1, rings.shape) * (rng.random(rings.shape) < 0.7)
    weights[3] = 0
    got = angular_correlation(rings, weights if weighted else None, reduction=reduction, order=3)
    each = weights if weighted else np.ones(rings.shape)
    assert got.dtype == np.float32
    assert_allclose(
        got, naive.angular_correlation(rings, each, reduction, 3), rtol=1e-4, atol=1e-4
    )


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("angles", [1, 2, 3, 4, 5, 6, 7, 13, 22, 30, 49, 90, 97, 120])
def test_the_largest_correlation_is_right_for_any_number_of_angles(angles, weighted):
    rng = np.random.default_rng(angles)
    rings = rng.normal(size=(19 if angles < 8 else 5, angles))  # 19: more than a block of rings
    weights = rng.uniform(0.5, 1, rings.shape) if weighted else np.ones(rings.shape)
    got = angular_correlation(rings, weights if weighted else None, reduction="max")
    assert_allclose(got, naive.angular_correlation(rings, weights, "max", 0), atol=3e-6)


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("method", METHODS)
def test_in_one_go_or_in_two_the_maps_are_the_same(reduction, masked, method):
    rng = np.random.default_rng(0)
    image = rng.poisson(30, (41, 45)).astype(np.uint16)
    mask = rng.random(image.shape) < 0.1 if masked else None
    polar = polar_plan(image.shape, (19.2, 22.7), ring_radii(18, 25.0), 40, method=method)
    rings, weights = polar_map(image, polar, mask=mask)
    options = {"reduction": reduction, "order": 3, "normalize": True}
    wanted = angular_correlation(rings, weights, **options)
    plan = correlation_plan(polar, mask=mask, **options)
    assert_array_equal(correlation_map(image, plan), wanted)


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_a_stack_of_images_gives_each_map_by_itself(reduction):
    rng = np.random.default_rng(0)
    stack, masks = rng.normal(9, 2, (3, 30, 30)), rng.random((3, 30, 30)) < 0.1
    polar = polar_plan((30, 30), (14, 15), ring_radii(9, 13.0), 30)
    plan = correlation_plan(polar, reduction=reduction)
    each = correlation_plan(polar, mask=masks, reduction=reduction)
    got, masked = (correlation_map(stack, p, n_threads=2) for p in (plan, each))
    for k in range(3):
        assert_array_equal(got[k], correlation_map(stack[k], plan))
        single = correlation_plan(polar, mask=masks[k], reduction=reduction)
        assert_array_equal(masked[k], correlation_map(stack[k], single))


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    share=st.floats(0, 1),
    reduction=st.sampled_from(REDUCTIONS),
    method=st.sampled_from(METHODS),
)
def test_whatever_lies_under_the_mask_the_bytes_are_equal(seed, share, reduction, method):
    rng = np.random.default_rng(seed)
    image, mask = rng.normal(9, 2, (30, 30)), rng.random((30, 30)) < share
    polar = polar_plan((30, 30), (14, 15), ring_radii(9, 13.0), 30, method=method)
    plan = correlation_plan(polar, mask=mask, reduction=reduction)
    junk = rng.choice([np.nan, np.inf, -np.inf, 1e308], image.shape)
    other = correlation_map(np.where(mask, junk, image), plan)
    assert correlation_map(image, plan).tobytes() == other.tobytes()


def test_the_masks_own_correlation_gives_the_same_bits_from_the_plan_and_made_anew():
    rng = np.random.default_rng(0)
    image, mask = rng.normal(9, 2, (30, 30)), rng.random((30, 30)) < 0.3
    polar = polar_plan((30, 30), (14, 15), ring_radii(19, 13.0), 30)
    kept = correlation_plan(polar, mask=mask, reduction="max")
    anew = correlation_plan(polar, mask=np.stack([mask, mask]), reduction="max")
    assert kept.inverse.size
    assert not anew.inverse.size
    maps = correlation_map(np.stack([image, image]), anew)
    assert correlation_map(image, kept).tobytes() == maps[1].tobytes()


def test_a_pixel_that_is_not_finite_is_named():
    image = np.ones((20, 20))
    plan = correlation_plan(polar_plan(image.shape, (9, 9), [3.0, 5.0], 8))
    image[9, 12] = np.nan
    with pytest.raises(ValueError, match=r"image is not finite at \(9, 12\)"):
        correlation_map(image, plan)
    image[9, 12] = 1e300
    with pytest.raises(ValueError, match="too large for float32"):
        correlation_map(image, plan)


def test_a_plan_is_for_images_of_its_shape_and_number():
    polar = polar_plan((20, 20), (9, 9), [3.0, 5.0], 8)
    with pytest.raises(ValueError, match="image has shape"):
        correlation_map(np.ones((20, 21)), correlation_plan(polar))
    masked = correlation_plan(polar, mask=np.zeros((2, 20, 20), bool))
    with pytest.raises(ValueError, match="masks for 2 images, not 3"):
        correlation_map(np.ones((3, 20, 20)), masked)


@pytest.mark.parametrize("reduction", ["delta0", "max", "order", "merged"])
def test_flat_rings_have_no_correlation_once_their_means_are_off(reduction):
    rings = np.repeat([[3.0], [100.0], [7.0]], ANGLES, axis=1)
    assert_allclose(angular_correlation(rings, reduction=reduction), 0, atol=1e-6)


def test_flat_rings_with_their_means_correlate_as_the_product_of_the_means():
    rings = np.repeat([[3.0], [10.0]], ANGLES, axis=1)
    for reduction in ("delta0", "max"):
        got = angular_correlation(rings, reduction=reduction, subtract_mean=False)
        assert_allclose(got, [[9, 30], [30, 100]], rtol=1e-6)
        scaled = angular_correlation(
            rings, reduction=reduction, subtract_mean=False, normalize=True
        )
        assert_allclose(scaled, 1, rtol=1e-6)


@pytest.mark.parametrize("n", [2, 5, 8])
def test_a_cosine_lives_in_its_own_order_alone(n):
    rings = np.stack([1 + np.cos(n * PHI), 4 + 2 * np.cos(n * PHI)])
    for order in range(1, 12):
        got = angular_correlation(rings, reduction="order", order=order)
        wanted = [[0.25, 0.5], [0.5, 1.0]] if order == n else np.zeros((2, 2))
        assert_allclose(got, wanted, atol=1e-5)


def test_a_sixfold_pattern_lives_in_multiples_of_six():
    rings = np.tile(np.array([9.0, 0, 0, 4, 0, 0, 1, 0, 0, 0, 0, 0]), 6)[None]
    power = [
        angular_correlation(rings, reduction="order", order=order)[0, 0] for order in range(1, 25)
    ]
    assert all((p > 1e-3) == ((k + 1) % 6 == 0) for k, p in enumerate(power))


def test_the_sum_over_all_orders_is_the_correlation_at_zero():
    rings = random_rings(4, 48)
    orders = [angular_correlation(rings, reduction="order", order=n) for n in range(1, 25)]
    total = 2 * sum(orders[:-1]) + orders[-1]
    assert_allclose(total, angular_correlation(rings), rtol=1e-3, atol=1e-4)


def test_the_largest_correlation_finds_a_turned_copy():
    ring = random_rings(1, ANGLES)[0]
    both = np.stack([ring, np.roll(ring, 13)])
    got = angular_correlation(both, reduction="max")
    assert_allclose(got, ring.var(), rtol=1e-4)
    assert angular_correlation(both)[0, 1] < 0.5 * got[0, 1]


def test_turning_an_image_by_90_degrees_leaves_its_map_unchanged():
    image = np.random.default_rng(0).poisson(20, (61, 61))
    plan = polar_plan((61, 61), (30, 30), ring_radii(12, 29.0), 120)
    maps = [
        angular_correlation(polar_map(turned, plan)[0], reduction="merged")
        for turned in (image, np.rot90(image))
    ]
    assert_allclose(maps[0], maps[1], rtol=1e-3, atol=1e-3)


def test_a_gap_in_the_detector_does_not_look_like_signal():
    rings = np.full((5, ANGLES), 10.0)
    weights = np.ones(rings.shape)
    weights[:, 10:20] = 0
    for reduction in REDUCTIONS:
        got = angular_correlation(rings * weights, weights, reduction=reduction)
        assert_allclose(got, 0, atol=1e-6)


def test_rings_without_a_common_point_give_zero():
    rings, weights = random_rings(2, 40), np.zeros((2, 40))
    weights[0, :20] = weights[1, 20:] = 1
    got = angular_correlation(rings, weights)
    assert got[0, 1] == got[1, 0] == 0
    assert got[0, 0] > 0


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), share=st.floats(0, 1))
def test_values_without_weight_do_not_change_a_byte(seed, share):
    rng = np.random.default_rng(seed)
    rings = rng.normal(size=(6, 30))
    weights = (rng.random(rings.shape) > share).astype(float)
    other = np.where(weights > 0, rings, rng.choice([1e30, -7.0, 3e-9], rings.shape))
    for reduction in REDUCTIONS:
        first = angular_correlation(rings, weights, reduction=reduction)
        again = angular_correlation(other, weights, reduction=reduction)
        assert first.tobytes() == again.tobytes()


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_a_stack_gives_each_map_by_itself(reduction):
    stack = np.stack([random_rings(seed=k) for k in range(3)])
    weights = (np.random.default_rng(3).random(stack.shape) > 0.2).astype(float)
    got = angular_correlation(stack, weights, reduction=reduction, n_threads=2)
    for k in range(3):
        assert_array_equal(got[k], angular_correlation(stack[k], weights[k], reduction=reduction))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rings": np.ones(4)}, "1 dimensions"),
        ({"rings": np.full((2, 4), np.nan)}, "not finite"),
        ({"weights": np.ones((2, 4))}, "weights have shape"),
        ({"weights": -np.ones((3, 16))}, "weights must be finite"),
        ({"reduction": "mean"}, "reduction is 'mean'; one of delta0"),
        ({"order": 9, "reduction": "order"}, "order is 9; 0 to 8"),
        ({"n_threads": 0}, "n_threads is 0"),
    ],
)
def test_bad_input_is_refused_by_name(change, message):
    with pytest.raises((ValueError, TypeError), match=message):
        angular_correlation(**({"rings": random_rings(3, 16)} | change))
