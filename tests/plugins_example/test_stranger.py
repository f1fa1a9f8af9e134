"""The way of the plugin guide from a clone to a search won, every line of it."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "plugins.md").read_text()
(BLOCK,) = re.findall(r"```sh\n(.*?)```", GUIDE, re.DOTALL)
LINES = BLOCK.splitlines()
WRITTEN = [(ROOT / "docs" / name).read_text() for name in ("rings.py", "rings.toml")]
OFFLINE = "--no-deps --no-index --no-build-isolation --quiet --target site"


def as_run_here(line: str) -> list[str]:
    """Return the command of a line: with this interpreter, installing into a folder."""
    line = line.replace("pip install -e", f"python -m pip install {OFFLINE}")
    line = re.sub(r"^featcls ", "python -m featcls.cli ", line)
    return shlex.split(re.sub(r"^python ", f"{shlex.quote(sys.executable)} ", line))


def test_it_is_short():
    written = [line for text in WRITTEN for line in text.splitlines() if line.strip()]
    assert len(LINES) + len(written) <= 40
    assert len(GUIDE.split()) / 200 <= 15  # minutes, at 200 words a minute


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """A folder like a clone, in which all lines but the installation of featcls were run."""
    folder = tmp_path_factory.mktemp("clone")
    for name in ("docs", "plugins"):
        (folder / name).symlink_to(ROOT / name)
    assert LINES[0] == "pip install -e ."  # done: featcls runs
    environment = {**os.environ, "PYTHONPATH": str(folder / "site")}
    for line in LINES[1:]:
        done = subprocess.run(
            as_run_here(line), cwd=folder, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
    return folder


def test_the_strangers_extractor_wins_the_search(clone):
    run = json.loads((clone / "runs" / "rings" / "run.json").read_text())
    assert [item["name"] for item in run["best"]["config"]["extractors"]] == ["rings"]
    assert run["versions"]["plugins"]["extractor.rings"] == "featcls-rings 0.1.0 v1"
    assert run["test"]["value"] > run["baselines"][1]["test_value"] + 0.2
