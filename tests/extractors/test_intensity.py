import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats

from featcls.errors import UsageError
from featcls.extractors.intensity import Intensity
from featcls.frame import Frame

IMAGE = np.random.default_rng(2).gamma(2.0, 50.0, (30, 40))
MASK = np.random.default_rng(3).random(IMAGE.shape) < 0.3


def by_name(frame):
    extractor = Intensity()
    return dict(zip(extractor.feature_names(), extractor.extract(frame).tolist(), strict=True))


@pytest.mark.parametrize("mask", [None, MASK])
def test_statistics_are_those_of_the_valid_pixels(mask):
    found, values = by_name(Frame(IMAGE, mask)), IMAGE if mask is None else IMAGE[~mask]
    assert_allclose(found["mean"], values.mean())
    assert_allclose(found["std"], values.std())
    assert (found["min"], found["max"]) == (values.min(), values.max())
    assert_allclose(found["q05"], np.quantile(values, 0.05))
    assert_allclose(found["q99"], np.quantile(values, 0.99))
    assert_allclose(found["skew"], stats.skew(values, axis=None))
    assert_allclose(found["kurtosis"], stats.kurtosis(values, axis=None))
    assert_allclose(found["total"], values.mean() * IMAGE.size)


def test_four_statistics_are_the_first_four():
    frame = Frame(IMAGE)
    assert Intensity("four").feature_names() == ["mean", "std", "min", "max"]
    assert_array_equal(Intensity("four").extract(frame), Intensity().extract(frame)[:4])
    assert Intensity("four").atoms() == Intensity().atoms()


@pytest.mark.parametrize("value", [0, 7, 0.1, 1e300, -1e-300])
def test_a_constant_frame_has_no_spread(value):
    found = by_name(Frame(np.full((13, 17), value)))
    assert found["mean"] == found["q50"] == value
    assert found["std"] == found["skew"] == found["kurtosis"] == 0.0


def test_huge_values_stay_finite():
    assert np.isfinite(list(by_name(Frame(IMAGE * 1e300)).values())).all()


def test_a_frame_without_a_valid_pixel_gives_zeros():
    assert not Intensity().extract(Frame(IMAGE, np.ones(IMAGE.shape, bool))).any()


def test_unknown_statistics_are_refused():
    with pytest.raises(UsageError, match="statistics is 'five'; give all or four"):
        Intensity("five").extract(Frame(IMAGE))
