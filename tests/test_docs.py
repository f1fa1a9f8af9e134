"""The commands and the plugin that README and documents show, run as a reader runs them."""

import os
import re
import shlex
import shutil
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


def python_blocks(page: Path) -> list[str]:
    return re.findall(r"```python\n(.*?)```", page.read_text(), re.DOTALL)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with the simulated images of the tutorial and the plugin of the guide."""
    folder = tmp_path_factory.mktemp("tutorial")
    assert run(commands(DOCS / "tutorial.md")[0], folder).returncode == 0
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


def run_python(block: str, folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", block], cwd=folder, capture_output=True, text=True
    )
    assert done.returncode == 0, f"{block}\n{done.stderr}"


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
        run_python(python_blocks(DOCS / page)[0], folder)


def test_the_commands_and_the_python_of_the_readme_run(folder):
    (folder / "new").mkdir()
    for picture in sorted(folder.glob("images/*.pgm"))[:5]:
        shutil.copy(picture, folder / "new")
    shown = commands(ROOT / "README.md")
    assert shown
    for command in shown:
        few = " --space quick --max-evals 2" if " search " in command else ""
        done = run(command + few, folder)
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    search, kernels, plugin = python_blocks(ROOT / "README.md")
    run_python(search.replace("max_evals=8", "max_evals=2") + "assert len(labels) == 5", folder)
    run_python(kernels, folder)
    assert plugin == (DOCS / "bright.py").read_text()
