"""The example distribution, installed beside featcls, is found by its entry point."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

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
