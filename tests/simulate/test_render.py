import numpy as np
import pytest
from numpy.testing import assert_array_equal

from featcls.errors import UsageError
from featcls.simulate import counts, labels, shot
from featcls.simulate.presets import PRESETS, find_preset
from featcls.simulate.render import expected_light
from featcls.simulate.shots import draw_shots
from featcls.simulate.spi.settings import SPI_PRESETS

LIT = {
    "index": 0,
    "intensity": 1.0,
    "volume": 1.5,
    "signal": 1.5,
    "jet": 1.0,
    "ice": 0.0,
    "wavelength": 1.5,
    "orientation": [[0.5, 0.5, -0.1, 0.7]],
}


def test_border_gain_brightens_the_double_rows():
    from featcls.simulate.detector import detect
    from featcls.simulate.tiles import tiles

    settings = find_preset(
        "diffranet-text", tiling="cspad", shape=(900, 900), border_gain=2.0, psf=0.0
    )
    frame = detect(settings, np.full((900, 900), 100, np.float32), 1)
    border = tiles(settings).border
    assert frame[border].mean() - 10 == pytest.approx(200, rel=0.02)
    assert frame[~border & ~tiles(settings).dead].mean() - 10 == pytest.approx(100, rel=0.02)


def test_ice_brightens_its_ring_and_nothing_far_from_it():
    settings = find_preset("diffranet-figure")
    plain, icy = (expected_light(settings, {**LIT, "ice": ice})[0] for ice in (0.0, 1.0))
    change = (icy - plain)[255, 256:]
    two_theta = 2 * np.arcsin(1.5 / 2 / 3.67)
    ring = round(0.08 * np.tan(two_theta) / 172e-6)
    assert change[ring - 3 : ring + 3].max() > 100 * max(change[50], 1.0)


def test_second_lattice_adds_spots_and_shares_the_volume():
    settings = find_preset("diffranet-figure", b_factor=20.0)
    empty = expected_light(settings, {**LIT, "volume": 0.0, "signal": 0.0})[0]
    one, seen_one = expected_light(settings, LIT)
    both, seen = expected_light(
        settings, {**LIT, "orientation": [LIT["orientation"][0], [1.0, 0.0, 0.0, 0.0]]}
    )
    assert (both - empty).sum() == pytest.approx((one - empty).sum(), rel=0.3)
    assert ((both - empty) > 10).sum() > 1.2 * ((one - empty) > 10).sum()
    assert seen["visible_spots"] > seen_one["visible_spots"]


def test_visible_spots_fade_with_the_crystal_and_under_a_shadow():
    settings = find_preset("diffranet-figure")
    spots = [
        expected_light(settings, {**LIT, "volume": v, "signal": v})[1]["visible_spots"]
        for v in (0.0, 1e-3, 1e-2, 1.0)
    ]
    assert spots[0] == 0
    assert spots == sorted(spots)
    assert spots[1] < 0.1 * spots[3]
    half = find_preset("diffranet-figure", strip=0.5)
    assert expected_light(half, LIT)[1]["visible_spots"] == pytest.approx(spots[3] / 2, rel=0.3)


def test_resolution_is_finer_for_a_lower_b_factor():
    blurred, sharp = (
        expected_light(find_preset("diffranet-figure", b_factor=b), LIT)[1]["resolution"]
        for b in (150.0, 40.0)
    )
    assert sharp < blurred
    assert sharp > 1 / find_preset("diffranet-figure").q_max


def test_blank_shots_hold_noise_alone():
    index = labels("diffranet-text", 50).index("blank")
    frame, truth = counts("diffranet-text", 0, index)
    assert truth["visible_spots"] == truth["intensity"] == 0
    assert frame.mean() == pytest.approx(9.5, abs=0.05)


def test_eight_bit_image_is_the_root_of_the_counts():
    frame, truth = counts("diffranet-figure", 3, 1)
    image, same = shot("diffranet-figure", 3, 1)
    assert_array_equal(image, np.floor(np.sqrt(frame)))
    assert same == truth
    assert truth["seed"] == 3
    assert truth["preset"] == "diffranet-figure@1"


def test_labels_by_spots_are_those_of_the_rendered_shots():
    found = labels("diffranet-figure", 5, 2, labels="ke")
    assert found == [shot("diffranet-figure", 2, i, labels="ke")[1]["label"] for i in range(5)]
    assert "hit" in found


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("wavelength", 0.0, "wavelength is 0.0; give a number above 0"),
        ("distance", -0.1, "distance is -0.1"),
        ("photons", float("nan"), "photons is nan"),
        ("air", -1.0, "air is -1.0; give 0 or more"),
        ("belt", 1.5, "belt is 1.5; give a share"),
        ("shape", (0, 5), "shape is"),
        ("shape", (10**6, 10**6), "more than the memory"),
        ("tiling", "cspat", "did you mean 'cspad'"),
        ("labels", "sinal", "did you mean 'signal'"),
        ("distanse", 1.0, "did you mean 'distance'"),
        ("cell", (50.0, 50.0, 50.0, 10.0, 10.0, 170.0), "no unit cell"),
        ("cell", (float("nan"), 50.0, 50.0, 90.0, 90.0, 90.0), "give finite numbers"),
        ("space_group", "P999", "no space group named"),
        ("bandwidth", 0.01, "bandwidth needs several wavelengths"),
    ],
)
def test_what_cannot_be_is_refused_by_name(field, value, message):
    with pytest.raises(UsageError, match=message):
        shot("diffranet-text", 0, 0, **{field: value})


@pytest.mark.parametrize("name", sorted(set(PRESETS) - set(SPI_PRESETS)))
def test_presets_are_frozen(name):
    settings = find_preset(name)
    (row,) = draw_shots(settings, 11, [FROZEN[name][0]]).rows()
    light, seen = expected_light(settings, row)
    assert seen["visible_spots"] == FROZEN[name][1]
    assert light.sum(dtype=float) == pytest.approx(FROZEN[name][2], rel=1e-5)
    rows, cols = settings.shape
    corner = light[: rows // 4, : cols // 4].sum(dtype=float)
    assert corner == pytest.approx(FROZEN[name][3], rel=1e-5)


# Index of a shot of seed 11 with a crystal, its visible spots, its mean photons and those of the
# sixteenth of the frame at the upper left. A preset whose numbers move needs a new version.
FROZEN = {
    "L498@1": (10, 305, 7.544348e07, 2268095),
    "LG36@1": (5, 1272, 2.898813e07, 2083607),
    "LG36@2": (5, 1268, 2.87129e07, 2083607),
    "LN83@1": (10, 977, 3.814493e08, 7439042),
    "LN84@1": (10, 524, 3.857684e08, 7638662),
    "LN84@2": (10, 311, 3.857606e08, 7638718),
    "LO19@1": (10, 482, 4.583249e08, 1.07553e07),
    "diffranet-figure@1": (0, 5394, 5.10479e09, 2.667193e08),
    "diffranet-text@1": (0, 6161, 3.953596e08, 1.847741e07),
    "real-like@1": (4, 1498, 3.930962e07, 2146374),
}
