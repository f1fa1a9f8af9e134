import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from featcls.errors import UsageError
from featcls.frame import Frame
from featcls.geometry import Geometry
from featcls.preprocess.bin import Bin

IMAGE = np.random.default_rng(0).poisson(20.0, (37, 50)).astype(np.uint16)


@pytest.mark.parametrize("factor", [2, 3, 5, 37])
def test_a_block_is_the_mean_of_its_pixels(factor):
    frame = Bin(factor).apply(Frame(IMAGE))
    rows, cols = 37 // factor, 50 // factor
    assert frame.shape == (rows, cols)
    assert frame.mask is None
    for row in range(rows):
        for col in range(cols):
            block = IMAGE[row * factor : (row + 1) * factor, col * factor : (col + 1) * factor]
            assert frame.image[row, col] == pytest.approx(block.mean(), rel=1e-12)


def test_masked_pixels_do_not_darken_a_block_and_half_of_them_mask_it():
    mask = np.zeros(IMAGE.shape, bool)
    mask[0, 0] = mask[2:4, 2] = mask[4:6, 4:6] = True
    mask[5, 5] = False
    frame = Bin(2).apply(Frame(IMAGE, mask))
    one, half = IMAGE[[0, 1, 1], [1, 0, 1]].mean(), IMAGE[2:4, 3].mean()
    assert frame.image[0, 0] == pytest.approx(one)
    assert frame.image[1, 1] == pytest.approx(half)
    assert np.argwhere(frame.mask).tolist() == [[2, 2]]
    summed = Bin(2, "sum").apply(Frame(IMAGE, mask))
    assert_allclose(summed.image, 4 * frame.image)
    assert_array_equal(summed.mask, frame.mask)


def test_the_geometry_keeps_every_place():
    geometry = Geometry((10.0, 20.0), 1e-4, 0.1, 1e-10)
    frame = Bin(2).apply(Frame(IMAGE, geometry=geometry))
    # The middle of a block lies between the centres of its pixels.
    radius = np.hypot(np.arange(0.5, 36, 2)[:, None] - 10, np.arange(0.5, 50, 2) - 20)
    assert_allclose(2 * frame.geometry.radius_map(frame.shape), radius)
    assert frame.geometry.pixel_size == 2e-4


@pytest.mark.parametrize(("factor", "method"), [(0, "mean"), (-2, "mean"), (2, "median")])
def test_what_cannot_be_meant_is_named(factor, method):
    with pytest.raises(UsageError, match="bin: "):
        Bin(factor, method).apply(Frame(IMAGE))
