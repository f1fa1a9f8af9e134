import numpy as np
import pytest
from numpy.testing import assert_allclose

from featcls.errors import UsageError
from featcls.frame import Frame
from featcls.geometry import Geometry
from featcls.preprocess.resize import METHODS, Resize

ROWS, COLS = np.indices((60, 80))
RAMP = (ROWS + 2 * COLS).astype(np.float32)


@pytest.mark.parametrize("method", METHODS)
def test_a_ramp_stays_a_ramp(method):
    frame = Resize((30, 40), method).apply(Frame(RAMP))
    wanted = RAMP.reshape(30, 2, 40, 2).mean((1, 3))
    assert frame.shape == (30, 40)
    assert_allclose(frame.image[2:-2, 2:-2], wanted[2:-2, 2:-2], atol=1.6)  # nearest: a pixel


def test_the_longer_side_keeps_the_shape_of_the_picture():
    assert Resize(40).apply(Frame(RAMP)).shape == (30, 40)
    assert Resize(160).apply(Frame(RAMP)).shape == (120, 160)


@pytest.mark.parametrize("method", METHODS)
def test_a_mask_neither_darkens_nor_brightens_its_surroundings(method):
    mask = (ROWS - 30) ** 2 + (COLS - 40) ** 2 < 100
    frame = Resize((31, 37), method).apply(Frame(np.full(RAMP.shape, 7.0, np.float32), mask))
    assert_allclose(frame.values, 7.0, rtol=1e-5)
    assert 0.5 < frame.mask.sum() / (mask.sum() * 31 * 37 / 4800) < 1.5


def test_the_beam_stays_where_it_is_in_the_picture():
    geometry = Geometry((29.5, 39.5), 1e-4, 0.1, 1e-10)
    frame = Resize((30, 40)).apply(Frame(RAMP, geometry=geometry))
    assert frame.geometry.beam_center == (14.5, 19.5)
    assert frame.geometry.pixel_size == pytest.approx(2e-4)
    oblong = Resize((30, 80)).apply(Frame(RAMP, geometry=geometry))
    assert oblong.geometry.pixel_size is None


@pytest.mark.parametrize("size", [0, -3, (0, 4), (3,), (10**5, 10**5)])
def test_what_is_no_size_is_refused(size):
    with pytest.raises(UsageError, match="resize: size"):
        Resize(size).apply(Frame(RAMP))


def test_an_unknown_method_is_refused():
    with pytest.raises(UsageError, match="'lanczos'"):
        Resize(10, "lanczos").apply(Frame(RAMP))
