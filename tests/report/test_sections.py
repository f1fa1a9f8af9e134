import re

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from featcls.report import curves, gallery, page
from featcls.report.params import columns, flat
from featcls.report.story import Story
from featcls.search import Trial
from featcls.search.judged import Judged


def section(run, key):
    text = page.render(run)
    found = re.search(rf'<section id="{key}"[^>]*>(.*?)</section>', text, re.DOTALL)
    return found and found[1].replace("&nbsp;", " ")


def test_the_area_is_scikit_learns_and_its_interval_covers_the_truth_as_often_as_it_says():
    rng = np.random.default_rng(0)
    covered = 0
    for _ in range(200):
        truth = np.arange(120) < 50
        score = rng.normal(size=120) + truth
        value, (low, high) = curves.area(truth, score)
        assert value == pytest.approx(roc_auc_score(truth, score))
        covered += low <= 0.7602499389065233 <= high  # Phi(1 / sqrt 2)
    assert 0.9 <= covered / 200 <= 0.99


def test_every_class_has_a_curve_and_an_area(make_run):
    body = section(make_run(10), "roc")
    assert body.count('class="curve') == 2 * 5
    assert body.count("<tr>") == 1 + 5


def test_calibration_tells_the_gap_between_score_and_truth(make_run):
    run = make_run(10)
    scores = np.tile([0.9, 0.1, 0, 0, 0], (300, 1))
    run.write_scores("test", scores)  # 60 of 300 are right
    assert "miss the truth by 70.0 %" in section(run, "calibration")


def test_worst_errors_come_first_and_are_named():
    scores = np.array([[0.9, 0.1], [0.4, 0.6], [0.2, 0.8]])
    seen = Judged("test", ["a", "b", "c"], np.array([0, 0, 0]), scores)
    wrong = gallery.worst(seen, ["hit", "miss"])
    assert [case.place for case in wrong] == [2, 1]
    assert wrong[0].words == "hit, taken for miss (80.0 % to 20.0 %)"
    assert [case.place for case in gallery.uncertain(seen, ["hit", "miss"])] == [1, 2, 0]


def test_worst_errors_of_several_labels_name_what_was_said():
    seen = Judged(
        "test", ["a", "b"], np.array([[1, 0], [1, 1]]), np.array([[0.9, 0.8], [0.6, 0.7]])
    )
    (case,) = gallery.worst(seen, ["ice", "rings"])
    assert (case.place, case.words) == (0, "ice; said: ice 90.0 %, rings 80.0 %")


def test_thumbnails_of_data_that_is_gone_leave_their_names(make_run):
    run = make_run(10)
    (run.path / "data" / "manifest.csv").unlink()
    body = section(run, "doubts")
    assert "<img" not in body
    assert "frames.npz#0" in body
    assert "could not be read any more" in body


def trials_where(value_of, n=120):
    rng = np.random.default_rng(1)
    made = []
    for tid in range(n):
        config = {
            "extractors": [{"name": "lbp", "params": {"P": int(rng.integers(4, 24))}}],
            "classifier": {"name": "svm", "params": {"C": float(rng.lognormal()), "k": "a"}},
        }
        row = flat(config)
        loss = value_of(row, rng)
        made.append(
            Trial(tid, state="ok", config=config, loss=loss, metrics={"accuracy": 1 - loss})
        )
    return made


def test_the_choice_that_makes_the_value_weighs_most(make_run):
    run = make_run(0, metric="accuracy")
    run.made = trials_where(lambda row, rng: row["svm C"] / 100)
    weights = Story(run).weights
    assert weights.shares[0][0] == "svm C"
    assert weights.shares[0][1] > 0.9
    assert weights.explained > 0.9


def test_nothing_is_said_of_choices_that_foretell_nothing(make_run):
    run = make_run(0, metric="accuracy")
    run.made = trials_where(lambda row, rng: float(rng.random()))
    assert "does not foretell" in section(run, "importance")


def test_a_line_a_trial_crosses_the_choices_that_differ(make_run):
    run = make_run(0, metric="accuracy")
    run.made = trials_where(lambda row, rng: row["svm C"] / 100, n=30)
    body = section(run, "coordinates")
    assert body.count('class="way"') == 30
    assert [c.name for c in columns(run.made)] == ["lbp P", "svm C"]
    assert "lbp P" in body
    assert "svm k" not in body


