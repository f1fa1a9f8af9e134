import numpy as np
import pytest
from numpy.testing import assert_array_equal

from featcls.errors import UsageError
from featcls.simulate import CLASSES, labels, make_dataset, shot
from featcls.simulate.presets import find_preset
from featcls.simulate.reader import SimulateReader


def test_a_shot_is_the_same_alone_and_in_a_series():
    images, classes, truth = make_dataset(6, seed=5)
    image, row = shot("diffranet-figure", 5, 4)
    assert_array_equal(image, images[4])
    assert row == truth[4]
    assert classes == [row["label"] for row in truth] == labels("diffranet-figure", 6, 5)


def test_seed_and_index_change_the_shot():
    one, other, next_one = (shot("diffranet-figure", *where) for where in ((0, 0), (1, 0), (0, 1)))
    assert one[1]["orientation"] != other[1]["orientation"] != next_one[1]["orientation"]
    assert (one[0] != other[0]).any()
    assert (one[0] != next_one[0]).any()


def chance_of_signal_below(border):
    """Of a lit crystal: intensity N(1, 1) and volume N(0.5, 1), both above 0, by quadrature."""
    from scipy.stats import norm

    step = 1e-4
    intensity = np.arange(step / 2, 9, step)
    below = norm.cdf(border / intensity - 0.5) - norm.cdf(-0.5)
    return float((norm.pdf(intensity - 1) * below).sum() * step)


def test_class_shares_are_those_of_the_model():
    n = 12600
    share = {name: labels("diffranet-text", n, 2).count(name) / n for name in CLASSES}
    # Phi(-1); then of the lit shots Phi(-0.5) hold no crystal.
    weak, good = chance_of_signal_below(0.785), chance_of_signal_below(2.114)
    expected = {"blank": 0.15866, "no-crystal": 0.84134 * 0.30854}
    expected |= {"weak": weak, "good": good - weak, "strong": 0.84134 * 0.69146 - good}
    assert sum(expected.values()) == pytest.approx(1.0, abs=1e-4)
    for name, p in expected.items():
        assert abs(share[name] - p) < 3 * np.sqrt(p * (1 - p) / n)


def test_published_counts_lie_within_the_two_sample_three_sigma():
    published = dict(zip(CLASSES, (2069, 3268, 3347, 2444, 1472), strict=True))
    n = sum(published.values())
    drawn = labels("diffranet-figure", n, 0)
    for name, count in published.items():
        pooled = (count + drawn.count(name)) / (2 * n)
        assert abs(drawn.count(name) - count) < 3 * np.sqrt(2 * n * pooled * (1 - pooled))


def test_reader_gives_rows_that_match_its_frames():
    reader = SimulateReader(n=4, seed=3)
    frames, rows = reader.frames(""), reader.rows("")
    assert len(frames) == len(rows) == 4
    assert [row["label"] for row in rows] == labels("diffranet-figure", 4, 3)
    frame = frames[2]
    assert_array_equal(frame.image, shot("diffranet-figure", 3, 2)[0])
    assert frame.geometry.distance == find_preset("diffranet-figure").distance
    assert len({frame.frame_id for frame in frames}) == 4


def test_identity_follows_the_numbers_of_a_detector_and_the_content_of_a_file(
    tmp_path, monkeypatch
):
    from featcls.simulate.detectors import DETECTORS

    def identity(**changes):
        return SimulateReader(n=1, changes=changes).identity()

    before = identity(detector="pilatus-300k")
    assert before == identity(detector="pilatus-300k")
    monkeypatch.setitem(DETECTORS["pilatus-300k"], "offset", 3.0)
    assert identity(detector="pilatus-300k") != before
    path = tmp_path / "f.hkl"
    path.write_text("1 2 3 7.0\n")
    before = identity(structure=str(path))
    path.write_text("1 2 3 8.0\n")
    assert identity(structure=str(path)) != before


def test_unknown_preset_names_the_near_one():
    with pytest.raises(UsageError, match="did you mean 'diffranet-text@1'"):
        make_dataset(1, preset="diffranet-txt@1")


@pytest.mark.parametrize("preset", ["diffranet-text", "spi-four"])
def test_negative_seed_is_refused(preset):
    with pytest.raises(ValueError, match="seed is -1; give a whole number from 0"):
        shot(preset, -1, 0)


def test_negative_count_is_refused():
    with pytest.raises(ValueError, match="n is -1"):
        make_dataset(-1)
