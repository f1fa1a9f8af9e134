import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from skimage import feature

import naive
from featcls.kernels.texture import (
    FUSED_PROPERTIES,
    HARALICK,
    PROPERTIES,
    graycomatrix,
    graycoprops,
    haralick_features,
)

ANGLES = [0.0, np.pi / 4, np.pi / 2, 3 * np.pi / 4]


def levels_image(shape, levels, seed=0, dtype=np.uint8):
    return np.random.default_rng(seed).integers(0, levels, shape).astype(dtype)


@pytest.mark.parametrize("n_threads", [1, 2])
@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (11, 13)])
@pytest.mark.parametrize("masked", [False, True])
def test_counts_equal_the_naive_twin(shape, masked, n_threads):
    image = levels_image(shape, 8)
    mask = np.random.default_rng(1).random(shape) < 0.2 if masked else None
    got = graycomatrix(image, [1, 3], ANGLES, 8, mask=mask, n_threads=n_threads)
    assert_array_equal(got, naive.graycomatrix(image, [1, 3], ANGLES, 8, mask=mask))


@pytest.mark.parametrize("symmetric", [False, True])
@pytest.mark.parametrize("prop", PROPERTIES)
def test_properties_equal_the_naive_twin(prop, symmetric):
    counts = naive.graycomatrix(levels_image((9, 8), 6), [1, 2], ANGLES, 6, symmetric)
    wanted = [[naive.graycoprop(counts[:, :, d, a], prop) for a in range(4)] for d in range(2)]
    assert_allclose(graycoprops(counts, prop), wanted, rtol=1e-12)


@pytest.mark.parametrize("seed", range(12))
def test_counts_and_properties_equal_scikit_image(seed):
    rng = np.random.default_rng(seed)
    levels = int(rng.choice([2, 7, 16, 256, 300]))
    dtype = np.uint16 if levels > 256 else rng.choice([np.uint8, np.int32, np.int64])
    image = levels_image(rng.integers(1, 40, 2), levels, seed, dtype)
    distances, angles = rng.uniform(0, 6, 2), rng.uniform(-7, 7, 3)
    options = {"symmetric": bool(rng.integers(2)), "normed": bool(rng.integers(2))}
    got = graycomatrix(image, distances, angles, levels, **options)
    wanted = feature.graycomatrix(image, distances, angles, levels, **options)
    assert got.dtype == wanted.dtype
    assert_array_equal(got, wanted)
    for prop in PROPERTIES:
        assert_allclose(
            graycoprops(got, prop), feature.graycoprops(wanted, prop), rtol=1e-9, atol=1e-11
        )


