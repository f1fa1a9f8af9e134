import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from featcls.config import canonical
from featcls.errors import UsageError
from featcls.frame import Frame
from featcls.geometry import Geometry
from featcls.pipeline import steps
from featcls.plugins import registry
from featcls.preprocess.crop import Crop

IMAGE = np.arange(63).reshape(7, 9)


def test_a_region_is_a_slice_of_image_and_mask():
    mask = IMAGE % 2 == 0
    frame = Crop((1, 4, 2, 9)).apply(Frame(IMAGE, mask, "a"))
    assert_array_equal(frame.valid, ~mask[1:4, 2:9])
    assert_array_equal(frame.values, IMAGE[1:4, 2:9][frame.valid])
    assert frame.frame_id == "a"


def test_a_size_is_cut_from_the_middle():
    assert_array_equal(Crop((3, 5)).apply(Frame(IMAGE)).image, IMAGE[2:5, 2:7])
    assert_array_equal(Crop((2, 2)).apply(Frame(IMAGE)).image, IMAGE[2:4, 3:5])


def test_a_pixel_keeps_its_place_in_the_geometry():
    geometry = Geometry((3.25, 4.5), 75e-6, 0.1, 1e-10)
    frame = Crop((1, 5, 2, 8)).apply(Frame(IMAGE, geometry=geometry))
    q = geometry.q_map(IMAGE.shape)
    assert_allclose(frame.geometry.q_map(frame.shape), q[1:5, 2:8], rtol=1e-12)


def test_a_crop_out_of_the_masked_part_has_no_mask():
    mask = np.zeros(IMAGE.shape, bool)
    mask[0] = True
    assert Crop((1, 7, 0, 9)).apply(Frame(IMAGE, mask)).mask is None


@pytest.mark.parametrize(
    "roi", [(0, 8, 0, 9), (-1, 3, 0, 9), (3, 3, 0, 9), (0, 7, 5, 4), (8, 2), (0, 2)]
)
def test_a_region_that_does_not_fit_is_refused(roi):
    with pytest.raises(UsageError, match="does not fit into an image of 7 x 9"):
        Crop(roi).apply(Frame(IMAGE))


def test_a_region_of_another_form_is_refused():
    with pytest.raises(UsageError, match=r"roi is \(1, 2, 3\); give \(row0"):
        Crop((1, 2, 3)).apply(Frame(IMAGE))


@pytest.mark.parametrize("roi", [None, (2, 3), (0, 2, 1, 9)])
def test_a_region_is_the_same_by_way_of_a_config(roi):
    step = {"name": "crop", "params": {"roi": roi}}
    config = canonical({"preprocess": [step], "classifier": "rf"}, registry().space_of)
    (crop,) = steps(config["preprocess"], registry())
    assert crop.roi == roi
