import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

import naive
from featcls.kernels._bins import areas_in_bins, bin_edges
from featcls.kernels.polar import METHODS, masked_plan, polar_map, polar_plan, ring_radii


def radius_and_angle(shape, centre):
    row, col = np.indices(shape, dtype=float)
    return np.hypot(row - centre[0], col - centre[1]), np.arctan2(row - centre[0], col - centre[1])


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("centre", [(6, 7), (5.3, 8.8), (0, 0)])
def test_samples_equal_the_naive_twin(masked, weighted, centre):
    rng = np.random.default_rng(0)
    image = rng.uniform(0, 100, (13, 15))
    mask = rng.random(image.shape) < 0.2 if masked else None
    weights = rng.uniform(0, 2, image.shape) if weighted else None
    radii = [0, 1, 3.7, 9]
    each = np.ones(image.shape) if weights is None else weights
    wanted = naive.polar_map(
        image, centre, radii, 11, each if mask is None else np.where(mask, 0, each)
    )
    got = polar_map(image, polar_plan((13, 15), centre, radii, 11), mask=mask, weights=weights)
    assert_allclose(got[1], wanted[1], rtol=1e-5, atol=1e-6)
    assert_allclose(got[0], wanted[0], rtol=1e-4, atol=1e-4)


def test_a_radial_image_gives_flat_rings():
    shape, centre = (101, 101), (50, 50)
    radius, _ = radius_and_angle(shape, centre)
    plan = polar_plan(shape, centre, ring_radii(20, 45.0), 90)
    values, weight = polar_map(200 * np.exp(-radius / 30), plan)
    assert (weight == 1).all()
    assert values[5:].std(1).max() < 0.02 * values[5:].mean()
    assert_allclose(values.mean(1), 200 * np.exp(-plan.radii / 30), rtol=0.01)


def test_a_plane_is_sampled_without_error():
    row, col = np.indices((40, 50), dtype=float)
    plan = polar_plan((40, 50), (19.3, 22.8), [1.1, 7.9, 15.2], 17)
    phi = 2 * np.pi * np.arange(17) / 17
    wanted = 2 * (19.3 + plan.radii[:, None] * np.sin(phi)) - (
        22.8 + plan.radii[:, None] * np.cos(phi)
    )
    assert_allclose(polar_map(2 * row - col, plan)[0], wanted, rtol=1e-5, atol=1e-4)


def test_turning_the_image_by_90_degrees_rolls_the_angle():
    image = np.random.default_rng(0).poisson(30, (41, 41))
    plan = polar_plan((41, 41), (20, 20), ring_radii(10, 19.0), 72)
    # rot90 takes what was at phi to phi - 90 degrees, for angles that grow down the rows
    turned = polar_map(np.rot90(image), plan)[0]
    assert_allclose(turned, np.roll(polar_map(image, plan)[0], -18, axis=1), rtol=2e-4)


def test_points_outside_the_image_have_no_weight():
    values, weight = polar_map(np.ones((5, 5)), polar_plan((5, 5), (0, 0), [3.0], 4))
    assert weight.tolist() == [[1, 1, 0, 0]]
    assert values.tolist() == [[1, 1, 0, 0]]


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("centre", [(6, 7), (3.3, 8.8)])
def test_means_over_bins_equal_the_naive_twin(masked, centre):
    rng = np.random.default_rng(0)
    image = rng.uniform(0, 100, (13, 15))
    mask = rng.random(image.shape) < 0.2 if masked else None
    weights = rng.uniform(0.5, 2, image.shape)
    radii = np.array([1.5, 4.0, 7.0])
    each = weights if mask is None else np.where(mask, 0, weights)
    wanted = naive.polar_bins(image, centre, radii, 7, each, fine=4)
    plan = polar_plan(image.shape, centre, radii, 7, method="area")
    got = polar_map(image, plan, mask=mask, weights=weights)
    assert_allclose(got[1], wanted[1], rtol=1e-5, atol=1e-6)
    assert_allclose(got[0], wanted[0], rtol=1e-5, atol=1e-4)


def test_bins_conserve_the_intensity():
    rng = np.random.default_rng(0)
    image = rng.poisson(50, (60, 70)).astype(float)
    radius, _ = radius_and_angle(image.shape, (29.3, 34.1))
    image[(radius > 25) | (radius < 4)] = 0
    plan = polar_plan(image.shape, (29.3, 34.1), ring_radii(14, 28.0), 60, method="area")
    values, weight = polar_map(image, plan)
    area = np.pi * np.diff(bin_edges(plan.radii) ** 2) / 60
    assert (weight == 1).all()
    assert_allclose((values.sum(1) * area).sum(), image.sum(), rtol=2e-3)


def test_every_part_of_a_pixel_between_the_rings_is_in_one_bin():
    radii = ring_radii(9, 20.0, r_min=3.0)
    edges = bin_edges(radii)
    total = np.zeros((64, 64))
    for row, col, bins, area in areas_in_bins((31.2, 30.7), edges, 36):
        assert ((bins >= 0) & (bins < 9 * 36)).all()
        np.add.at(total, (row, col), area)
    radius, _ = radius_and_angle(total.shape, (31.2, 30.7))
    assert (total[(radius > edges[0] + 0.75) & (radius < edges[-1] - 0.75)] == 1).all()
    assert (total[(radius < edges[0] - 0.75) | (radius > edges[-1] + 0.75)] == 0).all()
    assert_allclose(total.sum(), np.pi * (edges[-1] ** 2 - edges[0] ** 2), rtol=1e-3)