@pytest.mark.parametrize("levels", [2, 15, 16, 21, 22, 255, 256, 1000])
@pytest.mark.parametrize("symmetric", [False, True])
@pytest.mark.parametrize("masked", [False, True])
def test_fused_features_equal_the_properties_of_the_matrix(levels, symmetric, masked):
    image = levels_image((31, 29), levels, dtype=np.uint16)
    image[0, ::2], image[0, 1::2] = 0, levels - 1  # all levels are in use
    mask = np.random.default_rng(1).random(image.shape) < 0.1 if masked else None
    got = haralick_features(
        image, [1, 2], ANGLES, levels, properties=PROPERTIES, symmetric=symmetric, mask=mask
    )
    counts = graycomatrix(image, [1, 2], ANGLES, levels, symmetric, mask=mask)
    assert_allclose(got, [graycoprops(counts, prop) for prop in PROPERTIES], rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("levels", [2, 16, 40])
def test_more_equal_pairs_than_16_bits_can_count_are_counted(levels):
    image = np.zeros((600, 640), np.uint8)
    image[::7, ::5] = levels - 1
    got = haralick_features(image, [1, 2], ANGLES, levels, properties=PROPERTIES)
    counts = graycomatrix(image, [1, 2], ANGLES, levels, symmetric=True)
    assert counts[0, 0].min() > 4 * 2**16
    assert_allclose(got, [graycoprops(counts, prop) for prop in PROPERTIES], rtol=1e-12)


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("low", [0, 30])
@pytest.mark.parametrize("high", [3, 40, 200])
def test_tables_and_buckets_give_the_same_bits(high, low, masked):
    image = levels_image((70, 90), high) + np.uint8(low)
    mask = np.random.default_rng(1).random(image.shape) < 0.1 if masked else None
    options = {"properties": FUSED_PROPERTIES}
    tables = haralick_features(image, [1, 3], ANGLES, 256, mask=mask, **options)
    stack = np.stack([image, image]).astype(np.uint16)
    stack[1, 0, 0] = 60000  # too many levels in use for tables
    masks = None if mask is None else np.stack([mask, np.zeros_like(mask)])
    buckets = haralick_features(stack, [1, 3], ANGLES, 65536, mask=masks, **options)
    assert tables.tobytes() == buckets[0].tobytes()


@pytest.mark.parametrize("levels", [2, 6, 40, 300])
@pytest.mark.parametrize("symmetric", [False, True])
@pytest.mark.parametrize("masked", [False, True])
def test_every_fused_property_equals_the_naive_twin(levels, symmetric, masked):
    image = levels_image((9, 8), levels, dtype=np.uint16)
    image[:, ::3] = image[:, 1::3]  # so that one level tells of the other
    mask = np.random.default_rng(1).random(image.shape) < 0.1 if masked else None
    options = {"symmetric": symmetric, "mask": mask}
    got = haralick_features(image, [1, 2], ANGLES, levels, properties=FUSED_PROPERTIES, **options)
    counts = naive.graycomatrix(image, [1, 2], ANGLES, levels, **options)
    for prop, values in zip(FUSED_PROPERTIES, got, strict=True):
        wanted = [[naive.graycoprop(counts[:, :, d, a], prop) for a in range(4)] for d in range(2)]
        assert_allclose(values, wanted, rtol=1e-9, atol=1e-11, err_msg=prop)


@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize("name", FUSED_PROPERTIES)
def test_a_property_asked_for_alone_has_the_bits_it_has_among_all(name, wide):
    image = levels_image((20, 30), 50) * (20 if wide else 1)
    every = haralick_features(image, [1], ANGLES, 1000, properties=FUSED_PROPERTIES)
    alone = haralick_features(image, [1], ANGLES, 1000, properties=(name,))
    assert alone.tobytes() == every[FUSED_PROPERTIES.index(name)].tobytes()


def in_bits(features):
    """Haralick's thirteen with the logarithms to base 2 that mahotas takes."""
    features = features.copy()
    for name in ("sum_entropy", "entropy", "difference_entropy"):
        features[HARALICK.index(name)] /= np.log(2)
    unexplained = 1 - features[HARALICK.index("imc2")] ** 2
    features[HARALICK.index("imc2")] = np.sqrt(1 - unexplained ** (1 / np.log(2)))
    return features


@pytest.mark.parametrize("levels", [8, 200, 256, 1500])
def test_haralicks_thirteen_are_those_of_mahotas(levels):
    mahotas = pytest.importorskip("mahotas.features")
    image = levels_image((31, 40), levels, dtype=np.uint16)
    image[::2, 1:] = image[::2, :-1]
    wanted = mahotas.haralick(image, distance=2, use_x_minus_y_variance=True)
    steps = [(0, 2), (2, 2), (2, 0), (2, -2)]  # its four directions
    for (dr, dc), values in zip(steps, wanted, strict=True):
        offset = [np.hypot(dr, dc)], [np.arctan2(dr, dc)]
        got = haralick_features(image, *offset, levels, properties="haralick")
        assert_allclose(in_bits(got[:, 0, 0]), values, rtol=1e-9, atol=1e-11)


def test_a_level_that_tells_the_next_one_has_all_the_information():
    board = np.indices((8, 8)).sum(0).astype(np.uint8) % 2
    names = ("imc1", "imc2", "entropy", "sum_entropy")
    got = haralick_features(board, [1], [0.0], 2, properties=names).ravel()
    assert_allclose(got, [-1, np.sqrt(0.75), np.log(2), 0], atol=1e-15)


def test_a_constant_image_is_one_count():
    counts = graycomatrix(np.full((4, 5), 2, np.uint8), [1], [0.0], 3)[..., 0, 0]
    assert counts[2, 2] == counts.sum() == 4 * 4


def test_a_constant_image_has_no_contrast_and_full_correlation():
    got = haralick_features(np.full((6, 6), 3, np.uint8), [1], ANGLES, 8)
    assert_array_equal(got[:, 0, :], np.repeat([[0], [0], [1], [1], [1], [1]], 4, 1))


def test_a_checkerboard_is_all_contrast_along_rows_and_none_along_diagonals():
    board = np.indices((8, 8)).sum(0).astype(np.uint8) % 2
    contrast, correlation = haralick_features(
        board, [1], [0.0, np.pi / 4], 2, properties=("contrast", "correlation")
    )
    assert_allclose(contrast, [[1, 0]])
    assert_allclose(correlation, [[-1, 1]])


def test_opposite_offsets_give_the_transposed_matrix():
    image = levels_image((12, 9), 5)
    right, left = np.moveaxis(graycomatrix(image, [2], [0.0, np.pi], 5)[:, :, 0, :], -1, 0)
    assert_array_equal(right, left.T)


@pytest.mark.parametrize("function", [graycomatrix, haralick_features])
def test_a_stack_gives_each_image_its_own_result(function):
    stack = levels_image((3, 10, 12), 8)
    masks = np.random.default_rng(2).random(stack.shape) < 0.2
    got = function(stack, [1, 2], ANGLES, 8, mask=masks, n_threads=2)
    for image, mask, result in zip(stack, masks, got, strict=True):
        assert_array_equal(result, function(image, [1, 2], ANGLES, 8, mask=mask))
    one_mask = function(stack, [1, 2], ANGLES, 8, mask=masks[0])
    assert_array_equal(one_mask[1], function(stack[1], [1, 2], ANGLES, 8, mask=masks[0]))


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    shape=st.tuples(st.integers(1, 12), st.integers(1, 40)),
    share=st.floats(0, 1),
    levels=st.sampled_from([2, 8, 256, 4096]),
)
def test_whatever_lies_under_the_mask_the_bytes_are_equal(seed, shape, share, levels):
    rng = np.random.default_rng(seed)
    mask = rng.random(shape) < share
    image = rng.integers(0, levels, shape).astype(np.int32)
    other = np.where(mask, rng.integers(-(2**31), 2**31, shape), image).astype(np.int32)
    for function in (graycomatrix, haralick_features)[levels > 256 :]:
        first = function(image, [1, 2], ANGLES, levels, mask=mask)
        assert first.tobytes() == function(other, [1, 2], ANGLES, levels, mask=mask).tobytes()


