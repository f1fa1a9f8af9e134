import os
import random
import signal
from types import SimpleNamespace

import numpy as np
import pytest

from featcls.errors import UsageError
from featcls.model import Model
from featcls.plugins import registry
from featcls.search import Run, search
from featcls.search.document import load_space, resolve
from featcls.search.rungs import ENOUGH, Rungs, budgets, finalists
from featcls.search.store import Trial

DOCUMENT = """
[[extractor]]
name = "intensity"
[[extractor]]
name = "lbp"
P = [4, 8]
R = [1.0, 2.0]
method = "uniform"
[[classifier]]
name = "rf"
n_estimators = 27
max_features = ["sqrt", 0.5, 0.75]
max_depth = ["none", 2, 4]
min_samples_leaf = { integer = [1, 9] }
class_weight = "none"
[[classifier]]
name = "knn"
n_neighbors = { integer = [1, 9] }
[search]
asha = true
rungs = 3
"""


@pytest.fixture
def space(tmp_path):
    path = tmp_path / "rungs.toml"
    path.write_text(DOCUMENT)
    return str(path)


@pytest.fixture
def rungs(space):
    return Rungs.of(load_space(space, registry()), registry(), 3, 4)


def rows(losses, rung=0, first=0):
    return [
        Trial(tid, rung=rung, state="ok", loss=loss, config_id=str(tid), told=tid,
              config={"classifier": {"name": "rf", "params": {"n_estimators": 1}}})
        for tid, loss in enumerate(losses, first)
    ]  # fmt: skip


def test_the_rungs_of_deepfreak():
    assert budgets(50, 3, 4) == (2, 6, 17, 50)


def test_the_largest_budget_of_a_space_is_the_top_rung_and_is_not_searched():
    chosen = load_space("default", registry())
    rungs = Rungs.of(chosen, registry(), 3, 4)
    assert rungs.budgets["rf"] == (19, 56, 167, 500)
    assert rungs.budgets["histgb"] == (7, 22, 67, 200)
    assert set(rungs.budgets) == {"rf", "histgb", "xgboost"}
    (rf,) = (step for step in rungs.narrowed(chosen).classifiers if step.name == "rf")
    assert rf.params["n_estimators"].options() == [500]
    (svm,) = (step for step in rungs.narrowed(chosen).classifiers if step.name == "svm")
    assert svm in chosen.classifiers


def test_the_best_third_goes_on_and_each_row_once(rungs):
    seen = rows([0.5, 0.2, 0.9, 0.4, 0.3])
    assert rungs.promotion(seen[:2], seen) is None
    up = rungs.promotion(seen, seen)
    assert (up.parent, up.rung, up.budget) == (1, 1, 3)
    assert up.config["classifier"]["params"] == {"n_estimators": 3}
    assert rungs.promotion(seen, [*seen, Trial(5, parent=1)]) is None
    more = [*seen, *rows([0.25], first=5)]
    assert rungs.promotion(more, [*more, Trial(6, parent=1)]).parent == 5


def test_the_highest_rung_is_looked_at_first_and_the_top_one_not_at_all(rungs):
    low, high = rows([0.5, 0.6, 0.7]), rows([0.4, 0.45, 0.5], rung=1, first=3)
    assert rungs.promotion([*low, *high], [*low, *high]).parent == 3
    top = rows([0.1, 0.2, 0.3], rung=3)
    assert rungs.promotion(top, top) is None


def test_duplicates_and_failures_take_no_place_on_a_rung(rungs):
    first, *others = rows([0.2, 0.5, 0.6])
    again = Trial(3, rung=0, state="ok", loss=0.2, config_id=first.config_id, config=first.config)
    failed = Trial(4, rung=0, state="failed", config_id="x")
    twice = [first, *others[:1], again, failed]
    assert rungs.promotion(twice, twice) is None
    assert rungs.promotion([*twice, *others], [*twice, *others]).parent == 0


def test_a_model_learns_from_the_highest_rung_that_says_enough(rungs):
    low = rows(np.linspace(0.5, 0.9, ENOUGH))
    high = rows(np.linspace(0.2, 0.4, ENOUGH - 1), rung=1, first=20)
    full = Trial(40, state="ok", loss=0.5)
    failed = Trial(41, rung=0, state="failed")
    assert rungs.model_rows([*low[:-1], full]) == []
    assert rungs.model_rows([*low, *high, full, failed]) == [*low, full, failed]
    high += rows([0.3], rung=1, first=30)
    assert rungs.model_rows([*low, *high, full, failed]) == [*high, full, failed]


def test_a_third_of_the_configs_is_drawn_without_a_model(rungs):
    share = np.mean([rungs.at_random(0, tid) for tid in range(3000)])
    assert abs(share - 1 / 3) < 0.03


def test_states_are_kept_only_while_they_may_be_asked_for(rungs):
    asked = rows([0.1, 0.2, 0.3, 0.4, 0.5])
    assert rungs.may_go_on(asked, max_evals=9) == {0, 1, 2}
    up = Trial(5, parent=0, rung=1, state="running")
    assert rungs.may_go_on([*asked, up], max_evals=9) == {1, 2, 5}
    assert rungs.may_go_on(asked, max_evals=3) == {0}