def test_no_bin_is_too_narrow_for_the_squares():
    plan = polar_plan((41, 41), (20, 20), ring_radii(20, 20.0), 360, method="area")
    values, weight = polar_map(np.full((41, 41), 7.0), plan)
    assert (weight == 1).all()
    assert_allclose(values, 7, rtol=1e-6)


def test_bins_half_outside_the_image_have_half_the_weight():
    plan = polar_plan((9, 9), (4, 0), [1.0, 2.0], 4, method="area")
    values, weight = polar_map(np.full((9, 9), 3.0), plan)
    # a strip half a pixel wide beside the middle of the bin, of all pi of its area
    part = 0.5 + 0.503 / np.pi
    assert_allclose(weight[1], [1, part, 0, part], atol=0.01)
    assert_allclose(values[1], [3, 3, 0, 3], rtol=1e-6)


@pytest.mark.parametrize("method", METHODS)
def test_a_plan_with_a_mask_gives_what_the_mask_gives(method):
    rng = np.random.default_rng(0)
    image, mask = rng.normal(size=(30, 31)), rng.random((30, 31)) < 0.1
    plan = polar_plan(image.shape, (14, 15), ring_radii(6, 13.0), 40, method=method)
    once = masked_plan(plan, mask)
    wanted = polar_map(image, plan, mask=mask)
    image[mask] = np.nan
    for got, want in zip(polar_map(image, once), wanted, strict=True):
        assert_array_equal(got, want)
    both = masked_plan(masked_plan(plan, mask & (image.shape[0] > 0)), np.roll(mask, 3, 0))
    either = masked_plan(plan, mask | np.roll(mask, 3, 0))
    assert_allclose(both.weight, either.weight, atol=1e-6)
    assert_allclose(both.shares, either.shares, atol=1e-6)


def test_rings_even_in_q_are_those_of_the_scattering_angle():
    radii = ring_radii(50, 400.0, distance=300.0)
    q = np.sin(np.arctan(radii / 300) / 2)
    assert_allclose(np.diff(q), np.diff(q)[0])
    assert_allclose(ring_radii(50, 10.0, distance=1e9), ring_radii(50, 10.0), rtol=1e-9)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), share=st.floats(0, 1), method=st.sampled_from(METHODS))
def test_whatever_lies_under_the_mask_the_bytes_are_equal(seed, share, method):
    rng = np.random.default_rng(seed)
    image = rng.normal(size=(9, 12))
    mask = rng.random(image.shape) < share
    junk = rng.choice([np.nan, np.inf, -np.inf, 1e308], image.shape)
    plan = polar_plan(image.shape, (4, 5), [1, 2.5, 4], 16, method=method)
    first = polar_map(image, plan, mask=mask)
    other = polar_map(np.where(mask, junk, image), plan, mask=mask)
    assert all(a.tobytes() == b.tobytes() for a, b in zip(first, other, strict=True))


def test_a_stack_gives_each_image_its_own_rings():
    stack = np.random.default_rng(0).poisson(9, (3, 12, 12)).astype(np.uint16)
    masks = np.random.default_rng(1).random(stack.shape) < 0.1
    plan = polar_plan((12, 12), (6, 6), [2, 4], 20)
    values, weight = polar_map(stack, plan, mask=masks, n_threads=2)
    for k in range(3):
        single = polar_map(stack[k], plan, mask=masks[k])
        assert_array_equal(values[k], single[0])
        assert_array_equal(weight[k], single[1])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: polar_plan((1, 5), (0, 0), [1], 4), "shape is 1"),
        (lambda: polar_plan((5, 5), (5, 0), [1], 4), "centre is"),
        (lambda: polar_plan((5, 5), (np.nan, 0), [1], 4), "centre is"),
        (lambda: polar_plan((5, 5), (1, 1), [-1], 4), "radii go down to -1"),
        (lambda: polar_plan((5, 5), (1, 1), [], 4), "radii has shape"),
        (lambda: polar_plan((5, 5), (1, 1), [1], 0), "n_angles is 0"),
        (lambda: polar_plan((5, 5), (1, 1), [1, 2], 4, method="nearest"), "method is 'nearest'"),
        (lambda: polar_plan((5, 5), (1, 1), [2, 1], 4, method="area"), "radii must increase"),
        (lambda: polar_plan((65536, 65536), (1, 1), [1], 4), "fewer than 2"),
        (
            lambda: masked_plan(polar_plan((5, 5), (1, 1), [1], 4), np.zeros((5, 4), bool)),
            r"mask is bool of shape \(5, 4\)",
        ),
        (
            lambda: polar_map(
                np.ones((2, 5, 5)),
                polar_plan((5, 5), (1, 1), [1], 4),
                mask=np.zeros((3, 5, 5), bool),
            ),
            "mask has shape",
        ),
        (lambda: ring_radii(0, 5.0), "n_rings is 0"),
        (lambda: ring_radii(5, 5.0, r_min=6.0), "r_max is 5.0"),
        (lambda: ring_radii(5, 5.0, distance=0), "distance is 0"),
        (lambda: polar_map(np.ones((4, 4)), polar_plan((5, 5), (1, 1), [1], 4)), "the plan"),
        (
            lambda: polar_map(
                np.ones((5, 5)), polar_plan((5, 5), (1, 1), [1], 4), weights=-np.ones((5, 5))
            ),
            "weights have shape",
        ),
    ],
)
def test_bad_input_is_refused_by_name(call, message):
    with pytest.raises((ValueError, TypeError), match=message):
        call()
