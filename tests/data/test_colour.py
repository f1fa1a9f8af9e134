import numpy as np
from numpy.testing import assert_array_equal
from PIL import Image

from featcls.data.colour import to_grey


def test_luminance_of_8_bit_is_pillows_for_every_corner_of_the_cube():
    levels = np.array([0, 1, 127, 128, 254, 255], np.uint8)
    cube = np.stack(np.meshgrid(levels, levels, levels), -1).reshape(6, 36, 3)
    assert_array_equal(to_grey(cube)[0], np.asarray(Image.fromarray(cube).convert("L")))


def test_white_stays_white_at_every_depth():
    for dtype in (np.uint8, np.uint16, np.uint32):
        top = np.iinfo(dtype).max
        # One pixel of colour, so that luminance is computed.
        colour = np.array([[[top, top, top], [top, 0, 0]]], dtype)
        grey, _ = to_grey(colour)
        assert grey.dtype == dtype
        assert grey[0, 0] == top


def test_equal_channels_of_any_depth_are_passed_on():
    image = np.random.default_rng(0).random((4, 5))
    grey, note = to_grey(np.stack([image] * 3, -1))
    assert_array_equal(grey, image)
    assert note == "grey stored as colour"
