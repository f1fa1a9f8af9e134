"""Figures beside figures."""

import numpy as np
import pytest

from featcls.evaluate import wilson
from featcls.frame import Frame
from featcls.studies import ablation
from featcls.studies.contrast import LinearContrast
from featcls.studies.spot_finding import threshold
from featcls.studies.tables import beside, measured, paper, share, table


def one_hot(codes, k=2):
    return np.eye(k)[codes]


def test_the_middle_seed_counts_with_its_own_interval():
    y = np.array([0, 0, 1, 1])
    outcomes = [(one_hot(guess), y) for guess in ([0, 0, 1, 1], [0, 0, 1, 0], [1, 1, 1, 0])]
    figure = measured("accuracy", outcomes, ("a", "b"))
    assert (figure["value"], figure["spread"], figure["seeds"]) == (0.75, [0.25, 1.0], 3)
    assert figure["interval"] == pytest.approx(wilson(3, 4), abs=1e-5)


def test_the_recall_of_a_class_is_of_its_own_frames():
    y = np.array([0, 1, 1, 1])
    figure = measured("recall@b", [(one_hot([0, 1, 1, 0]), y)], ("a", "b"))
    assert figure["n"] == 3
    assert figure["value"] == pytest.approx(2 / 3, abs=1e-5)


def test_a_share_passes_over_seeds_that_drew_none():
    assert share([(0, 0), (3, 4)])["value"] == 0.75
    assert share([(0, 0)]) is None


@pytest.mark.parametrize(("right", "words"), [(99, "above"), (50, "below"), (90, "not different")])
def test_a_figure_stands_by_the_intervals(right, words):
    assert beside(share([(right, 100)]), paper(0.9, "table 1", 100))[2] == words


def test_a_paper_that_states_no_number_of_frames_is_not_stood_against():
    assert beside(share([(1, 100)]), paper(0.9, "table 1"))[2] == ""


def test_a_row_of_another_length_is_refused():
    with pytest.raises(ValueError, match="2 cells in"):
        table("T", ["a", "b", "c"], [[1, 2]])


def test_the_threshold_is_the_best_of_both_recalls():
    spots = np.array([1.0, 3.0, 8.0, 20.0, 30.0])
    hit = np.array([False, False, False, True, True])
    assert threshold(spots, hit) == 20


def test_linear_contrast_is_the_viewers_formula():
    rng = np.random.default_rng(0)
    image = rng.poisson(50, (20, 20)).astype(np.float64)
    mask = np.zeros((20, 20), bool)
    mask[:3] = True
    image[:3] = 65535
    shown = LinearContrast(0.4).apply(Frame(image, mask=mask)).image
    high = np.percentile(image[3:], 90)
    np.testing.assert_allclose(shown[3:], np.minimum(1, 0.4 * image[3:] / high), rtol=1e-6)
    assert not shown[:3].any()


def test_a_difference_is_of_the_same_frames():
    y = np.arange(200) % 2
    half = np.where(np.arange(200) < 50, 1 - y, y)  # 50 of 200 wrong
    row = ablation.compared("half", [(one_hot(y), y)], [(one_hot(half), y)], ("a", "b"))
    assert (row[1]["value"], row[2]["value"], row[3]["value"]) == (1.0, 0.75, 0.25)
    low, high = row[3]["interval"]
    spread = 1.96 * np.sqrt(0.25 * 0.75 / 200)  # of a share of 200 frames
    assert (low, high) == pytest.approx((0.25 - spread, 0.25 + spread), abs=0.02)


def test_a_difference_of_other_frames_is_refused():
    y = np.array([0, 1])
    with pytest.raises(ValueError, match="shape: the two outcomes are of other frames"):
        ablation.compared("shape", [(np.eye(2), y)], [(np.eye(2), y[::-1])], ("a", "b"))


def test_a_difference_of_other_frames_has_newcombe_s_interval():
    """Newcombe 1998, doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I."""

    def outcome(right, n):
        y = np.zeros(n, int)
        return [(one_hot((np.arange(n) >= right).astype(int)), y)]

    row = ablation.apart("detector", outcome(56, 70), outcome(48, 80), ("a", "b"))
    assert (row[1]["value"], row[2]["value"]) == (0.8, 0.6)
    assert row[3]["value"] == pytest.approx(0.2)
    assert row[3]["interval"] == pytest.approx([0.0524, 0.3339], abs=1e-4)  # table II, (a)


def test_each_group_of_features_is_taken_away_alone():
    config = {"extractors": [{"name": "lbp", "R": 1}, {"name": "glcm"}, {"name": "lbp", "R": 2}]}
    seen = []

    def outcomes(own):
        seen.append([extractor["name"] for extractor in own["extractors"]])
        return [(np.eye(2), np.array([0, 1]))]

    whole = [(np.eye(2), np.array([0, 1]))]
    rows = ablation.without(config, ablation.by_name(config), whole, outcomes, ("a", "b"))
    assert [row[0] for row in rows] == ["lbp", "glcm"]
    assert seen == [["glcm"], ["lbp", "lbp"]]
    alone = {"extractors": [{"name": "lbp"}]}
    assert ablation.without(alone, ablation.by_name(alone), whole, outcomes, ("a", "b")) == []
