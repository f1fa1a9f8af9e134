"""The commands and the plugin that README and documents show, run as a reader runs them."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"


def commands(page: Path) -> list[str]:
    """Return what stands behind `$` in the console blocks of a page."""
    blocks = re.findall(r"```console\n(.*?)```", page.read_text(), re.DOTALL)
    return re.findall(r"^\$ (featcls .*)$", "\n".join(blocks), re.MULTILINE)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with what docs/make_images.py writes, and the plugin of the guide."""
    folder = tmp_path_factory.mktemp("tutorial")
    subprocess.run([sys.executable, DOCS / "make_images.py"], cwd=folder, check=True)
    (folder / "bright.py").write_text((DOCS / "bright.py").read_text())
    return folder


def run(command: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    environment = {
        **os.environ,
        "FEATCLS_CACHE_DIR": str(folder / "cache"),
        "FEATCLS_NO_PLUGINS": "1",
    }
    return subprocess.run(
        [sys.executable, "-m", "featcls.cli", *shlex.split(command)[1:]],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=200,
    )


@pytest.mark.parametrize("page", ["tutorial.md", "plugins.md"])
def test_the_commands_of_a_page_run_one_after_the_other(page, folder):
    shown = commands(DOCS / page)
    assert shown
    for command in shown:
        done = run(command, folder)
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    if page == "tutorial.md":
        assert (folder / "runs/first/report.html").stat().st_size > 10_000
        assert len((folder / "predictions.csv").read_text().splitlines()) == 1 + 100


def test_the_readme_shows_the_plugin_of_the_guide():
    assert (DOCS / "bright.py").read_text() in (ROOT / "README.md").read_text()
