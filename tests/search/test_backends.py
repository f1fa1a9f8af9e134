"""Local worker processes, and what a search does when it cannot write."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

import chores
from featcls.search import Run, search
from featcls.search.backends import Local, WorkerLost


@pytest.fixture(scope="module")
def local():
    backend = Local(2, 1, None)
    yield backend
    backend.close()


def test_results_of_any_size_come_back_to_their_own_futures(local):
    futures = [
        local.submit(chores.echo, {"value": bytes([i]) * size}, None)
        for i, size in enumerate((0, 1, 5_000_000, 70_000, 3))
    ]
    assert [len(future.result(60)) for future in futures] == [0, 1, 5_000_000, 70_000, 3]


def test_a_task_that_overruns_is_ended_and_the_next_one_runs(local):
    late = local.submit(chores.sleep, {"seconds": 600}, 0.3)
    with pytest.raises(TimeoutError):
        late.result(60)
    assert local.submit(chores.echo, {"value": 1}, 30).result(60) == 1


def test_an_error_that_cannot_travel_comes_as_its_words(local):
    with pytest.raises(RuntimeError, match="Odd: the lamp"):
        local.submit(chores.fail, {}, None).result(60)


def test_a_backend_that_is_killed_does_not_wait_for_its_tasks():
    backend = Local(1, 1, None)
    running = backend.submit(chores.sleep, {"seconds": 600}, None)
    queued = backend.submit(chores.sleep, {"seconds": 600}, None)
    while not running.running():
        time.sleep(0.01)
    backend.close(kill=True)
    assert isinstance(running.exception(), WorkerLost)
    assert backend.is_lost(running.exception())
    assert queued.cancelled()


INTERRUPTED = """
import os, signal
if __name__ != "__main__":  # a worker that starts imports this script
    os.kill(os.getpid(), signal.SIGINT)
else:
    import chores
    from featcls.search.backends import Local, forking
    forking.PRELOAD.append("interrupt")
    backend = Local(1, 1, None)
    print(backend.submit(chores.echo, {"value": "done"}, None).result(60))
    backend.close()
"""


def test_processes_that_only_start_leave_ctrl_c_to_the_driver(tmp_path):
    (tmp_path / "script.py").write_text(INTERRUPTED)
    lines = [
        "import os, signal",
        "os.kill(os.getpid(), signal.SIGINT)",
        "print('loaded', flush=True)",
    ]
    (tmp_path / "interrupt.py").write_text("\n".join(lines))
    path = os.pathsep.join([str(tmp_path), str(Path(chores.__file__).parent)])
    result = subprocess.run(
        [sys.executable, str(tmp_path / "script.py")],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert result.stdout.split() == ["loaded", "done"], result.stderr
    assert "Traceback" not in result.stderr


def test_a_folder_that_a_search_left_at_once_is_used_again(arrays, small_space, tmp_path):
    (tmp_path / "run" / "scores").mkdir(parents=True)
    (tmp_path / "run" / "lock").write_text("pid 1")
    run = search(
        arrays, space=small_space, out=tmp_path / "run", backend="serial", max_evals=1, resume=True
    )
    assert run.info["status"] == "finished"


def test_a_cache_that_cannot_be_written_stops_the_search_and_fails_no_trial(
    arrays, small_space, tmp_path
):
    code = (
        "import resource, sys\n"
        "from featcls.cache import Cache\n"
        "from featcls.search import search\n"
        "put, n = Cache.put_block, [0]\n"
        "def limited(self, *args):\n"
        "    n[0] += 1\n"
        "    if n[0] == 5: resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))\n"
        "    put(self, *args)\n"
        "Cache.put_block = limited\n"
        "search(sys.argv[1], space=sys.argv[2], out=sys.argv[3], backend='serial', max_evals=9)\n"
    )
    args = [str(arrays), small_space, str(tmp_path / "run")]
    result = subprocess.run(
        [sys.executable, "-c", code, *args], capture_output=True, text=True, check=False
    )
    assert "RunError: cannot write to the feature cache" in result.stderr
    assert "then --resume" in result.stderr
    assert "failed" not in {t.state for t in Run.open(tmp_path / "run").trials}
    run = search(
        arrays, space=small_space, out=tmp_path / "run", backend="serial", max_evals=9, resume=True
    )
    assert {t.state for t in run.trials} == {"ok"}
