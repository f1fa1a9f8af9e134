import numpy as np
import pytest
from scipy.stats import binomtest

from featcls.report.comparison import Comparison
from featcls.report.paired import paired
from featcls.search.judged import Judged

CLASSES = ["hit", "miss"]


def judged(y, right, ids=None):
    """Return frames with scores that are right where told."""
    y, right = np.asarray(y), np.asarray(right, bool)
    scores = np.eye(2)[np.where(right, y, 1 - y)]
    return Judged("test", ids or [f"{i}.png" for i in range(len(y))], y, scores)


def test_the_interval_of_a_real_difference_covers_it_as_often_as_it_says():
    rng, covered = np.random.default_rng(0), 0
    y = np.repeat([0, 1], 150)
    for _ in range(100):
        hard = rng.random(300)  # both models fail on the same frames more often than by chance
        made = paired(
            judged(y, hard < 0.8), judged(y, hard + 0.1 * rng.random(300) < 0.95), CLASSES, CLASSES
        )
        covered += made.interval[0] <= 0.1 <= made.interval[1]
    assert 88 <= covered <= 99


def test_counts_and_p_are_those_of_the_frames_that_differ():
    y = [0] * 20 + [1] * 20
    a = judged(y, [True] * 30 + [False] * 10)
    b = judged(y, [False] * 3 + [True] * 37)
    made = paired(a, b, CLASSES, CLASSES)
    assert (made.both, made.only_a, made.only_b, made.neither) == (27, 3, 10, 0)
    assert made.p_value == binomtest(3, 13).pvalue
    assert made.difference == pytest.approx((17 / 20 + 1) / 2 - (1 + 0.5) / 2)


def test_only_frames_with_the_same_name_and_label_count():
    a = judged([0, 1, 1], [True] * 3, ["a", "b", "c"])
    b = judged([0, 0, 1], [True] * 3, ["a", "b", "d"])
    assert paired(a, b, CLASSES, CLASSES).n == 1
    assert paired(a, b, CLASSES, ["blank", "good"]) is None


def test_a_page_names_both_runs_and_says_what_is_the_same(make_run):
    a, b = make_run(20, name="first"), make_run(30, name="second", seed=5)
    for run, tid in ((a, 3), (b, 4)):
        run.info["dataset"]["pixels_id"] = "p"
        run.info["best"]["tid"] = tid
    rng = np.random.default_rng(0)
    b.write_scores("test", rng.random((300, 5)))
    made = Comparison(a, b)
    document = made.document()
    assert document["same"] == {
        "data": True,
        "pixels": True,
        "space": True,
        "metric": True,
        "objective": True,
        "seed": False,
    }
    assert [pair["role"] for pair in document["paired"]] == ["validation", "test"]
    assert document["paired"][1]["difference"] < -0.5
    page = made.page()
    assert "A first and B second" in page
    assert "A is better" in page
    assert page.count('class="scroll"') == 5


def test_runs_that_share_no_frame_say_so(make_run):
    a, b = make_run(5, name="first"), make_run(5, name="second")
    for run in (a, b):
        run.info["dataset"]["pixels_id"] = run.info["name"]
    for path in (b.path / "scores").iterdir():
        path.unlink()
    made = Comparison(a, b)
    assert made.pairs == []
    assert "No frame was judged in both runs" in made.page()
