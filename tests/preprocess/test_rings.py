import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from featcls.frame import Frame
from featcls.geometry import Geometry
from featcls.kernels.polar import polar_map, polar_plan, ring_radii
from featcls.preprocess import rings
from featcls.preprocess.rings import Grid, plan_of, rings_of

IMAGE = np.random.default_rng(0).poisson(20, (40, 31)).astype(np.float32)
GRID = Grid(6, 24, 2.0, 15.0)


def framed(centre, image=IMAGE, mask=None):
    return Frame(image, mask, geometry=Geometry(beam_center=centre))


def test_a_frame_is_sampled_about_its_own_beam_centre():
    for centre in ((19.0, 15.0), (3.25, 30.0)):
        plan = polar_plan(IMAGE.shape, centre, ring_radii(6, 15.0, r_min=2.0), 24)
        for found, wanted in zip(
            rings_of(framed(centre), GRID), polar_map(IMAGE, plan), strict=True
        ):
            assert_array_equal(found, wanted)


def test_a_frame_without_a_beam_centre_is_taken_about_its_middle_with_one_warning():
    wanted = rings_of(framed((19.5, 15.0)), GRID)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        for _ in range(3):
            assert_array_equal(rings_of(Frame(IMAGE), GRID), wanted)
    assert [str(w.message)[:14] for w in caught] == ["no beam centre"]


def test_without_a_largest_radius_rings_fill_the_image():
    half = GRID._replace(r_min=0.0, r_max=None)
    found, wanted = (
        rings_of(framed((19.5, 15.0)), grid) for grid in (half, half._replace(r_max=15.0))
    )
    assert_array_equal(found, wanted)
    assert found[1].min() > 0.999


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (2, 2)])
def test_the_smallest_images_have_rings(shape):
    values, weights = rings_of(Frame(np.full(shape, 7)), Grid(4, 8, 0.0, None))
    assert weights.max() > 0
    assert_allclose(values[weights > 0], 7, rtol=1e-6)


def test_plans_are_made_once_for_each_view_and_no_more_are_kept_than_agreed():
    plan_of.cache_clear()
    masks = [np.arange(IMAGE.size).reshape(IMAGE.shape) % 7 == k for k in range(rings.PLANS // 2)]
    frames = [framed((10.0 + k, 15.0)) for k in range(rings.PLANS // 2)]
    frames += [framed((19.0, 15.0), mask=mask) for mask in masks]
    alone = [rings_of(frame, GRID) for frame in frames]
    assert plan_of.cache_info()[1:] == (rings.PLANS, rings.PLANS, rings.PLANS)
    with ThreadPoolExecutor(4) as pool:
        again = list(pool.map(lambda frame: rings_of(frame, GRID), frames * 3))
    assert plan_of.cache_info().misses == rings.PLANS
    for found, wanted in zip(again, alone * 3, strict=True):
        assert_array_equal(found, wanted)
    rings_of(framed((5.0, 5.0)), GRID)
    assert plan_of.cache_info().currsize == rings.PLANS


def test_a_masked_frame_is_sampled_as_the_kernel_does_it():
    mask = np.random.default_rng(1).random(IMAGE.shape) < 0.2
    plan = polar_plan(IMAGE.shape, (19.0, 15.0), ring_radii(6, 15.0, r_min=2.0), 24)
    wanted = polar_map(IMAGE, plan, mask=mask)
    assert_array_equal(rings_of(framed((19.0, 15.0), mask=mask), GRID), wanted)


def test_values_beyond_float32_are_refused():
    frame = Frame(np.full((9, 9), 1e300), geometry=Geometry((4.0, 4.0)))
    with pytest.raises(ValueError, match="too large for float32; mask or scale"):
        rings_of(frame, GRID._replace(r_max=4.0))
