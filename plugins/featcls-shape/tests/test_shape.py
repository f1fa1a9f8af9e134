"""What the extractors are there for, and the libraries they are computed by."""

import numpy as np
import pytest

from featcls.frame import Frame
from featcls_shape import Gabor, Hog, Zernike

RNG = np.random.default_rng(0)
BLOB = np.add.outer(*[-(((np.arange(64) - c) / w) ** 2) for c, w in ((25, 9), (33, 4))])
PICTURE = 200 * np.exp(BLOB)
PICTURE_ON_GREY = 50 + PICTURE


def test_hog_is_scikit_images_where_the_frame_has_its_size():
    from skimage.feature import hog

    image = RNG.uniform(size=(32, 32)).astype(np.float32).astype(float)
    wanted = hog(image, 8, (8, 8), (2, 2), block_norm="L2-Hys")
    np.testing.assert_allclose(Hog().extract(Frame(image)), wanted, rtol=1e-6)


@pytest.mark.parametrize("k", range(4))
def test_the_filter_along_the_wave_answers_most(k):
    rows, cols = np.indices((64, 64))
    angle = np.pi * k / 4
    wave = np.cos(2 * np.pi * 0.1 * (cols * np.cos(angle) + rows * np.sin(angle)))
    means = Gabor((0.1,), 4).extract(Frame(wave))[::2]
    assert means.argmax() == k


@pytest.mark.parametrize("turned", [np.rot90, np.fliplr, np.flipud])
def test_zernike_moments_do_not_change_when_a_form_is_turned_or_mirrored(turned):
    wanted = Zernike().extract(Frame(PICTURE))
    found = Zernike().extract(Frame(turned(PICTURE).copy()))
    np.testing.assert_allclose(found, wanted, atol=1e-6)


def test_zernike_moments_tell_a_round_form_from_a_long_one():
    row, col = np.indices((64, 64)) - 31.5
    round_one, long_one = (np.exp(-(row**2 + (col / w) ** 2) / 20) for w in (1, 3))
    names = Zernike().feature_names()
    two = names.index("zernike_n2_l2")
    assert Zernike().extract(Frame(long_one))[two] > 0.05
    assert Zernike().extract(Frame(round_one))[two] < 1e-3


@pytest.mark.parametrize("extractor", [Hog(), Gabor()])
def test_a_few_dead_pixels_change_little(extractor):
    mask = RNG.random((64, 64)) < 0.005
    whole = extractor.extract(Frame(PICTURE_ON_GREY))
    found = extractor.extract(Frame(PICTURE_ON_GREY, mask))
    zeroed = extractor.extract(Frame(np.where(mask, 0, PICTURE_ON_GREY)))
    assert np.linalg.norm(found - whole) < np.linalg.norm(zeroed - whole)
