import numpy as np
import pytest

from featcls.simulate import draws, labels
from featcls.simulate.presets import find_preset
from featcls.simulate.rules import BORDERS, CLASSES, label
from featcls.simulate.shots import draw_shots

N = 20000


def shots(**changes):
    return draw_shots(find_preset("diffranet-figure", **changes), 1, range(N))


def test_any_subset_and_order_draws_the_same_shots():
    whole = shots().rows()
    assert draw_shots(find_preset("diffranet-figure"), 1, [7, 3]).rows() == [whole[7], whole[3]]


def test_hashes_are_uniform_and_unrelated():
    from scipy.stats import kstest

    keys = draws.key(3, np.arange(N))
    one, other = (draws.uniform(keys, stream) for stream in (0, 1))
    assert kstest(one, "uniform").pvalue > 1e-3
    assert kstest(draws.normal(keys, 5), "norm").pvalue > 1e-3
    assert abs(np.corrcoef(one, other)[0, 1]) < 4 / np.sqrt(N)
    assert abs(np.corrcoef(one, draws.uniform(draws.key(4, np.arange(N)), 0))[0, 1]) < 4 / np.sqrt(
        N
    )


def test_orientations_are_uniform_on_the_rotation_group():
    from scipy.stats import kstest

    turn = shots().orientation[:, 0]
    # Uniform on the three-sphere: each component squared is Beta(1/2, 3/2), all uncorrelated.
    for axis in range(4):
        assert kstest(turn[:, axis] ** 2, "beta", (0.5, 1.5)).pvalue > 1e-3
    assert np.abs(turn.T @ turn / N - np.eye(4) / 4).max() < 0.01


def test_beam_and_jet_have_the_stated_spread():
    drawn = shots(jet_sigma=0.5, wavelength_rms=0.005)
    assert drawn.intensity.min() == 0
    # max(0, N(1, 1)): Phi(1) + phi(1).
    assert drawn.intensity.mean() == pytest.approx(1.0833, abs=0.02)
    assert np.log(drawn.jet).std() == pytest.approx(0.5, abs=0.01)
    assert drawn.wavelength.std() / 1.5 == pytest.approx(0.005, rel=0.03)
    assert shots(jet_sigma=0.0).jet.std() == 0


def test_volume_mean_sets_the_share_of_crystals():
    assert (shots(volume_mean=-0.5).volume > 0).mean() == pytest.approx(0.3085, abs=0.01)


def test_volume_sigma_spreads_the_size_and_not_the_share_of_crystals():
    plain, spread = shots().volume, shots(volume_sigma=1.5).volume
    assert ((plain > 0) == (spread > 0)).all()
    assert np.log(spread[plain > 0] / plain[plain > 0]).std() == pytest.approx(1.5, abs=0.05)


def test_ice_is_drawn_beside_the_class():
    drawn = shots(ice_share=0.3)
    lit = drawn.intensity > 0
    icy = drawn.ice > 0
    assert icy[lit].mean() == pytest.approx(0.3, abs=0.012)
    assert not icy[~lit].any()
    assert icy[lit & (drawn.volume > 0)].mean() == pytest.approx(icy[lit].mean(), abs=0.02)
    assert shots(ice_share=0.3, ice_strength=2.0).ice.max() == pytest.approx(2.0, rel=0.01)


def test_lattices_are_one_to_the_most():
    drawn = shots(lattices=4)
    assert np.bincount(drawn.lattices).tolist()[1:] == pytest.approx([N / 4] * 4, rel=0.05)
    assert {len(row["orientation"]) for row in drawn.rows()[:50]} == {1, 2, 3, 4}
    assert (drawn.orientation[:, 0] == shots().orientation[:, 0]).all()


@pytest.mark.parametrize("rule", ["signal", "volume"])
def test_lit_crystals_are_shared_out_as_published(rule):
    found = labels("diffranet-figure", N, 1, labels=rule)
    lit = [found.count(name) for name in CLASSES[2:]]
    published = np.array([3347, 2444, 1472]) / 7263
    sigma = np.sqrt(published * (1 - published) / sum(lit))
    assert (np.abs(np.array(lit) / sum(lit) - published) < 3 * sigma).all()


def test_rules_agree_with_the_rows_they_are_told_of():
    settings = find_preset("diffranet-figure", labels="volume")
    rows = draw_shots(settings, 1, range(200)).rows()
    assert [label(settings, row) for row in rows] == labels(
        "diffranet-figure", 200, 1, labels="volume"
    )


def test_spot_rules_count_visible_spots():
    settings = find_preset("diffranet-figure", labels="n_spots")
    row = {"intensity": 1.0, "volume": 1.0}
    low, high = BORDERS["n_spots"]
    for spots, name in ((low - 1, "weak"), (low, "good"), (high, "strong")):
        assert label(settings, {**row, "visible_spots": spots}) == name
    settings = find_preset("diffranet-figure", labels="ke")
    for spots, name in ((0, "miss"), (3, "miss"), (4, "maybe"), (9, "maybe"), (10, "hit")):
        assert label(settings, {"visible_spots": spots}) == name