def test_who_wins_is_chosen_on_the_highest_rung_and_at_full_cost():
    low, high = rows([0.1]), rows([0.3, 0.2], rung=1, first=1)
    full = Trial(9, state="ok", loss=0.4)
    assert {t.tid for t in finalists([*low, *high, full])} == {1, 2, 9}


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"eta": 1, "asha": True}, "eta is 1"),
        ({"eta": 3, "asha": False}, "switch them on with --asha"),
        ({"space": "small", "asha": True}, "no classifier that can go on"),
    ],
)
def test_wrong_rungs_are_refused(arrays, small_space, space, tmp_path, options, text):
    options = {"space": space} | options
    if options["space"] == "small":
        options["space"] = small_space
    with pytest.raises(UsageError, match=text):
        search(arrays, out=tmp_path / "run", backend="serial", **options)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("table", "text"),
    [
        ({"asha": 1}, "search.asha is 1"),
        ({"asha": True, "etta": 3}, "did you mean 'eta'"),
    ],
)
def test_a_wrong_search_table_is_refused(table, text):
    document = {"extractor": [{"name": "lbp"}], "classifier": [{"name": "rf"}], "search": table}
    with pytest.raises(UsageError, match=text):
        resolve(document, "test", registry(), (), strict=True)


def test_a_search_by_rungs_counts_new_configs_and_refits_the_winner(arrays, space, tmp_path):
    out = tmp_path / "run"
    run = search(arrays, space=space, out=out, backend="serial", max_evals=18)
    trials = {t.tid: t for t in run.trials if t.tid >= 0}
    new = [t for t in trials.values() if t.parent is None]
    assert len(new) == 18
    assert {t.rung for t in new} == {0, None}
    assert {t.config["classifier"]["name"] for t in new if t.rung is None} == {"knn"}
    for trial in trials.values():
        if trial.rung is not None:
            assert trial.config["classifier"]["params"]["n_estimators"] == trial.budget
            assert trial.budget == (3, 9, 27)[trial.rung]
        if trial.parent is not None:
            before = trials[trial.parent]
            assert (before.rung, before.state) == (trial.rung - 1, "ok")
    assert any(t.rung == 1 for t in trials.values())
    best = trials[run.info["best"]["tid"]]
    assert best in finalists(list(trials.values()))
    saved = Model.load(out / "model.featcls").config["classifier"]
    assert saved["params"] == best.config["classifier"]["params"]
    assert not (out / "checkpoints").exists()
    assert run.info["stopped"] == "max_evals"
    low = {t.tid for t in trials.values() if t.rung == 0}
    assert not low & {t.tid for t in run.leaderboard()}


def test_a_promoted_trial_scores_as_its_config_does_alone(arrays, space, tmp_path):
    run = search(arrays, space=space, out=tmp_path / "run", backend="serial", max_evals=15)
    up = next(t for t in run.trials if t.parent is not None)
    alone = search(
        arrays,
        space=space,
        out=tmp_path / "alone",
        backend="serial",
        asha=False,
        max_evals=1,
        warm_start=up.config,
    )
    (again,) = (t for t in alone.trials if t.tid == 0)
    assert again.config_id == up.config_id
    assert again.loss == up.loss
    np.testing.assert_array_equal(alone.scores(0), run.scores(up.tid))


def test_kills_on_the_rungs_change_nothing(arrays, space, tmp_path, history):
    def run_once(out, events_left=10_000):
        """Search, and die without a word when so many trials have begun or ended."""

        def count(event):
            nonlocal events_left
            events_left -= event["event"] in ("begin", "trial")
            if events_left < 0:
                os.kill(os.getpid(), signal.SIGKILL)

        resume = (out / "run.json").exists()
        search(arrays, space=space, out=out, backend="serial", max_evals=14, resume=resume,
               observer=count)  # fmt: skip

    out, rng = tmp_path / "killed", random.Random(0)
    for _ in range(4):
        n_events = rng.randint(4, 8)
        child = os.fork()
        if child == 0:
            try:
                run_once(out, n_events)
            finally:
                os._exit(0)
        assert os.waitpid(child, 0)[1] == signal.SIGKILL
        assert Run.open(out).info["status"] == "running"
    run_once(out)
    run_once(tmp_path / "whole")
    killed, whole = Run.open(out), Run.open(tmp_path / "whole")
    rungs = [[(t.parent, t.rung, t.budget) for t in run.trials] for run in (killed, whole)]
    assert rungs[0] == rungs[1]
    assert any(rung for _, rung, _ in rungs[0])
    assert history(killed) == history(whole)


def test_a_reproducible_search_by_rungs_is_the_same_at_1_and_2_jobs(
    arrays, space, tmp_path, history
):
    runs = [
        search(
            arrays,
            space=space,
            out=tmp_path / str(jobs),
            n_jobs=jobs,
            max_evals=14,
            reproducible=True,
        )
        for jobs in (1, 2)
    ]
    assert history(runs[0]) == history(runs[1])
    assert any(t.parent is not None for t in runs[0].trials)


def test_checkpoints_outlive_a_search_that_ran_out_of_time(arrays, space, tmp_path, monkeypatch):
    clock = [0.0]
    monkeypatch.setattr("featcls.search.loop.time", SimpleNamespace(monotonic=lambda: clock[0]))

    def late(event):
        clock[0] += event["event"] == "trial" and event["rung"] == 0

    options = {"space": space, "out": tmp_path / "run", "backend": "serial", "max_evals": 9}
    run = search(arrays, **options, timeout=2.5, observer=late)
    assert run.info["stopped"] == "timeout"
    assert len(list((run.path / "checkpoints").iterdir())) == 3
    search(arrays, **options, resume=True)
    assert not (run.path / "checkpoints").exists()
