import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from skimage.feature import graycomatrix, graycoprops

from featcls.errors import UsageError
from featcls.extractors import glcm
from featcls.extractors.base import atom_key
from featcls.extractors.glcm import GLCM, MORE_PROPERTIES, PROPERTIES
from featcls.frame import Frame

RNG = np.random.default_rng(0)
IMAGE = np.cumsum(RNG.integers(-1, 2, (40, 50)), axis=1).clip(-15, 16).astype(np.int64) + 15
FRAME = Frame(IMAGE)


def by_name(extractor, frame=FRAME):
    return dict(zip(extractor.feature_names(), extractor.extract(frame), strict=True))


@pytest.mark.parametrize("symmetric", [True, False])
def test_features_are_those_of_scikit_image(symmetric):
    found = by_name(GLCM((1, 5), (0.0, 45.0, 90.0), symmetric=symmetric))
    matrix = graycomatrix(
        IMAGE.astype(np.uint8), [1, 5], np.deg2rad([0, 45, 90]), 256, symmetric, normed=True
    )
    for name in PROPERTIES:
        table = graycoprops(matrix, name)
        for i, distance in enumerate((1, 5)):
            for j, angle in enumerate((0, 45, 90)):
                value = found[f"{name}_d{distance}_a{angle}"]
                assert_allclose(value, table[i, j], rtol=1e-9, atol=1e-12)


def test_a_quarter_turn_swaps_rows_and_columns():
    upright, turned = by_name(GLCM()), by_name(GLCM(), Frame(np.rot90(IMAGE)))
    for name in PROPERTIES:
        assert_allclose(upright[f"{name}_d2_a0"], turned[f"{name}_d2_a90"], rtol=1e-12)
        assert_allclose(upright[f"{name}_d2_a45"], turned[f"{name}_d2_a135"], rtol=1e-12)


def test_any_selection_is_a_part_of_the_whole():
    whole = by_name(GLCM((1, 2, 8), (0.0, 90.0)))
    part = by_name(GLCM((2, 8), (90.0,), ("energy", "contrast")))
    assert part == {name: whole[name] for name in part}


def test_means_and_ranges_are_over_angles():
    every = GLCM((1, 2), (0.0, 45.0, 90.0)).extract(FRAME).reshape(6, 2, 3)
    assert_array_equal(
        GLCM((1, 2), (0.0, 45.0, 90.0), over_angles="mean").extract(FRAME),
        every.mean(axis=2).ravel(),
    )
    both = by_name(GLCM((1, 2), (0.0, 45.0, 90.0), over_angles="mean+range"))
    assert list(both)[:4] == [
        "ASM_d1_mean", "ASM_d1_range", "ASM_d2_mean", "ASM_d2_range",
    ]  # fmt: skip
    assert both["contrast_d2_range"] == np.ptp(every[1, 1])


def test_one_kernel_call_serves_configurations_that_agree_in_counting(monkeypatch):
    from featcls.kernels import texture

    calls, kernel = [], texture.haralick_features
    counted = lambda *args, **kw: calls.append(args) or kernel(*args, **kw)  # noqa: E731
    monkeypatch.setattr(texture, "haralick_features", counted)
    configs = [GLCM((1,)), GLCM((2, 8), (0.0,)), GLCM((1,), symmetric=False)]
    atoms = {atom_key(atom): atom for config in configs for atom in config.atoms()}
    together = GLCM.compute(FRAME, list(atoms.values()))
    assert len(calls) == 2
    for atom, result in zip(atoms.values(), together, strict=True):
        assert_array_equal(result, GLCM.compute(FRAME, [atom])[0])


@pytest.mark.parametrize("over_angles", ["all", "mean+range"])
def test_haralicks_thirteen_come_in_the_order_they_are_asked_for(over_angles):
    from featcls.kernels.texture import HARALICK, haralick_features

    every = by_name(GLCM(properties=HARALICK[::-1], over_angles=over_angles))
    assert len(every) == 13 * 4 * (4 if over_angles == "all" else 2)
    wanted = haralick_features(IMAGE, [1, 2, 4, 8], np.deg2rad([0, 45, 90, 135]), 256,
                               properties="haralick")  # fmt: skip
    for name, values in zip(HARALICK, wanted, strict=True):
        if over_angles == "all":
            assert every[f"{name}_d4_a45"] == values[2, 1]
        else:
            assert every[f"{name}_d4_range"] == np.ptp(values[2])
    basic = by_name(GLCM(over_angles=over_angles))
    assert {name: every[name] for name in every if name in basic}.items() <= basic.items()


def test_the_groups_hold_what_the_kernel_can_compute_and_what_a_config_may_name():
    from featcls.kernels.texture import FUSED_PROPERTIES

    assert sorted(PROPERTIES + MORE_PROPERTIES) == sorted(FUSED_PROPERTIES)
    assert glcm.SPACE["properties"].coerce(["imc2", "ASM"]) == ("ASM", "imc2")
    assert len(glcm.SPACE["properties"].options()) == 2**6 - 1


def test_the_number_of_levels_changes_no_feature():
    assert_array_equal(GLCM(levels=40).extract(FRAME), GLCM(levels=65536).extract(FRAME))


def test_a_frame_of_too_many_levels_is_refused():
    with pytest.raises(UsageError, match=r"levels 0 to 15, .*add the preprocessor quantise"):
        GLCM(levels=16).extract(FRAME)


def test_a_frame_without_a_pair_has_correlation_one():
    for frame in (Frame(IMAGE, np.ones(IMAGE.shape, bool)), Frame(IMAGE[:1, :1])):
        for name, value in by_name(GLCM(), frame).items():
            assert value == (1.0 if name.startswith("correlation") else 0.0)


def test_a_masked_half_leaves_the_other_half():
    mask = np.zeros(IMAGE.shape, bool)
    mask[20:] = True
    assert_array_equal(GLCM().extract(Frame(IMAGE, mask)), GLCM().extract(Frame(IMAGE[:20])))


def test_parameters_that_cannot_be_meant_are_refused():
    with pytest.raises(UsageError, match="over_angles is 'median'"):
        GLCM(over_angles="median").feature_names()
    with pytest.raises(UsageError, match="no property 'hue'"):
        GLCM(properties=("hue",)).extract(FRAME)


def test_the_space_offers_what_the_published_grid_needs():
    assert set(glcm.SPACE["distances"].values) == {1, 2, 4, 5, 8}
    assert set(glcm.SPACE["angles"].values) == {0, 45, 90, 135}
