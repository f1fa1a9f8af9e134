from dataclasses import replace

import numpy as np
import pytest

from featcls.classifiers.boosting import device
from featcls.config import config_id
from featcls.errors import UsageError
from featcls.plugins import registry
from featcls.search import search
from featcls.search.asking import LAG, Asking, Strategy, best_of
from featcls.search.document import load_space
from featcls.search.rungs import Rungs
from featcls.search.sampler import ALGORITHMS, Sampler
from featcls.search.store import Trial

BUDGETED = """
[[extractor]]
name = "intensity"
[[classifier]]
name = "rf"
n_estimators = 27
max_features = ["sqrt", 0.5]
max_depth = ["none", 2, 4, 6, 8, 10]
min_samples_leaf = { integer = [1, 10] }
[[classifier]]
name = "logreg"
C = { loguniform = [0.01, 100.0] }
"""


def asking(path, rungs=None, algorithm="tpe", gamma=1.0, **options):
    space = load_space(str(path), registry())
    made = rungs and Rungs.of(space, registry(), *rungs)
    sampler = Sampler(made.narrowed(space) if made else space, 0, algorithm, gamma)
    strategy = Strategy(**{"max_evals": 40, "metric": "accuracy"} | options)
    return Asking(sampler, registry(), strategy, rungs=made)


def run(ask, loss, trials=None, until=10_000):
    """Play a search in which a row costs what `loss` says of its config and number."""
    trials = {} if trials is None else trials
    while len(trials) < until and (trial := ask.next(trials)) is not None:
        value = loss(trial)
        state = "failed" if value is None else "ok"
        trials[trial.tid] = replace(trial, state=state, loss=value, told=trial.tid)
    return trials


def any_loss(trial):
    return int(config_id(trial.config), 16) % 997 / 997


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_each_algorithm_is_decided_by_seed_and_history(small_space, algorithm):
    first, second = (
        run(asking(small_space, algorithm=algorithm, max_evals=20), any_loss) for _ in range(2)
    )
    assert first == second
    assert len({t.config_id for t in first.values()}) > 8


def test_the_algorithms_and_gammas_differ_once_there_is_a_history(small_space):
    drawn = {}
    for name, gamma in [*((name, 1.0) for name in ALGORITHMS), ("tpe", 0.1)]:
        ask = asking(small_space, algorithm=name, gamma=gamma, max_evals=30)
        drawn[name, gamma] = [t.config_id for t in run(ask, any_loss).values()]
    assert len({tuple(ids[:12]) for ids in drawn.values()}) == 1
    assert len({tuple(ids) for ids in drawn.values()}) == 4


@pytest.mark.parametrize("algorithm", ["tpe", "anneal"])
def test_a_model_finds_better_configs_than_chance_does(small_space, algorithm):
    def loss(trial):
        params = trial.config["classifier"]["params"]
        return abs(np.log10(params["C"]) - 1) / 3 if "C" in params else 1.0

    late = {}
    for name in (algorithm, "random"):
        rows = run(asking(small_space, algorithm=name, max_evals=60), loss)
        late[name] = np.mean([t.loss for t in rows.values() if t.tid >= 30])
    assert late[algorithm] < 0.7 * late["random"]


def test_patience_stops_when_nothing_gets_better(small_space):
    ask = asking(small_space, patience=5)
    trials = run(ask, lambda trial: 0.5 if trial.tid == 3 else 0.9)
    assert len(trials) == 3 + 1 + 5
    assert ask.why(trials) == "patience"
    more = asking(small_space, patience=7)
    assert len(run(more, lambda trial: 0.9, dict(trials))) == 3 + 1 + 7


def test_failures_and_duplicates_wear_patience_down_too(small_space):
    ask = asking(small_space, patience=4)
    assert len(run(ask, lambda trial: None if trial.tid else 0.5)) == 1 + 4


def test_target_stops_at_the_value_of_the_metric(small_space):
    ask = asking(small_space, target=0.9)
    trials = run(ask, lambda trial: 0.5 - 0.1 * trial.tid)
    assert [round(t.loss, 6) for t in trials.values()] == [0.5, 0.4, 0.3, 0.2, 0.1]
    assert ask.why(trials) == "target"
    small_is_better = asking(small_space, target=0.3, metric="log_loss")
    assert len(run(small_is_better, lambda trial: 0.5 - 0.1 * trial.tid)) == 3


def test_without_either_the_number_of_configs_stops(small_space):
    ask = asking(small_space, max_evals=7)
    trials = run(ask, any_loss)
    assert len(trials) == 7
    assert ask.why(trials) == "max_evals"


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"patience": 0}, "patience is 0"),
        ({"max_evals": 0}, "max_evals is 0"),
        ({"target": float("nan")}, "target is nan; wanted a value of accuracy"),
    ],
)
def test_a_strategy_that_cannot_be_meant_is_refused(options, text):
    with pytest.raises(UsageError, match=text):
        Strategy(**{"max_evals": 1, "metric": "accuracy"} | options)


def test_a_sampler_that_cannot_be_meant_is_refused(small_space):
    space = load_space(small_space, registry())
    with pytest.raises(UsageError, match="did you mean 'random'"):
        Sampler(space, 0, "randon")
    with pytest.raises(UsageError, match="gamma is 0"):
        Sampler(space, 0, gamma=0)


