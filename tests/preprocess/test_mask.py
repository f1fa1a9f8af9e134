import numpy as np
import pytest
from numpy.testing import assert_array_equal

from featcls.errors import UsageError
from featcls.frame import Frame
from featcls.preprocess.mask import Mask

IMAGE = np.arange(20).reshape(4, 5)


def test_an_edge_masks_the_border():
    frame = Mask(edge=1).apply(Frame(IMAGE))
    assert_array_equal(frame.valid, np.pad(np.ones((2, 3), bool), 1))


@pytest.mark.parametrize("edge", [2, 3, 100])
def test_an_edge_that_leaves_no_pixel_masks_the_frame(edge):
    assert Mask(edge=edge).apply(Frame(IMAGE)).status == "masked"


def test_limits_mask_what_lies_beyond_them():
    frame = Mask(low=3.0, high=17.0).apply(Frame(IMAGE))
    assert_array_equal(frame.values, np.arange(3, 18))


def test_a_limit_means_the_same_for_every_float_type():
    value = np.float32(0.1)  # above 0.1, to which float32 rounds the limit itself
    for dtype in (np.float32, np.float64):
        assert Mask(high=0.1).apply(Frame(np.full((1, 1), value, dtype))).status == "masked"


def test_no_pixel_is_unmasked():
    given = IMAGE % 3 == 0
    frame = Mask(edge=1, high=10.0).apply(Frame(IMAGE, given))
    assert frame.mask[given].all()


def test_without_parameters_nothing_changes():
    frame = Mask().apply(Frame(IMAGE))
    assert frame.mask is None
    assert_array_equal(frame.image, IMAGE)


@pytest.mark.parametrize("params", [{"edge": -1}, {"low": 2.0, "high": 1.0}])
def test_parameters_that_cannot_be_meant_are_refused(params):
    with pytest.raises(UsageError, match=f"mask: {next(iter(params))} is"):
        Mask(**params).apply(Frame(IMAGE))