def test_the_front_holds_the_trials_that_no_other_beats(make_run):
    run = make_run(3)
    for trial, ms in zip(run.made, (9.0, 1.0, 5.0), strict=True):
        trial.metrics["ms"] = ms
    values = [trial.metrics["balanced_accuracy"] for trial in run.made]
    kept = [
        tid
        for tid, ms in enumerate((9.0, 1.0, 5.0))
        if not any(
            other != tid and values[other] >= values[tid] and (9.0, 1.0, 5.0)[other] <= ms
            for other in range(3)
        )
    ]
    body = section(run, "latency")
    table = body[body.index("<table") :]
    assert sorted(int(n) for n in re.findall(r'<tr><td class="num">(\d+)<', table)) == kept


def test_rungs_are_counted_and_a_low_rung_cannot_win(make_run):
    run = make_run(0, metric="accuracy")
    config = {"extractors": [{"name": "lbp"}], "classifier": {"name": "rf"}}
    rows = (("a", 0.9, 0, 2, None), ("b", 0.7, 0, 2, None), ("c", 0.8, 1, 6, 0))
    run.made = [
        Trial(
            tid,
            state="ok",
            config_id=name,
            config=config,
            loss=1 - value,
            metrics={"accuracy": value},
            rung=rung,
            budget=budget,
            parent=parent,
        )
        for tid, (name, value, rung, budget, parent) in enumerate(rows)
    ]
    assert [trial.tid for trial in Story(run).ranked] == [2]
    cells = re.findall(r'<td class="num">([^<]*)<', section(run, "rungs"))
    assert cells == ["2", "2", "0", "1", "90.0 %", "0 ms", "6", "1", "0", "0", "80.0 %", "0 ms"]


def test_intervals_stand_in_the_leaderboard_and_are_those_of_the_scores(make_run):
    run = make_run(20)
    story = Story(run)
    low, high = story.interval(story.ranked[0])
    assert f"{100 * low:.1f} to {100 * high:.1f} %" in section(run, "leaderboard")


def test_the_best_of_each_extractor_alone_and_in_company(make_run):
    run = make_run(60)
    story = Story(run)
    alone = next(
        t for t in story.ranked if [e["name"] for e in t.config["extractors"]] == ["glcm"]
    )
    row = re.search(r'<th scope="row">glcm</th>(.*?)</tr>', section(run, "extractors"))[1]
    assert row.startswith(f'<td class="num">{story.figure(story.value(alone))}</td>')


def test_a_run_without_kept_frames_leaves_those_sections_out(make_run):
    run = make_run(10)
    (run.path / "scores" / "frames.json").unlink()
    for key in ("roc", "calibration", "errors", "doubts"):
        assert section(run, key) is None


def test_a_vote_its_calibration_and_the_operating_point_are_put_in_words(make_run):
    run = make_run(
        10,
        ensemble={
            "tids": [3, 5],
            "vote": "intersection",
            "hit_classes": ["good"],
            "value": 0.97,
            "single": 0.96,
            "loss_difference": -0.01,
            "difference_interval": [-0.02, 0.005],
        },
        calibration={"method": "sigmoid", "log_loss": [0.5, 0.25]},
        operating_point={
            "threshold": 0.25,
            "hit_classes": ["good"],
            "max_lost_hits": 0.05,
            "confidence": 0.95,
            "bound": 0.04,
            "n_hits": 100,
            "n_lost": 1,
            "n_misses": 80,
            "n_kept_misses": 20,
        },
        fitted_on=["train", "validation"],
    )
    body = section(run, "model")
    assert "2 pipelines vote, trials 3 and 5: a hit (good) only where all agree" in body
    assert "+1.0 points (-0.5 to +2.0; that may be chance)" in body
    assert "log loss from 0.500 to 0.250" in body
    assert "On 100 hits that neither fitted nor chose the model it keeps 99" in body
    assert "95.0 % confidence it loses at most 4.0 % (asked: 5.0 %). It drops 60 of 80" in body
    assert "fitted on the train and validation frames" in body
    assert "the model is a vote of the best 2" in page.render(run)
    assert section(make_run(10), "model") is None


def test_a_feature_that_others_stand_in_for_is_said_to_weigh_nothing(make_run):
    frame = {"frame_id": "a", "words": "good", "files": {"occlusion": "gone.png"}}
    told = {"role": "test", "frames": [frame], "importance": [["lbp.0", -0.01]]}
    body = section(make_run(10, explained=told), "why")
    assert "Not at all for any one of them" in body
    told["importance"] = [["lbp.0", 0.25], ["lbp.1", 0.0]]
    body = section(make_run(10, explained=told), "why")
    assert "25.0 %" in body
    assert "lbp.1" not in body
