"""Whatever is installed beside featcls, it starts, says what is wrong, and works."""

import json
import os
import sqlite3
import subprocess
import sys
import time

import numpy as np
import pytest

from featcls.first_look import verdicts
from featcls.plugins import _entry_points
from hostile_plugins.hostile import REASONS, SOURCES, distribution

PASSING = [name for name in SOURCES if name not in REASONS]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Folder of all the distributions, with a cache in which each was looked at once."""
    folder = tmp_path_factory.mktemp("site")
    for name, source in SOURCES.items():
        distribution(folder, name, source)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        patch.setenv("FEATCLS_CACHE_DIR", str(folder / "cache"))
        points = [point for point in _entry_points() if point.name in SOURCES]
        patch.setattr(verdicts, "LIMIT", 60.0)
        verdicts.refusals([point for point in points if point.name != "endless"])
        patch.setattr(verdicts, "LIMIT", 1.0)
        verdicts.refusals([point for point in points if point.name == "endless"])
    return folder


def featcls(site, *arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "featcls.cli", *arguments],
        env={
            **os.environ,
            "PYTHONPATH": str(site),
            "FEATCLS_CACHE_DIR": str(site / "cache"),
            **environment,
        },
        cwd=site,
        capture_output=True,
        text=True,
        timeout=200,
    )


@pytest.fixture(scope="module")
def listed(site):
    done = featcls(site, "plugins", "--json")
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)["plugins"]
    return {row["plugin"]: row for row in rows}


@pytest.mark.parametrize(("name", "reason"), REASONS.items())
def test_a_plugin_that_goes_wrong_on_loading_is_listed_with_its_reason(name, reason, listed):
    assert reason in listed[name]["reason"]
    assert not listed[name]["provides"]


@pytest.mark.parametrize("name", PASSING)
def test_a_plugin_that_loads_is_listed_beside_them(name, listed):
    assert listed[name]["provides"] == [f"extractor {name}"]


def test_builtins_are_all_there_beside_them(listed):
    assert listed["featcls.extractors.glcm"]["provides"] == ["extractor glcm"]
    off = [name for name, row in listed.items() if name.startswith("featcls.") and row["reason"]]
    assert not off


def test_a_search_with_the_rest_finishes(site, tmp_path):
    rng = np.random.default_rng(0)
    images = rng.poisson(20 + 40 * (np.arange(24) % 2)[:, None, None], (24, 16, 16))
    images[:, 0, 0] = np.arange(24)
    np.savez(tmp_path / "data.npz", images=images.astype(np.uint8), labels=[*"ab"] * 12)
    names = ["intensity", *PASSING]
    parts = [f'[[extractor]]\nname = "{name}"\n' for name in names]
    first = json.dumps([[name, "logreg"] for name in names])
    space = f'first = {first}\n{"".join(parts)}[[classifier]]\nname = "logreg"\n'
    (tmp_path / "space.toml").write_text(space)
    options = ["--max-evals", str(len(names)), "--jobs", "1", "--backend", "local", "--json"]
    done = featcls(
        site, "search", str(tmp_path / "data.npz"), "--space", str(tmp_path / "space.toml"),
        "--out", str(tmp_path / "run"), *options,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    with sqlite3.connect(tmp_path / "run" / "trials.sqlite") as store:
        rows = store.execute(
            "SELECT config, state, reason FROM trials WHERE kind = 'trial'"
        ).fetchall()
    ends = {
        json.loads(config)["extractors"][0]["name"]: (state, reason)
        for config, state, reason in rows
    }
    assert {name for name, (state, _) in ends.items() if state == "ok"} == {"intensity", "sound"}
    for name in {*PASSING} - {"sound"}:
        assert ends[name][1], f"no reason for {name}"


@pytest.mark.parametrize(
    ("option", "value"), [("--no-plugins", "all"), ("--no-plugins=endless", "endless")]
)
def test_what_is_switched_off_is_not_imported_not_even_to_look(option, value, tmp_path):
    source = "open(__file__ + '.imported', 'w').close()\n"
    distribution(tmp_path, "endless", source)
    assert featcls(tmp_path, option, "plugins").returncode == 0
    assert featcls(tmp_path, "plugins", FEATCLS_NO_PLUGINS=value).returncode == 0
    assert not (tmp_path / "endless.py.imported").exists()
    assert featcls(tmp_path, "plugins").returncode == 0
    assert (tmp_path / "endless.py.imported").exists()


def test_a_plugin_is_looked_at_once_for_each_version_of_its_files(tmp_path, monkeypatch):
    monkeypatch.setenv("FEATCLS_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.syspath_prepend(tmp_path)
    distribution(tmp_path, "changing", "open(__file__ + '.log', 'a').write('x')\n")
    (point,) = [point for point in _entry_points() if point.name == "changing"]
    log = tmp_path / "changing.py.log"
    for _ in range(2):
        assert verdicts.refusals([point]) == [""]
    assert log.read_text() == "x"
    (tmp_path / "changing.py").write_text("import os; os._exit(7)\n")
    for _ in range(2):
        assert verdicts.refusals([point]) == ["its import ends the process, exit code 7"]


def test_a_refused_plugin_gets_another_chance_after_a_while(tmp_path, monkeypatch):
    path = tmp_path / "verdict.json"
    verdicts._remember(path, "its import takes more than 10 s")
    assert verdicts._remembered(path) == "its import takes more than 10 s"
    later = time.time() + verdicts.REFUSED_FOR
    monkeypatch.setattr(verdicts.time, "time", lambda: later + 1)
    assert verdicts._remembered(path) is None


@pytest.mark.parametrize("damage", ["", "[]", "{", '{"reason": "x"}', '{"utc": 0}'])
def test_a_damaged_verdict_is_as_none(damage, tmp_path):
    (tmp_path / "verdict.json").write_text(damage)
    assert verdicts._remembered(tmp_path / "verdict.json") is None
