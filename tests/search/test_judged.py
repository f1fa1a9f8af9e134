import numpy as np

from featcls import search
from featcls.evaluate import measure
from featcls.search.judged import held_out, of_model, scored_by
from featcls.search.problem import open_problem


def test_what_is_kept_gives_the_figures_of_the_run_and_the_task_opens_the_same_frames(tmp_path):
    data = {
        "reader": "simulate",
        "options": {"n": 40, "seed": 0},
        "select": {"classes": ["blank", "no-crystal", "weak", "good", "strong"]},
    }
    made = search.search(data, space="quick", max_evals=1, backend="serial", out=tmp_path / "run")
    run = search.Run.open(made.path)
    classes = run.info["dataset"]["classes"]
    seen, kept = scored_by(run, 0), held_out(run)
    assert measure("balanced_accuracy", seen.scores, seen.y, classes) == run.info["best"]["value"]
    assert measure("balanced_accuracy", kept.scores, kept.y, classes) == run.info["test"]["value"]
    np.testing.assert_array_equal(of_model(run).scores, seen.scores)
    problem = open_problem(run.info["task"])
    np.testing.assert_array_equal(problem.y[problem.scored], seen.y)
    assert [problem.dataset.frame_ids[i] for i in problem.test] == kept.frame_ids
    assert not set(seen.frame_ids) & set(kept.frame_ids)


def test_a_run_that_kept_nothing_has_nothing(tmp_path):
    run = search.Run.create(tmp_path / "run")
    assert scored_by(run, 0) is None
    assert held_out(run) is None
