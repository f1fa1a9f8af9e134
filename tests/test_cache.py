import multiprocessing
import os
import subprocess
import sys
import time

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from featcls import atomic
from featcls.cache import Cache, blocks, cache_root, rows_key
from featcls.extractors.base import Ragged


@pytest.fixture
def cache(tmp_path):
    return Cache(tmp_path)


def test_blocks_cover_all_frames_once_and_in_order():
    for n in (1, 31, 32, 33, 300, 2000, 12_345):
        assert [i for block in blocks(n) for i in block] == list(range(n))
        assert max(len(block) for block in blocks(n)) <= 256


def test_merged_rows_are_the_blocks_one_after_the_other(cache):
    rows = np.random.default_rng(0).random((10, 3))
    cache.put_block("k" * 64, 0, rows[:6])
    cache.put_block("k" * 64, 1, rows[6:])
    assert not cache.has("k" * 64)
    assert cache.has_block("k" * 64, 1)
    cache.merge("k" * 64, 2)
    assert_array_equal(cache.rows("k" * 64), rows)
    assert cache.size()[0] == 1  # the blocks are gone
    assert cache.has_block("k" * 64, 0)


def test_ragged_rows_come_back_with_their_frames(cache):
    parts = [np.full((n, 2), n, np.uint8) for n in (3, 0, 2)]
    cache.put_block("r" * 64, 0, Ragged(np.concatenate(parts[:2]), np.array([0, 3, 3])))
    cache.put_block("r" * 64, 1, Ragged(parts[2], np.array([0, 2])))
    cache.merge("r" * 64, 2)
    rows = cache.rows("r" * 64)
    assert len(rows) == 3
    for i, part in enumerate(parts):
        assert_array_equal(rows.take([i]).values, part)
    assert_array_equal(rows.take([2, 0]).offsets, [0, 2, 5])


def test_every_part_of_a_key_counts():
    base = ("pixels", [["quantise", 1]], None, "glcm v1", {"distance": 1})
    keys = {rows_key(*base)}
    for i, other in enumerate(("other", [["quantise", 2]], "fit", "glcm v2", {"distance": 2})):
        keys.add(rows_key(*(other if i == k else part for k, part in enumerate(base))))
    assert len(keys) == 6


def test_json_values_are_computed_once(cache):
    calls = []
    for _ in range(2):
        assert cache.json("j" * 64, lambda: calls.append(1) or {"a": [1.5]}) == {"a": [1.5]}
    assert calls == [1]


def _write(root, value):
    cache = Cache(root)
    for _ in range(20):
        cache.put_block("w" * 64, 0, np.full((50, 50), value))
        cache.merge("w" * 64, 1)


def test_concurrent_writers_leave_whole_files(tmp_path):
    context = multiprocessing.get_context("fork")
    writers = [context.Process(target=_write, args=(tmp_path, 1.0)) for _ in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0, 0, 0]
    assert_array_equal(Cache(tmp_path).rows("w" * 64), np.ones((50, 50)))


def test_the_lock_of_a_killed_process_is_taken_over(cache):
    code = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from featcls.cache import Cache\n"
        "with Cache(Path(sys.argv[1])).lock('l' * 64): os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    subprocess.run([sys.executable, "-c", code, str(cache.root)], check=False)
    assert list(cache.folder.glob("*.lock"))
    started = time.monotonic()
    with cache.lock("l" * 64):
        pass
    assert time.monotonic() - started < 5
    assert not list(cache.folder.glob("*.lock"))


def test_pruning_removes_what_was_not_used_for_longest(cache):
    for i, key in enumerate("abc"):
        cache.put_block(key * 64, 0, np.zeros((100, 10)))
        cache.merge(key * 64, 1)
        os.utime(cache._path(key * 64), (i, i))
    cache.rows("a" * 64)  # used now
    _, size = cache.size()
    freed = cache.prune(size - 1)
    assert freed == size // 3
    assert [cache.has(key * 64) for key in "abc"] == [True, False, True]


def test_pruning_takes_values_and_offsets_together(cache):
    for key in "ab":
        cache.put_block(key * 64, 0, Ragged(np.zeros((100, 4)), np.array([0, 60, 100])))
        cache.merge(key * 64, 1)
    for name in ("a" * 64, "a" * 64 + ".offsets", "b" * 64 + ".offsets"):
        os.utime(cache._path(name), (1, 1))  # reading marks the values alone as used
    _, size = cache.size()
    assert cache.prune(size - 1) == size // 2
    assert not list(cache.folder.rglob("aa*.npy"))
    assert len(cache.rows("b" * 64)) == 2


def test_pruning_leaves_what_is_being_worked_on(cache):
    with cache.lock("l" * 64), atomic.unfinished(cache.folder / "half.npy") as temporary:
        temporary.write_bytes(b"half")
        assert cache.prune(0) == 0
        assert temporary.exists()
        assert list(cache.folder.glob("*.lock"))
    (cache.folder / ".left.npy.1-1").write_bytes(b"of a process that was killed")
    os.utime(cache.folder / ".left.npy.1-1", (1, 1))
    cache.prune(0)
    assert cache.size() == (0, 0)


def test_a_folder_is_known_by_its_token(cache, tmp_path):
    token = cache.token()
    cache.prune(0)
    assert Cache(cache.root).token() == token != Cache(tmp_path / "other").token()


def test_the_root_follows_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("FEATCLS_CACHE_DIR", str(tmp_path / "own"))
    assert cache_root() == tmp_path / "own"
    monkeypatch.delenv("FEATCLS_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_root() == tmp_path / "xdg" / "featcls"
