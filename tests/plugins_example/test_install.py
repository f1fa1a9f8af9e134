"""The example distribution, installed beside featcls, is found by its entry point."""

import json
import os
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

SOURCE = Path(__file__).parents[2] / "plugins" / "featcls-example"
CHECK = """
from featcls.plugins import registry
from featcls.testing import check_extractor
entry = registry().get("extractor", "radial_profile")
print(entry.distribution)
print(check_extractor(entry, samples=3))
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Folder into which pip installed the distribution; nothing else changes."""
    folder = tmp_path_factory.mktemp("example")
    shutil.copytree(SOURCE, folder / "source")
    offline = ["--no-deps", "--no-index", "--no-build-isolation", "--quiet"]
    install = [sys.executable, "-m", "pip", "install", *offline]
    done = subprocess.run(
        [*install, "--target", str(folder / "site"), str(folder / "source")],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "site"


def run(site, **environment):
    return subprocess.run(
        [sys.executable, "-c", CHECK],
        env={**os.environ, "PYTHONPATH": str(site), **environment},
        capture_output=True,
        text=True,
    )


def test_the_installed_example_is_registered_and_keeps_the_contract(site):
    done = run(site)
    assert done.returncode == 0, done.stderr
    distribution, report = done.stdout.splitlines()
    assert distribution == "featcls-example 0.1.0"
    assert " 0 failed" in report


@pytest.mark.parametrize("off", ["1", "featcls-example", "example"])
def test_the_installed_example_can_be_switched_off(site, off):
    done = run(site, FEATCLS_NO_PLUGINS=off)
    assert done.returncode != 0
    assert "no extractor named 'radial_profile'" in done.stderr


SPACE = """
first = [["glcm", "svm"], ["lbp", "svm"], ["intensity", "svm"], ["spots", "svm"],
         ["radial_profile", "svm"]]
[[extractor]]
name = "glcm"
[[extractor.preprocess]]
name = "quantise"
[[extractor]]
name = "lbp"
method = "uniform"
[[extractor]]
name = "intensity"
[[extractor]]
name = "spots"
[[extractor]]
name = "radial_profile"
[[classifier]]
name = "svm"
"""


def test_the_installed_example_wins_a_search_on_data_made_for_it(site, tmp_path):
    make_images = runpy.run_path(str(SOURCE / "make_images.py"))["make_images"]
    images, labels = make_images(60, seed=1)
    np.savez(tmp_path / "data.npz", images=images, labels=labels)
    (tmp_path / "space.toml").write_text(SPACE)
    options = ["--space", "space.toml", "--max-evals", "6", "--backend", "serial", "--out", "run"]
    done = subprocess.run(
        [sys.executable, "-m", "featcls.cli", "search", "data.npz", *options],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    run = json.loads((tmp_path / "run" / "run.json").read_text())
    assert [item["name"] for item in run["best"]["config"]["extractors"]] == ["radial_profile"]
    assert run["versions"]["plugins"]["extractor.radial_profile"] == "featcls-example 0.1.0 v1"
    assert run["test"]["value"] > run["baselines"][1]["test_value"] + 0.2
