import numpy as np
import pytest

from featcls.errors import UsageError
from featcls.extractors.levels import grey_levels
from featcls.frame import Frame


@pytest.mark.parametrize("dtype", ["u1", "i4", "u8", "f4", "f8"])
def test_whole_numbers_of_any_type_are_levels(dtype):
    levels = grey_levels(Frame(np.array([[0, 7]], dtype)), 8, "glcm")
    assert levels.dtype == np.uint8
    assert levels.tolist() == [[0, 7]]


@pytest.mark.parametrize(
    ("values", "found"),
    [([0.5, 1.0], "fractions"), ([-1, 3], "from -1 to 3"), ([0, 8], "from 0 to 8")],
)
def test_anything_else_is_refused_with_the_remedy(values, found):
    with pytest.raises(
        UsageError, match=f"{found}; add the preprocessor quantise with levels = 8"
    ):
        grey_levels(Frame(np.array([values]), frame_id="a.png"), 8, "glcm")
