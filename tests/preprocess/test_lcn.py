import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import naive
from featcls.errors import UsageError
from featcls.frame import Frame
from featcls.pipeline import apply, steps
from featcls.plugins import registry
from featcls.preprocess.lcn import LCN

IMAGE = np.random.default_rng(0).poisson(20, (23, 31))
MASK = np.random.default_rng(1).random(IMAGE.shape) < 0.1


@pytest.mark.parametrize("border", ["reflect", "truncate"])
@pytest.mark.parametrize("mask", [None, MASK])
def test_a_frame_is_normalised_as_the_slow_twin_does_it(mask, border):
    frame = LCN(window=7, min_std=0.5, border=border).apply(Frame(IMAGE, mask))
    wanted = naive.local_contrast_normalize(IMAGE, 7, min_std=0.5, border=border, mask=mask)
    assert_allclose(frame.image, wanted, atol=1e-5)
    assert frame.image.dtype == np.float32
    assert_array_equal(frame.valid, True if mask is None else ~mask)


def test_brightness_and_contrast_do_not_matter():
    once, again = LCN().apply(Frame(IMAGE)), LCN().apply(Frame(7.5 + 4.0 * IMAGE))
    assert_allclose(again.image, once.image, atol=1e-5)


def test_the_floor_keeps_noise_small_beside_spots():
    image = np.random.default_rng(2).normal(0, 1, (41, 41))
    image[20, 20] = 1000
    bound = np.sqrt(5 * 5 - 1)  # of any pixel, however bright
    noise = []
    for min_std in (0.0, 1.0):
        found = LCN(window=5, min_std=min_std).apply(Frame(image)).image
        assert found.max() == pytest.approx(bound, rel=1e-4)
        noise.append(found[:15].std())
    assert noise[0] > 0.9
    assert noise[1] == pytest.approx(1 / image.std(), rel=0.1)


@pytest.mark.parametrize("shape", [(1, 9), (2, 2), (4, 60), (6, 5)])
def test_a_small_image_gets_the_largest_window_that_fits(shape):
    image = np.random.default_rng(3).random(shape)
    window = (min(shape) - 1) // 2 * 2 + 1
    found, wanted = (LCN(window=w).apply(Frame(image)).image for w in (31, window))
    assert_array_equal(found, wanted)


@pytest.mark.parametrize(
    ("params", "text"),
    [
        ({"window": 4}, "lcn: window is 4; an odd number"),
        ({"min_std": -1.0}, "min_std is -1"),
        ({"border": "wrap"}, "border is 'wrap'; one of reflect, truncate"),
    ],
)
def test_parameters_that_cannot_be_meant_are_refused(params, text):
    with pytest.raises(UsageError, match=text):
        LCN(**params).apply(Frame(IMAGE))


def test_a_chain_may_go_on_to_grey_levels():
    levels = {"name": "quantise", "params": {"levels": 16, "range": [-2.0, 2.0]}}
    chain = steps([{"name": "lcn", "params": {"window": 5}}, levels], registry())
    image = apply(chain, Frame(IMAGE)).image
    assert (image.min(), image.max()) == (0, 15)
    assert image.dtype == np.uint8
