import math
import warnings

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from featcls.config import canonical
from featcls.errors import DataError, UsageError
from featcls.frame import Frame
from featcls.pipeline import fit_chain
from featcls.plugins import registry
from featcls.preprocess.quantise import METHODS, Quantise

RNG = np.random.default_rng(5)
COUNTS = RNG.poisson(30, (12, 15)) + 1000 * (RNG.random((12, 15)) < 0.05)


def naive(value, method, levels, low, high):
    """The definition, a pixel at a time."""
    if low == high:
        return 0
    u, w = min(max(value - low, 0.0), high - low), high - low
    transform = {"log": math.log1p, "sqrt": math.sqrt}.get(method, float)
    return min(math.floor(transform(u) / transform(w) * levels), levels - 1)


@pytest.mark.parametrize("dtype", ["u2", "i2", "i4", "f4", "f8"])
@pytest.mark.parametrize("levels", [2, 16, 256, 257, 65536])
@pytest.mark.parametrize("method", METHODS)
def test_levels_are_those_of_the_definition(method, levels, dtype):
    found = Quantise(method, levels, (5.0, 700.0)).apply(Frame(COUNTS.astype(dtype))).image
    wanted = [naive(float(value), method, levels, 5.0, 700.0) for value in COUNTS.ravel()]
    assert_array_equal(found.ravel(), wanted)
    assert found.dtype == (np.uint8 if levels <= 256 else np.uint16)


@pytest.mark.parametrize("dtype", ["u1", "i1", "i2", "f4"])
def test_negative_values_and_every_value_of_a_type_are_mapped(dtype):
    values = np.arange(-128, 128) if dtype != "u1" else np.arange(256)
    found = Quantise("linear", 16, (-100.0, 100.0)).apply(Frame(values[None].astype(dtype)))
    wanted = [naive(float(value), "linear", 16, -100.0, 100.0) for value in values]
    assert_array_equal(found.image[0], wanted)


@pytest.mark.parametrize("dtype", ["i4", "u4", "i8", "u8"])
@pytest.mark.parametrize("ends", [(0.5, 9.25), (-9.5, -2.0), (-1e30, 7.0), (3.0, 1e30)])
@pytest.mark.filterwarnings("ignore:quantise")
def test_wide_integers_get_the_levels_of_equal_floats(dtype, ends):
    limits = np.iinfo(dtype)
    values = np.array([*range(20), limits.max, limits.min, limits.min + 1, 70_000], dtype)[None]
    for method in ("linear", "sqrt", "log"):
        step = Quantise(method, 16, ends)
        found = step.apply(Frame(values)).image
        assert_array_equal(found, step.apply(Frame(values.astype(np.float64))).image)


def test_bytes_to_256_linear_levels_is_the_identity():
    image = np.arange(256, dtype=np.uint8).reshape(16, 16)
    found = Quantise("linear", 256, (0.0, 256.0)).apply(Frame(image)).image
    assert_array_equal(found, image)
    assert found.dtype == np.uint8


@pytest.mark.parametrize("ends", ["frame", (7.0, 7.0), (0.0, 9.0)])
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.filterwarnings("ignore:quantise")
def test_a_constant_frame_is_constant_and_valid(method, ends):
    frame = Quantise(method, 64, ends).apply(Frame(np.full((3, 4), 7.0)))
    assert frame.mask is None
    assert len(np.unique(frame.image)) == 1
    if ends != (0.0, 9.0):
        assert not frame.image.any()


def test_the_range_of_a_frame_is_that_of_its_valid_pixels():
    mask = COUNTS > 500
    image = np.where(mask, 10**6, COUNTS)
    found = Quantise("linear", 64, "frame").apply(Frame(image, mask))
    ends = float(COUNTS[~mask].min()), float(COUNTS[~mask].max())
    assert_array_equal(found.image, Quantise("linear", 64, ends).apply(Frame(image, mask)).image)
    assert not found.image[mask].any()


@pytest.mark.filterwarnings("ignore:quantise")
def test_a_percentile_range_does_not_follow_a_hot_pixel():
    image = np.random.default_rng(0).poisson(100, (50, 50))
    hot = image.copy()
    hot[20, 20] = 10**6
    plain, spoilt = (
        Quantise("percentile", 64, "frame").apply(Frame(i)).image for i in (image, hot)
    )
    assert np.count_nonzero(plain != spoilt) < 25
    assert len(np.unique(Quantise("linear", 64, "frame").apply(Frame(hot)).image)) == 2


def test_the_learned_range_spans_the_training_frames():
    frames = [Frame(np.array([[3, 9]])), Frame(np.array([[5, 20]]), np.array([[False, True]]))]
    learned = Quantise("sqrt", 16).fitted_params(frames)
    assert learned == {"method": "sqrt", "levels": 16, "range": (3.0, 9.0)}
    assert not Quantise(**learned).needs_fit


def test_the_learned_range_becomes_part_of_the_config():
    step = canonical({"preprocess": ["quantise"], "classifier": "rf"}, registry().space_of)[
        "preprocess"
    ]
    (fitted,) = fit_chain(step, [Frame(np.array([[3, 9]]))], registry())
    assert fitted["params"]["range"] == [3.0, 9.0]
    again = canonical({"preprocess": [fitted], "classifier": "rf"}, registry().space_of)
    assert again["preprocess"] == [fitted]


def test_pixels_beyond_the_learned_range_take_its_ends():
    found = Quantise("linear", 10, (3.0, 9.0)).apply(Frame(np.array([[-5, 3, 9, 500]])))
    assert found.image.tolist() == [[0, 0, 9, 9]]


def test_a_range_cannot_be_learned_of_masked_frames():
    with pytest.raises(DataError, match="no training frame has a valid pixel"):
        Quantise().fitted_params([Frame(np.ones((2, 2)), np.ones((2, 2), bool))])


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({}, "still to be learned"),
        ({"method": "cubic"}, "method is 'cubic'"),
        ({"levels": 1}, "levels is 1"),
        ({"levels": 65537}, "levels is 65537"),
        ({"range": (2.0, 1.0)}, "range is"),
        ({"range": (float("nan"), 1.0)}, "range is"),
        ({"range": "whole"}, "range is 'whole'"),
    ],
)
def test_parameters_that_cannot_be_meant_are_refused(params, said):
    with pytest.raises(UsageError, match=said):
        Quantise(**params).apply(Frame(COUNTS))


def test_a_frame_whose_pixels_share_a_level_is_warned_of():
    image = np.zeros((20, 20))
    image[0, :3] = 100.0
    with pytest.warns(UserWarning, match="more than 99 %"):
        Quantise("linear", 256, "frame").apply(Frame(image))
    image[0, :4] = 100.0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Quantise("linear", 256, "frame").apply(Frame(image))


@pytest.mark.parametrize("others", [0, 99, 100, 101, 5000])
@pytest.mark.parametrize("gathered", [True, False])
def test_only_a_level_with_more_than_99_percent_of_the_pixels_is_warned_of(
    others: int, gathered: bool
) -> None:
    pixels = np.zeros(10_000, np.uint8)
    pixels[slice(others) if gathered else slice(None, others * 2, 2)] = 7
    frame = Frame(pixels.reshape(100, 100))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        Quantise(levels=256, range=(0.0, 256.0)).apply(frame)
    assert bool(caught) == (others < 100)