def test_an_all_masked_image_in_a_stack_changes_nothing_for_the_others():
    stack = levels_image((2, 9, 11), 50) + np.uint8(100)
    masks = np.zeros(stack.shape, bool)
    masks[0] = True
    got = haralick_features(stack, [1], ANGLES, mask=masks, properties=FUSED_PROPERTIES)
    alone = haralick_features(stack[1], [1], ANGLES, properties=FUSED_PROPERTIES)
    assert got[1].tobytes() == alone.tobytes()


MEMORY = """
import resource
import numpy as np
from featcls.kernels.texture import haralick_features
image = np.random.default_rng(0).integers(0, 4096, (512, 512), dtype=np.uint16)
haralick_features(image[:8, :8], [1], [0.0], 4096)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
haralick_features(image, [1, 2, 4, 5, 8], np.deg2rad([0, 45, 90, 135]), 4096)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss is in KiB on Linux alone")
def test_4096_levels_take_less_than_50_mib():
    done = subprocess.run([sys.executable, "-c", MEMORY], capture_output=True, text=True)
    assert int(done.stdout) < 50 * 1024, done.stderr


def test_an_all_masked_image_has_the_values_scikit_image_gives_an_empty_matrix():
    image = levels_image((5, 5), 4)
    for symmetric in (False, True):
        got = haralick_features(
            image, [1], [0.0], 4, properties=FUSED_PROPERTIES, symmetric=symmetric,
            mask=np.ones((5, 5), bool),
        )  # fmt: skip
        assert_array_equal(got.ravel(), np.array(FUSED_PROPERTIES) == "correlation")


def input_kinds(image):
    read_only = image.copy()
    read_only.flags.writeable = False
    return {
        "read-only": read_only,
        "byte-swapped": image.astype(image.dtype.newbyteorder(">")),
        "Fortran": np.asfortranarray(image),
        "strided": np.repeat(np.repeat(image, 2, 0), 3, 1)[::2, ::3],
        "reversed": image[::-1].copy()[::-1],
        "list": image.tolist(),
    }


@pytest.mark.parametrize("kind", input_kinds(np.zeros((1, 1), np.uint16)))
def test_every_kind_of_array_gives_the_same_counts(kind):
    image = levels_image((9, 17), 300, dtype=np.uint16)
    got = graycomatrix(input_kinds(image)[kind], [1], ANGLES, 300)
    assert_array_equal(got, graycomatrix(image, [1], ANGLES, 300))


def test_a_bool_image_has_two_levels():
    board = np.indices((5, 5)).sum(0) % 2 == 1
    assert graycomatrix(board, [1], [0.0], 2)[..., 0, 0].tolist() == [[0, 10], [10, 0]]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"image": np.full((4, 4), 3, np.uint8), "levels": 2}, "grey level 3, levels is 2"),
        ({"image": np.full((4, 4), -1)}, "grey level -1"),
        ({"image": np.ones((4, 4))}, "quantise it first"),
        ({"image": np.ones((4, 4), complex)}, "complex"),
        ({"image": np.ones(4, np.uint8)}, "1 dimensions"),
        ({"image": np.ones((0, 4), np.uint8)}, "image is empty"),
        ({"image": np.ones((4, 4), np.uint16), "levels": None}, "levels is needed"),
        ({"levels": 0}, "levels is 0"),
        ({"levels": 65537}, "levels is 65537"),
        ({"levels": 8.0}, "levels is 8.0"),
        ({"distances": []}, "distances has shape"),
        ({"distances": [np.nan]}, "distances is"),
        ({"angles": [[0.0]]}, "angles has shape"),
        ({"mask": np.zeros((3, 4), bool)}, "mask has shape"),
        ({"mask": np.zeros((4, 4))}, "mask has dtype float64"),
        ({"n_threads": 0}, "n_threads is 0"),
    ],
)
@pytest.mark.parametrize("function", [graycomatrix, haralick_features])
def test_bad_input_is_refused_by_name(function, change, message):
    arguments = {"image": levels_image((4, 4), 4), "distances": [1], "angles": [0.0], "levels": 8}
    with pytest.raises((ValueError, TypeError), match=message):
        function(**(arguments | change))


def test_a_dense_matrix_over_the_budget_is_refused_and_the_remedy_named():
    with pytest.raises(ValueError, match="use haralick_features"):
        graycomatrix(np.zeros((4, 4), np.uint16), [1], [0.0], 65536)


def test_an_unknown_property_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="prop is 'contrst'; one of contrast"):
        graycoprops(np.ones((2, 2, 1, 1)), "contrst")
    with pytest.raises(ValueError, match="properties is 'imc3'; one of contrast"):
        haralick_features(levels_image((4, 4), 4), [1], [0.0], 4, properties=("imc3",))
    with pytest.raises(ValueError, match="P has shape"):
        graycoprops(np.ones((2, 3, 1, 1)))
