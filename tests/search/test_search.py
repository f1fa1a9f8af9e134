import fcntl
import json
import os
import random
import signal
import subprocess
import sys
import threading
from dataclasses import replace

import numpy as np
import pytest

from featcls.errors import DataError, NoTrialSucceeded, RunError, UsageError
from featcls.model import Model
from featcls.search import Run, search
from featcls.search.store import Store

KEYS = {
    *("schema_version", "name", "command", "status", "created_utc", "finished_utc", "seconds"),
    *("seed", "space", "space_id", "metric", "objective", "dataset", "bad_frames", "left_out"),
    *("strategy", "start", "stopped", "choice", "ensemble", "calibration"),
    *("operating_point", "fitted_on", "fingerprint"),
    *(
        "versions",
        "machine",
        "best",
        "validation",
        "test",
        "test_looks",
        "baselines",
        "identity",
        "task",
        "times",
    ),
}


def test_a_search_leaves_a_complete_run(arrays, small_space, tmp_path):
    events = []
    run = search(
        arrays,
        space=small_space,
        out=tmp_path / "run",
        backend="serial",
        max_evals=6,
        observer=events.append,
    )
    assert set(run.info) == KEYS
    assert json.loads(json.dumps(events)) == events
    kinds = [event["event"] for event in events]
    assert kinds[0] == "start"
    assert kinds[-1] == "finish"
    assert kinds.count("trial") == 7  # six and the intensity baseline
    assert sorted(p.name for p in run.path.iterdir()) == [
        *("leaderboard.csv", "lock", "model.featcls", "run.json", "scores", "trials.sqlite")
    ]  # fmt: skip
    assert run.info["dataset"]["roles"] == {
        **{"train": 48, "validation": 0, "calibration": 0, "test": 12}
    }
    best = run.info["best"]
    assert best["value"] == max(t.metrics["balanced_accuracy"] for t in run.trials if t.tid >= 0)
    assert len(run.info["test_looks"]) == 1
    assert [row["name"] for row in run.info["baselines"]] == [
        *("majority class", "four intensity statistics + rf")
    ]  # fmt: skip
    assert run.info["baselines"][0]["test_value"] == 0.5
    assert run.scores(best["tid"]).shape == (48, 2)


def test_the_saved_model_scores_as_the_search_said(arrays, small_space, tmp_path):
    run = search(arrays, space=small_space, out=tmp_path / "run", backend="serial", max_evals=6)
    from featcls.dataset import open_dataset
    from featcls.splits import assign_splits

    data = open_dataset(arrays)
    test = assign_splits(data, 0.2).test
    model = Model.load(run.path / "model.featcls")
    right = model.predict_scores(data.frames(test)).argmax(axis=1) == data.y[test]
    assert right.mean() == run.info["test"]["metrics"]["accuracy"]


def test_one_seed_gives_one_history(arrays, small_space, tmp_path, history):
    runs = [
        search(arrays, space=small_space, out=tmp_path / str(i), backend="serial", max_evals=25)
        for i in range(2)
    ]
    assert history(runs[0]) == history(runs[1])
    other = search(
        arrays,
        space=small_space,
        out=tmp_path / "2",
        backend="serial",
        max_evals=25,
        random_state=1,
    )
    assert history(other) != history(runs[0])


def test_a_config_scores_the_same_at_any_number_of_jobs(arrays, small_space, tmp_path):
    one = search(arrays, space=small_space, out=tmp_path / "1", backend="serial", max_evals=12)
    two = search(arrays, space=small_space, out=tmp_path / "2", n_jobs=2, max_evals=12)
    scored = [
        {t.config_id: {**t.metrics, "ms": 0} for t in run.trials if t.tid >= 0}
        for run in (one, two)
    ]
    shared = set(scored[0]) & set(scored[1])
    assert shared
    assert all(scored[0][key] == scored[1][key] for key in shared)


def test_a_reproducible_search_has_the_same_history_at_1_and_2_jobs(
    arrays, small_space, tmp_path, history
):
    runs = [
        search(
            arrays,
            space=small_space,
            out=tmp_path / str(jobs),
            n_jobs=jobs,
            max_evals=32,
            reproducible=True,
        )
        for jobs in (1, 2)
    ]
    assert history(runs[0]) == history(runs[1])


