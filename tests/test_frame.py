import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_array_equal

from featcls.frame import Frame
from featcls.geometry import Geometry

DTYPES = st.sampled_from(["u1", ">u2", "<i4", "i8", "f2", ">f4", "f8", "?"])


@given(
    DTYPES.flatmap(lambda d: hnp.arrays(d, hnp.array_shapes(min_dims=2, max_dims=2))), st.data()
)
def test_a_frame_holds_zero_under_its_mask_whatever_lay_there(image, data):
    mask = data.draw(hnp.arrays(bool, image.shape))
    other = image.copy()
    other[mask] = data.draw(st.sampled_from([0, 1]))
    frame, same = Frame(image, mask), Frame(other, mask)
    assert frame.image.tobytes() == same.image.tobytes()
    if frame.mask is not None:
        assert not frame.image[frame.mask].any()


@given(DTYPES.flatmap(lambda d: hnp.arrays(d, hnp.array_shapes(min_dims=2, max_dims=2))))
def test_a_frame_is_contiguous_native_read_only_and_finite(image):
    frame = Frame(image.T)
    assert frame.image.flags.c_contiguous
    assert not frame.image.flags.writeable
    assert frame.image.dtype.isnative
    assert np.isfinite(frame.image).all()
    assert frame.values.size == int(frame.valid.sum())


def test_minus_zero_under_the_mask_leaves_no_trace():
    mask = np.array([[True, False]])
    assert Frame(np.array([[-0.0, 1.0]]), mask).image.tobytes() == np.array([[0.0, 1.0]]).tobytes()


def test_non_finite_pixels_are_masked_together_with_the_given_mask():
    image = np.array([[np.nan, 1.0], [np.inf, 2.0]])
    frame = Frame(image, np.array([[False, True], [False, False]]))
    assert_array_equal(frame.mask, [[True, True], [True, False]])
    assert frame.status == "ok"
    assert Frame(np.full((2, 2), np.nan)).status == "masked"


def test_a_mask_without_a_masked_pixel_is_no_mask():
    assert Frame(np.ones((2, 2)), np.zeros((2, 2), bool)).mask is None


def test_the_given_arrays_are_not_changed():
    image, mask = np.ones((2, 2)), np.eye(2, dtype=bool)
    Frame(image, mask)
    assert image.flags.writeable
    assert image.sum() == 4


@pytest.mark.parametrize(
    ("image", "mask", "error", "text"),
    [
        (np.ones(3), None, ValueError, r"shape \(3,\)"),
        (np.ones((0, 3)), None, ValueError, "with a pixel"),
        (np.ones((2, 2), complex), None, TypeError, "complex128"),
        (np.ones((2, 2)), np.ones((2, 2)), TypeError, "True = ignore"),
        (np.ones((2, 2)), np.ones((2, 3), bool), ValueError, r"\(2, 3\)"),
    ],
)
def test_a_frame_refuses_what_is_no_image(image, mask, error, text):
    with pytest.raises(error, match=text):
        Frame(image, mask)


def test_replace_applies_the_mask_law_anew():
    frame = Frame(np.ones((2, 2), np.uint8), frame_id="a").replace(mask=np.eye(2, dtype=bool))
    assert frame.frame_id == "a"
    assert frame.image.tolist() == [[0, 1], [1, 0]]


def test_a_crop_and_binning_move_the_beam_centre():
    geometry = Geometry((10.0, 20.0), pixel_size=1e-4).moved(4, 2, scale=2)
    assert geometry.beam_center == (2.75, 8.75)  # pixel centre 6 of the crop lies in bin 3
    assert geometry.pixel_size == 2e-4


def test_q_of_a_known_angle():
    geometry = Geometry((0.0, 0.0), pixel_size=1e-3, distance=1e-3, wavelength=1e-10)
    q = geometry.q_map((1, 2))[0, 1]  # one pixel off at one pixel's distance: 2 theta = 45 degrees
    assert q == pytest.approx(4 * np.pi * np.sin(np.pi / 8) / 1e-10)


def test_a_missing_beam_centre_is_the_image_centre_with_a_warning():
    with pytest.warns(UserWarning, match="image centre"):
        assert Geometry().center((3, 5)) == (1.0, 2.0)


def test_an_impossible_geometry_is_refused():
    with pytest.raises(ValueError, match="distance is -1"):
        Geometry(distance=-1.0)
