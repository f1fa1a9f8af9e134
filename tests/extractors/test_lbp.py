import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from skimage.feature import local_binary_pattern

from featcls.extractors.lbp import LBP
from featcls.frame import Frame

IMAGE = np.random.default_rng(1).integers(0, 40, (30, 41), dtype=np.uint8)


@pytest.mark.parametrize("method", ["uniform", "nri_uniform", "default", "ror"])
@pytest.mark.parametrize(("P", "R"), [(4, 1.0), (8, 1.0), (8, 2.5)])
def test_histograms_are_those_of_the_codes_of_scikit_image(method, P, R):
    codes = local_binary_pattern(IMAGE, P, R, method).astype(int)
    extractor = LBP(P, R, method)
    wanted = np.bincount(codes.ravel(), minlength=len(extractor.feature_names())) / codes.size
    assert_array_equal(extractor.extract(Frame(IMAGE)), wanted)


def test_variances_are_counted_by_octaves():
    variance = np.nan_to_num(local_binary_pattern(IMAGE, 8, 1.0, "var"))
    octave = np.minimum(np.log2(1 + variance).astype(int), 15)
    wanted = np.bincount(octave.ravel(), minlength=16) / octave.size
    assert_array_equal(LBP(method="var").extract(Frame(IMAGE)), wanted)


@pytest.mark.parametrize(
    ("P", "method", "width"),
    [(8, "uniform", 10), (24, "uniform", 26), (8, "nri_uniform", 59), (16, "ror", 65536),
     (4, "default", 16), (24, "var", 16)],
)  # fmt: skip
def test_the_width_follows_from_the_parameters(P, method, width):
    extractor = LBP(P, 2.0, method)
    assert len(extractor.feature_names()) == width == len(extractor.extract(Frame(IMAGE)))


@pytest.mark.parametrize("method", ["default", "ror"])
def test_more_than_2_to_the_16_patterns_are_refused(method):
    with pytest.raises(ValueError, match="use P <= 16 or method 'uniform'"):
        LBP(24, 3.0, method).feature_names()


def test_shares_sum_to_one_behind_a_mask_too():
    mask = np.random.default_rng(2).random(IMAGE.shape) < 0.05
    assert_allclose(LBP(16, 2.0).extract(Frame(IMAGE, mask)).sum(), 1.0)


def test_a_frame_without_a_valid_pixel_gives_zeros():
    assert not LBP().extract(Frame(IMAGE, np.ones(IMAGE.shape, bool))).any()