def test_twenty_kills_lose_no_finished_trial_and_change_nothing(
    arrays, small_space, tmp_path, history
):
    def run_once(out, events=None, delay=0.0):
        """Search, and die without a word some time after so many trials have begun or ended."""
        left = [events]

        def count(event):
            if events is not None and event["event"] in ("begin", "trial"):
                left[0] -= 1
                if left[0] == 0:
                    threading.Timer(delay, os.kill, (os.getpid(), signal.SIGKILL)).start()

        resume = (out / "run.json").exists()
        search(arrays, space=small_space, out=out, backend="serial", max_evals=80, resume=resume,
               observer=count)  # fmt: skip

    run_once(tmp_path / "whole")  # first: the others then find all modules loaded
    out, rng, finished = tmp_path / "killed", random.Random(0), set()
    for _ in range(20):
        events, delay = rng.randint(1, 5), rng.uniform(0, 0.01)
        child = os.fork()
        if child == 0:
            try:
                run_once(out, events, delay)
            finally:
                os._exit(0)
        assert os.waitpid(child, 0)[1] == signal.SIGKILL
        done_before, run = finished, Run.open(out)
        finished = {t.tid for t in run.trials if t.state == "ok"}
        assert done_before <= finished
        assert run.info["status"] == "running"
    run_once(out)
    assert history(Run.open(out)) == history(Run.open(tmp_path / "whole"))


def faulty_space(tmp_path, *faults):
    """The path of a space whose first trials meet each fault once."""
    path = tmp_path / "faulty.toml"
    first = [[fault, "knn"] for fault in faults]
    tables = [f'[[extractor]]\nlabel = "{f}"\nname = "faulty"\nfault = "{f}"\n' for f in faults]
    classifier = '[[classifier]]\nname = "knn"\nn_neighbors = [1, 3, 5]\nweights = "uniform"\n'
    path.write_text(f"first = {json.dumps(first)}\n{''.join(tables)}{classifier}")
    return str(path)


def test_trials_that_raise_hang_die_or_eat_memory_are_rows_and_the_rest_is_done(arrays, tmp_path):
    run = search(
        arrays,
        space=faulty_space(tmp_path, "none", "raise", "hang", "eat", "die", "nan", "wide"),
        out=tmp_path / "run",
        n_jobs=2,
        max_evals=10,
        trial_timeout=5.0,
        memory_limit=1 << 30,
        plugins=["faulty"],
    )
    assert run.info["status"] == "finished"
    trials = [t for t in run.trials if t.tid >= 0]
    assert len(trials) == 10
    reasons = {}
    for trial in trials:
        fault = trial.config["extractors"][0]["params"]["fault"]
        assert (trial.state == "ok") == (fault == "none")
        reasons[fault] = trial.reason
    wanted = {
        "raise": "RuntimeError: the lamp is out",
        "hang": "overran the trial timeout of 5.0 s",
        "eat": "Memory",
        "die": "its worker died 2 times",
        "nan": "NaN or infinity",
        "wide": "different widths",
    }
    assert set(reasons) - {"none"} == set(wanted)
    for fault, text in wanted.items():
        assert text in reasons[fault]


def test_a_search_without_one_success_names_the_commonest_reason(arrays, tmp_path):
    with pytest.raises(NoTrialSucceeded, match="the lamp is out") as caught:
        search(
            arrays,
            space=faulty_space(tmp_path, "raise"),
            out=tmp_path / "run",
            backend="serial",
            max_evals=2,
            plugins=["faulty"],
        )
    assert caught.value.exit_code == 4
    assert Run.open(tmp_path / "run").info["status"] == "failed"


def test_resuming_asks_for_more_and_looks_at_the_test_split_again_only_for_a_new_best(
    arrays, small_space, tmp_path
):
    first = search(arrays, space=small_space, out=tmp_path / "run", backend="serial", max_evals=2)
    more = search(
        arrays,
        space=small_space,
        out=tmp_path / "run",
        backend="serial",
        max_evals=12,
        resume=True,
    )
    assert [t.tid for t in more.trials] == list(range(-2, 12))
    changed = more.info["best"]["tid"] != first.info["best"]["tid"]
    assert len(more.info["test_looks"]) == 1 + changed
    again = search(
        arrays,
        space=small_space,
        out=tmp_path / "run",
        backend="serial",
        max_evals=12,
        resume=True,
    )
    assert again.info["test_looks"] == more.info["test_looks"]


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"random_state": 5}, "another seed: 0 there, 5 now"),
        ({"space": "quick"}, "another plugins|another space id"),
        ({"metric": "accuracy"}, "another metric"),
    ],
)
def test_resuming_another_question_is_refused(arrays, small_space, tmp_path, changes, text):
    options = {"space": small_space, "out": tmp_path / "run", "backend": "serial", "max_evals": 1}
    search(arrays, **options)
    with pytest.raises(RunError, match=text):
        search(arrays, **{**options, **changes}, resume=True)


def test_resuming_with_other_data_is_refused(arrays, small_space, tmp_path):
    options = {"space": small_space, "out": tmp_path / "run", "backend": "serial", "max_evals": 1}
    search(arrays, **options)
    with np.load(arrays) as old:
        images, labels = old["images"].copy(), old["labels"]
    images[0, 0, 0] += 1
    np.savez(arrays, images=images, labels=labels)
    with pytest.raises(RunError, match="another dataset id"):
        search(arrays, **options, resume=True)


