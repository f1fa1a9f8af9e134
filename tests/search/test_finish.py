"""What model a search makes of its trials."""

import numpy as np
import pytest

from featcls.dataset import open_dataset
from featcls.errors import DataError, UsageError
from featcls.evaluate import measure
from featcls.model import Model
from featcls.model.vote import combine
from featcls.operating_point import are_hits, hit_scores
from featcls.search import ModelChoice, Run, search
from featcls.search.judged import held_out, kept_back, scored_by
from featcls.search.problem import open_problem


@pytest.fixture
def many(tmp_path):
    """400 small images of three classes, the third hard to tell from the second."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 200, (400, 12, 12)).astype(np.uint8)
    labels = np.arange(400) % 3
    images[labels == 1] = np.sort(images[labels == 1], axis=2)
    images[labels == 2] = np.sort(images[labels == 2], axis=1)
    images[:80] = rng.integers(0, 200, (80, 12, 12))
    path = tmp_path / "many.npz"
    np.savez(path, images=images, labels=np.array(["miss", "weak", "good"])[labels])
    return path


def run_search(data, space, out, choice=None, **more):
    settings = {"backend": "serial", "max_evals": 5, "n_splits": 2, **more}
    return search(data, space=space, out=out, choice=choice, **settings)


def problem_of(run):
    return open_problem(run.info["task"])


def test_an_ensemble_of_the_best_is_the_model_and_stands_beside_the_single_best(
    many, small_space, tmp_path
):
    run = run_search(many, small_space, tmp_path / "run", ModelChoice(ensemble=3))
    told = run.info["ensemble"]
    best = sorted((t for t in run.trials if t.tid >= 0), key=lambda t: (t.loss, t.tid))
    distinct = list(dict.fromkeys(t.config_id for t in best))[:3]
    rows = {t.tid: t for t in best}
    assert [rows[tid].config_id for tid in told["tids"]] == distinct
    judged = [scored_by(run, tid) for tid in told["tids"]]
    y, classes = judged[0].y, run.info["dataset"]["classes"]
    together = combine([part.scores for part in judged], "soft")
    assert told["value"] == measure("balanced_accuracy", together, y, classes)
    assert told["single"] == run.info["best"]["value"]
    assert told["loss_difference"] == pytest.approx(told["single"] - told["value"])
    low, high = told["difference_interval"]
    assert low <= told["loss_difference"] <= high
    assert run.info["validation"]["metrics"]["balanced_accuracy"] == told["value"]
    model = Model.load(run.path / "model.featcls")
    assert len(model.whole.models) == 3
    problem = problem_of(run)
    assert model.whole.drift.counts[-1] == len(problem.scored)
    assert model.whole.drift.honest
    scores = model.predict_scores(problem.dataset.frames(problem.test))
    np.testing.assert_allclose(scores, held_out(run).scores, atol=1e-9)
    assert len(run.info["test_looks"]) == 1


def test_an_intersection_calls_a_hit_what_every_member_does(many, small_space, tmp_path):
    choice = ModelChoice(ensemble=2, vote="intersection", hit_classes=("weak", "good"))
    run = run_search(many, small_space, tmp_path / "run", choice)
    classes = run.info["dataset"]["classes"]
    hits = [classes.index(name) for name in ("weak", "good")]
    model = Model.load(run.path / "model.featcls")
    frames = list(open_dataset(many).frames(range(100)))
    calls = [
        np.isin(Model(fitted, {}).predict_scores(frames).argmax(axis=1), hits)
        for fitted in model.whole.models
    ]
    assert (calls[0] != calls[1]).any()
    together = np.isin(model.predict_scores(frames).argmax(axis=1), hits)
    np.testing.assert_array_equal(together, calls[0] & calls[1])


def test_calibration_is_judged_by_frames_that_did_not_fit_it(many, small_space, tmp_path):
    run = run_search(many, small_space, tmp_path / "run", ModelChoice(calibrate="sigmoid"))
    told = run.info["calibration"]
    assert told["method"] == "sigmoid"
    judged = scored_by(run, run.info["best"]["tid"])
    classes = run.info["dataset"]["classes"]
    assert told["log_loss"][0] == measure("log_loss", judged.scores, judged.y, classes)
    assert run.info["validation"]["metrics"]["log_loss"] == told["log_loss"][1]
    model = Model.load(run.path / "model.featcls")
    own = model.whole.calibrator(judged.scores)
    assert measure("log_loss", own, judged.y, classes) < told["log_loss"][1]


def with_validation(path):
    stack = np.load(path)
    split = np.where(np.arange(400) % 4 == 0, "validation", "train")
    np.savez(path, **stack, split=split)
    return path


def test_a_refit_learns_from_the_validation_frames_as_well(many, small_space, tmp_path):
    data = with_validation(many)
    plain = run_search(data, small_space, tmp_path / "plain")
    refit = run_search(data, small_space, tmp_path / "refit", ModelChoice(refit=True))
    assert plain.info["fitted_on"] == ["train"]
    assert refit.info["fitted_on"] == ["train", "validation"]
    assert refit.info["best"]["tid"] == plain.info["best"]["tid"]
    models = [Model.load(run.path / "model.featcls") for run in (plain, refit)]
    assert models[0].fingerprint != models[1].fingerprint
    assert models[1].info["fitted_on"] == ["train", "validation"]


@pytest.mark.parametrize("validation", [False, True])
def test_the_operating_point_is_set_on_frames_kept_from_the_search(
    many, small_space, tmp_path, validation
):
    data = with_validation(many) if validation else many
    hits = ("weak", "good")
    choice = ModelChoice(
        ensemble=2, calibrate="sigmoid", hit_classes=hits, max_lost_hits=0.3, confidence=0.8
    )
    run = run_search(data, small_space, tmp_path / "run", choice)
    problem = problem_of(run)
    roles = [problem.train, problem.validation, problem.calibration, problem.test]
    assert sorted(np.concatenate(roles)) == list(range(400))
    pool = 100 if validation else 320  # the others were drawn for the test
    assert len(problem.calibration) == pytest.approx(0.2 * pool, abs=2)
    assert not set(problem.calibration) & set(problem.scored)
    model = Model.load(run.path / "model.featcls")
    point = model.whole.point
    assert point.document() == run.info["operating_point"]
    assert point.bound <= 0.3
    kept = kept_back(run)
    frames = problem.dataset.frames(problem.calibration)
    np.testing.assert_allclose(model.predict_scores(frames), kept.scores, atol=1e-9)
    own = hit_scores(kept.scores, model.classes, hits)[are_hits(kept.y, model.classes, hits)]
    assert (point.n_hits, point.n_lost) == (len(own), (own < point.threshold).sum())
    told = run.info["test"]["operating_point"]
    assert told["hits"] + told["misses"] == len(problem.test)


def test_another_choice_makes_another_model_and_the_second_look_is_noted(
    many, small_space, tmp_path
):
    run_search(many, small_space, tmp_path / "run")
    again = run_search(many, small_space, tmp_path / "run", ModelChoice(ensemble=2), resume=True)
    assert len(Model.load(again.path / "model.featcls").whole.models) == 2
    assert len(again.info["test_looks"]) == 2
    same = run_search(many, small_space, tmp_path / "run", ModelChoice(ensemble=2), resume=True)
    assert len(same.info["test_looks"]) == 2


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        (ModelChoice(ensemble=0), "ensemble is 0"),
        (ModelChoice(vote="loud", ensemble=2), "no vote named 'loud'"),
        (ModelChoice(vote="majority"), "wants an ensemble"),
        (ModelChoice(vote="intersection", ensemble=2), "what a hit is"),
        (ModelChoice(max_lost_hits=0.01), "what a hit is"),
        (ModelChoice(hit_classes=("god",)), "did you mean 'good'"),
        (ModelChoice(calibrate="spline"), "no calibration named 'spline'"),
        (ModelChoice(calibrate="sigmoid", vote="majority", ensemble=2), "no scores to calibrate"),
    ],
)
def test_a_choice_that_cannot_be_meant_is_refused_before_anything_runs(
    many, small_space, tmp_path, choice, message
):
    with pytest.raises(UsageError, match=message):
        run_search(many, small_space, tmp_path / "run", choice)
    assert not (tmp_path / "run").exists()


def test_too_few_hits_to_calibrate_are_said_before_the_search(many, small_space, tmp_path):
    choice = ModelChoice(hit_classes=("good",), max_lost_hits=0.01)
    with pytest.raises(DataError, match="calibration split has 21 hits; 299 are needed"):
        run_search(many, small_space, tmp_path / "run", choice)
    assert not (tmp_path / "run").exists()


def test_a_class_with_one_validation_frame_cannot_be_calibrated(many, small_space, tmp_path):
    stack = np.load(many)
    good = np.flatnonzero(stack["labels"] == "good")
    split = np.where(np.arange(400) % 4 == 0, "validation", "train")
    split[good[1:]] = "train"
    split[good[0]] = "validation"
    np.savez(many, **stack, split=split)
    with pytest.raises(DataError, match="class 'good' has 1 frame, too few"):
        run_search(many, small_space, tmp_path / "run", ModelChoice(calibrate="sigmoid"))
    assert not (tmp_path / "run").exists()


def test_the_best_has_an_interval(arrays, small_space, tmp_path):
    run = run_search(arrays, small_space, tmp_path / "run", max_evals=3, metric="recall@smooth")
    low, high = run.info["best"]["interval"]
    assert low < run.info["best"]["value"] <= high
    assert run.info["test"]["metrics"]["recall@smooth"] == run.info["test"]["value"]
    assert Run.open(run.path).info["ensemble"] is None
