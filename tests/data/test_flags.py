import numpy as np
import pytest
from numpy.testing import assert_array_equal

from featcls.data.flags import flagged, mask_of, masked
from featcls.frame import Frame


def reasons(values, dtype, **known):
    """Reason of each value of one row, empty where it counts."""
    image = np.array([values], dtype)
    found = flagged(image, **known)
    told = [""] * len(values)
    for reason, bad in reversed(found.items()):
        for k in np.flatnonzero(bad[0]):
            told[k] = reason
    return told


@pytest.mark.parametrize("dtype", ["u2", "u4", "u8", ">u2"])
def test_the_largest_unsigned_value_is_a_flag(dtype):
    top = int(np.iinfo(np.dtype(dtype)).max)
    assert reasons([0, top - 1, top], dtype) == ["", "", f"flag {top}"]


@pytest.mark.parametrize("dtype", ["i2", "i4", "i8"])
def test_both_ends_of_a_signed_type_are_flags(dtype):
    ends = np.iinfo(np.dtype(dtype))
    assert reasons([ends.min, -7, 3, ends.max], dtype) == [
        f"flag {ends.min}",
        "",
        "",
        f"flag {ends.max}",
    ]


def test_8_bit_white_is_a_flag_of_photon_counters_only():
    assert reasons([0, 255], "u1") == ["", ""]
    assert reasons([0, 255], "u1", counter=True) == ["", "flag 255"]


def test_minus_1_and_minus_2_are_flags_where_nothing_lies_below():
    assert reasons([-2, -1, 0], "i4") == ["flag -2", "flag -1", ""]
    assert reasons([-1, 0], "i4") == ["flag -1", ""]
    assert reasons([-3, -2, -1, 0], "i4") == ["", "", "", ""]
    assert reasons([-(2**31), -2, 0], "i4") == [f"flag {-(2**31)}", "flag -2", ""]


def test_what_is_known_of_the_detector_decides_over_negative_values():
    assert reasons([-2, 0], "i4", counter=False) == ["", ""]
    assert reasons([-9, -1, 0], "i4", counter=True) == ["negative", "negative", ""]


def test_a_counter_of_fewer_bits_has_its_own_flag():
    assert reasons([4094, 4095, 65535], "u2", bits=12) == ["", "flag 4095", "flag 65535"]


@pytest.mark.parametrize("dtype", ["u4", "i4", "f4"])
def test_limits_of_the_detector_hold_for_any_type(dtype):
    told = reasons([5, 10, 100, 101], dtype, low=10, high=100)
    assert told == ["below 10", "", "", "saturated (> 100)"]


def test_floats_that_are_not_finite_are_told():
    assert reasons([np.nan, -np.inf, -1.0], "f8") == ["not finite", "not finite", ""]


def test_a_pixel_counts_for_its_first_reason_alone():
    a, b = np.array([[1, 1, 0, 0]], bool), np.array([[0, 1, 1, 0]], bool)
    mask, counts = mask_of({"a": a, "b": b, "none": np.zeros((1, 4), bool)})
    assert_array_equal(mask, [[True, True, True, False]])
    assert counts == {"a": 2, "b": 1}
    assert_array_equal(a, [[1, 1, 0, 0]])


def test_nothing_masked_is_no_mask():
    assert mask_of({}) == (None, {})
    assert mask_of({"a": np.zeros((2, 2), bool)}) == (None, {})


def test_later_reasons_add_to_those_of_a_frame():
    bad = np.array([[True, False, False]])
    frame = Frame(np.arange(1, 4)[None], bad, meta={"masked": {"dead": 1}, "panel": 3})
    edge = {"edge": np.array([[True, True, False]])}
    after = masked(frame, edge)
    assert after.meta == {"masked": {"dead": 1, "edge": 1}, "panel": 3}
    assert_array_equal(after.image, [[0, 0, 3]])
    assert masked(after, edge) is after