def test_a_run_directory_is_never_overwritten(arrays, small_space, tmp_path):
    options = {"space": small_space, "out": tmp_path / "run", "backend": "serial", "max_evals": 1}
    search(arrays, **options)
    with pytest.raises(RunError, match="--resume"):
        search(arrays, **options)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.tex").write_text("years")
    with pytest.raises(RunError, match="not empty and not a run"):
        search(arrays, **{**options, "out": tmp_path / "full"})
    with pytest.raises(RunError, match="cannot make the run directory"):
        search(arrays, **{**options, "out": arrays / "below"})


def test_a_second_driver_is_refused(arrays, small_space, tmp_path):
    options = {"space": small_space, "out": tmp_path / "run", "backend": "serial", "max_evals": 1}
    run = search(arrays, **options)
    with run.lock(), pytest.raises(RunError, match=f"pid {os.getpid()}"):
        search(arrays, **options, resume=True)


def test_a_passing_look_at_a_run_keeps_no_driver_out(tmp_path, monkeypatch):
    run = Run(tmp_path)
    look = open(tmp_path / "lock", "a+")  # noqa: SIM115  # closed while the driver waits
    fcntl.flock(look, fcntl.LOCK_SH)
    monkeypatch.setattr("featcls.search.holding.time.sleep", lambda seconds: look.close())
    with run.lock():
        assert look.closed
        assert (tmp_path / "lock").read_text() == f"pid {os.getpid()}"


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"metric": "acuracy"}, "did you mean 'accuracy'"),
        ({"backend": "dusk"}, "no backend named 'dusk'"),
        ({"backend": "serial", "n_jobs": 2}, "runs 1 job"),
        ({"backend": "serial", "trial_timeout": 1.0}, "cannot stop a trial"),
        ({"max_evals": 0}, "max_evals is 0"),
        ({"test_size": 1.0}, "test size is 1.0"),
        ({"n_splits": 1}, "number of folds is 1"),
        ({"space": "defult"}, "did you mean"),
        ({"resume": True}, "name its folder"),
        ({"metric": "micro_recall"}, "micro_recall"),
    ],
)
def test_wrong_options_are_refused_before_anything_is_written(
    arrays, tmp_path, monkeypatch, options, text
):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=text):
        search(arrays, **options)
    assert not (tmp_path / "runs").exists()


def test_data_that_cannot_be_learned_from_is_refused(tmp_path):
    path = tmp_path / "one.npz"
    np.savez(path, images=np.zeros((9, 8, 8), np.uint8), labels=np.repeat("only", 9))
    with pytest.raises(DataError, match="only"):
        search(path, space="quick", out=tmp_path / "run", backend="serial")
    assert not (tmp_path / "run").exists()


def test_broken_images_are_left_out_and_named(tmp_path):
    from PIL import Image

    rng = np.random.default_rng(0)
    for name in ("rough", "smooth"):
        (tmp_path / "data" / name).mkdir(parents=True)
        for i in range(12):
            image = rng.integers(0, 255, (16, 16)).astype(np.uint8)
            image = image if name == "rough" else np.sort(image)
            Image.fromarray(image).save(tmp_path / "data" / name / f"{i}.png")
    broken = tmp_path / "data" / "rough" / "3.png"
    broken.write_bytes(broken.read_bytes()[:60])
    run = search(
        tmp_path / "data", space="quick", out=tmp_path / "run", backend="serial", max_evals=2
    )
    (bad,) = run.info["bad_frames"]
    assert bad["frame_id"] == "rough/3.png"
    assert "cannot read" in bad["reason"]
    assert sum(run.info["dataset"]["roles"].values()) == 23


def test_a_disk_that_fills_up_loses_nothing_that_was_finished(arrays, small_space, tmp_path):
    code = (
        "import resource, signal, sys\n"
        "from featcls.search import search\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "from featcls.search.store import Store\n"
        "put, n = Store.put, [0]\n"
        "def limited(self, trial):\n"
        "    n[0] += 1\n"
        "    if n[0] == 14: resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))\n"
        "    put(self, trial)\n"
        "Store.put = limited\n"
        "search(sys.argv[1], space=sys.argv[2], out=sys.argv[3], backend='serial', max_evals=20)\n"
    )
    args = [str(arrays), small_space, str(tmp_path / "run")]
    result = subprocess.run(
        [sys.executable, "-c", code, *args], capture_output=True, text=True, check=False
    )
    assert "RunError" in result.stderr
    assert "--resume" in result.stderr
    before = {t.tid: t for t in Run.open(tmp_path / "run").trials if t.state == "ok"}
    assert len(before) > 3
    run = search(
        arrays,
        space=small_space,
        out=tmp_path / "run",
        backend="serial",
        max_evals=20,
        resume=True,
    )
    assert {t.tid: t for t in run.trials if t.tid in before} == before
    assert run.info["status"] == "finished"


