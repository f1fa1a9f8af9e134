import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from featcls.kernels.quantiles import quantiles

SHARES = (0.0, 0.01, 0.3, 0.5, 0.99, 1.0)


@pytest.mark.parametrize("n", [1, 2, 7, 1000])
def test_quantiles_are_those_of_numpy(n):
    values = np.random.default_rng(n).normal(size=n)
    assert_allclose(quantiles(values, SHARES), np.quantile(values, SHARES), rtol=1e-14)


@pytest.mark.parametrize("dtype", ["u1", "i2", "u4", "i8", "f4", "f8"])
def test_quantiles_do_not_depend_on_the_type(dtype):
    values = np.random.default_rng(0).integers(0, 100, 333)
    assert_array_equal(quantiles(values.astype(dtype), SHARES), quantiles(values, SHARES))


def test_quantiles_of_nothing_are_refused():
    with pytest.raises(ValueError, match=r"values has shape \(0,\)"):
        quantiles([], SHARES)