@pytest.fixture
def budgeted(tmp_path):
    path = tmp_path / "budgeted.toml"
    path.write_text(BUDGETED)
    return path


def test_rungs_are_played_to_the_end_and_full_cost_trials_beside_them(budgeted):
    ask = asking(budgeted, rungs=(3, 3), max_evals=40)
    trials = run(ask, any_loss)
    new = [t for t in trials.values() if t.parent is None]
    assert len(new) == 40
    assert {t.rung for t in new} == {0, None}
    by_rung = [[t for t in trials.values() if t.rung == rung] for rung in range(3)]
    assert len({t.config_id for t in by_rung[0]}) // 3 <= len(by_rung[1]) < len(by_rung[0])
    assert by_rung[2]
    assert {t.budget for t in by_rung[1]} == {9}
    assert best_of(list(trials.values())).rung in (2, None)
    assert ask.next(trials) is None


def test_a_history_cut_anywhere_goes_on_as_it_was(budgeted):
    ask = asking(budgeted, rungs=(3, 3), max_evals=24)
    whole = run(ask, any_loss)
    for cut in (5, 17, len(whole) - 2):
        part = {tid: whole[tid] for tid in range(cut)}
        assert run(asking(budgeted, rungs=(3, 3), max_evals=24), any_loss, part) == whole


def test_a_reproducible_ask_does_not_look_at_the_last_trials(budgeted):
    ask = asking(budgeted, rungs=(3, 3), reproducible=True, max_evals=30)
    trials = run(ask, any_loss, until=20)
    blind = {
        tid: replace(t, state="running", loss=None, told=None) if tid > 20 - LAG else t
        for tid, t in trials.items()
    }
    assert ask.next(blind) == ask.next(trials)
    blind[20 - LAG] = replace(blind[20 - LAG], told=None)
    assert ask.next(blind) is None  # it waits for what it may see


def test_a_higher_rung_is_news_to_patience(budgeted):
    ask = asking(budgeted, rungs=(3, 3), patience=10)
    trials = run(ask, lambda trial: 0.5 + 0.1 * (trial.rung or 0))
    first_up = next(t.tid for t in trials.values() if t.rung == 1)
    assert ask.why({tid: t for tid, t in trials.items() if tid <= first_up}) == "max_evals"
    assert ask.why(trials) == "patience"
    top = max(t.rung for t in trials.values() if t.rung is not None)
    news = min(t.tid for t in trials.values() if t.rung == top)
    assert sum(t.parent is None for t in trials.values() if t.tid > news) == 10


def test_a_better_one_at_full_cost_is_news_beside_rungs(budgeted):
    ask = asking(budgeted, rungs=(3, 3), patience=10)
    rows = [
        Trial(tid, state="ok", loss=loss, rung=rung, parent=parent, told=tid)
        for tid, (loss, rung, parent) in enumerate(
            [(0.5, 0, None), (0.4, 1, 0), (0.3, None, None), *[(0.35, 1, 0)] * 3]
        )
    ]
    assert ask.stop(rows, [*rows, *[Trial(9, state="ok", loss=0.3)] * 9]) == ""
    assert ask.stop(rows, [*rows, *[Trial(9, state="ok", loss=0.3)] * 10]) == "patience"
    assert ask.stop(rows, [*rows, *[Trial(9, state="ok", loss=0.2)] * 10]) == ""


def test_duplicates_are_not_run_again_and_say_of_what(arrays, tmp_path):
    path = tmp_path / "few.toml"
    path.write_text(
        '[[extractor]]\nname = "intensity"\nstatistics = "all"\n'
        '[[classifier]]\nname = "knn"\nn_neighbors = [1, 3]\nweights = "uniform"\n'
    )
    done = search(
        arrays, space=str(path), out=tmp_path / "run", backend="serial", max_evals=8, patience=7
    )
    trials = [t for t in done.trials if t.tid >= 0]
    first = {}
    for trial in trials:
        original = first.setdefault(trial.config_id, trial)
        if original is not trial:
            assert trial.reason == f"duplicate of {original.tid}"
            assert (trial.loss, trial.metrics) == (original.loss, original.metrics)
            assert trial.seconds == 0.0
    assert len(first) == 2
    assert len(trials) == 8
    assert done.info["stopped"] == "max_evals"
    assert done.info["strategy"]["patience"] == 7


def test_a_run_says_why_it_stopped(arrays, small_space, tmp_path):
    options = {"space": small_space, "backend": "serial", "out": tmp_path / "run"}
    assert search(arrays, **options, max_evals=2).info["stopped"] == "max_evals"
    late = search(arrays, **options, timeout=1e-9, max_evals=9, resume=True)
    assert late.info["stopped"] == "timeout"
    assert late.info["status"] == "finished"


def test_a_run_with_xgboost_records_its_device(arrays, small_space, tmp_path):
    options = {"backend": "serial", "max_evals": 1}
    without = search(arrays, space=small_space, out=tmp_path / "1", **options)
    assert "xgboost" not in without.info["machine"]
    path = tmp_path / "boost.toml"
    path.write_text(
        '[[extractor]]\nname = "intensity"\n[[classifier]]\nname = "xgboost"\nn_estimators = 3\n'
    )
    run = search(arrays, space=str(path), out=tmp_path / "2", **options)
    assert run.info["machine"]["xgboost"] == device()
    assert "device" not in run.trials[-1].config["classifier"]["params"]