def test_a_script_without_a_main_guard_is_told_so(arrays, tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "from featcls.search import search\n"
        f"search({str(arrays)!r}, space='quick', out={str(tmp_path / 'run')!r}, max_evals=1)\n"
    )
    result = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, check=False, timeout=120
    )
    assert result.returncode == 1
    assert 'if __name__ == "__main__"' in result.stderr.strip().splitlines()[-1]


def test_an_interrupt_finishes_the_running_trial_and_can_be_resumed(arrays, small_space, tmp_path):
    seen = []

    def interrupt_at_third(event):
        seen.append(event)
        if event["event"] == "trial" and event["tid"] == 2:
            os.kill(os.getpid(), signal.SIGINT)

    options = {"space": small_space, "out": tmp_path / "run", "backend": "serial", "max_evals": 5}
    run = search(arrays, **options, observer=interrupt_at_third)
    assert run.info["status"] == "interrupted"
    assert [t.tid for t in run.trials if t.tid >= 0] == [0, 1, 2]
    assert run.info["test_looks"] == []
    assert search(arrays, **options, resume=True).info["status"] == "finished"


def test_what_a_kill_left_is_run_again_even_where_a_later_trial_had_the_same_config(
    arrays, small_space, tmp_path
):
    options = {"space": small_space, "out": tmp_path / "run", "backend": "serial", "max_evals": 4}
    run = search(arrays, **options)
    best = run.info["best"]["tid"]
    with Store(run.path / "trials.sqlite") as store:
        (twin,) = (trial for trial in store.trials() if trial.tid == best)
        lost = replace(twin, tid=0, state="running", loss=None, metrics={}, told=None)
        store.put(replace(twin, tid=3))
        store.put(lost)
    scores = (run.path / "scores" / f"{best}.npy").read_bytes()
    (run.path / "scores" / "3.npy").write_bytes(scores)
    (run.path / "scores" / "0.npy").unlink()
    again = search(arrays, **options, resume=True)
    first = next(trial for trial in again.trials if trial.tid == 0)
    assert (first.state, first.reason) == ("ok", "")
    assert again.info["best"]["tid"] == 0
    np.testing.assert_array_equal(again.scores(0), again.scores(3))


def test_a_look_at_the_test_split_is_written_down_even_where_nothing_comes_of_it(
    arrays, small_space, tmp_path, monkeypatch
):
    def stopped(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("featcls.search.finish.Finish._baseline", stopped)
    options = {"space": small_space, "out": tmp_path / "run", "backend": "serial", "max_evals": 1}
    with pytest.raises(KeyboardInterrupt):
        search(arrays, **options)
    assert (tmp_path / "run" / "scores" / "test.npy").exists()
    assert len(Run.open(tmp_path / "run").info["test_looks"]) == 1
    monkeypatch.undo()
    monkeypatch.setenv("FEATCLS_CACHE_DIR", str(tmp_path / "cache"))
    assert len(search(arrays, **options, resume=True).info["test_looks"]) == 2


def test_a_classifier_of_frames_is_searched_beside_those_of_vectors(tmp_path):
    rng = np.random.default_rng(1)
    images = rng.integers(0, 100, (40, 12, 12))
    images[20:] += 9
    np.savez(tmp_path / "data.npz", images=images, labels=np.repeat(["dark", "light"], 20))
    path = tmp_path / "frames.toml"
    path.write_text(
        '[[preprocess]]\nname = "mask"\nedge = 1\nlow = "none"\nhigh = "none"\n'
        '[[extractor]]\nname = "intensity"\n[[classifier]]\nname = "brightness"\n'
        '[[classifier]]\nname = "knn"\nn_neighbors = [1, 3, 5]\n'
    )
    run = search(
        tmp_path / "data.npz",
        space=str(path),
        out=tmp_path / "run",
        backend="serial",
        max_evals=10,
        plugins=["frame_classifier"],
    )
    trials = [t for t in run.trials if t.tid >= 0]
    kinds = {(t.config["classifier"]["name"], len(t.config["extractors"])) for t in trials}
    assert kinds == {("brightness", 0), ("knn", 1)}
    assert {t.state for t in trials} == {"ok"}
    best = {
        name: max(t.metrics["accuracy"] for t in trials if t.config["classifier"]["name"] == name)
        for name, _ in kinds
    }
    assert best["brightness"] > 0.8
