"""What `make` checks, makes and heals, with Pythons that only note what they are asked."""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")

ROOT = Path(__file__).parents[1]
FAKE_PYTHON = """#!/bin/sh
# Makes environments of itself, notes what pip and pytest are asked, runs `-c` for real.
note() { echo "$*" >> "$NOTES"; }
case "$1 $2 $3" in
  "-m venv --clear")
    note venv; rm -rf .venv; mkdir -p .venv/bin; touch .venv/bin/activate
    for name in python featcls; do cp "$0" .venv/bin/$name; done ;;
  "-m pip --version") test ! -e .venv/no-pip ;;
  "-m pip install") note "$@"; test ! -e broken ;;
  "-c "*) exec {python} -c "import sys; {prelude}; exec(sys.argv[1])" "$2" ;;
  *) note "$(basename $0)" "$@" ;;
esac
"""
VENV = "venv"
INSTALL = "-m pip install --quiet --editable .[all]"
SEARCH = "featcls search --space default"


class Project:
    """A copy of what the Makefile looks at, with `python3` a fake."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.notes = root / "notes"
        (root / "src/featcls/_ext").mkdir(parents=True)
        (root / "bin").mkdir()
        shutil.copy(ROOT / "Makefile", root)
        for name in ("pyproject.toml", "setup.py", "src/featcls/_ext/lbp.pyx"):
            self.write(name)
        self.python("python3", "pass")

    def python(self, name: str, prelude: str) -> None:
        script = self.root / "bin" / name
        script.write_text(
            FAKE_PYTHON.replace("{python}", sys.executable).replace("{prelude}", prelude)
        )
        script.chmod(0o755)

    def write(self, name: str) -> None:
        path = self.root / name
        path.touch()
        stamp = self.root / ".venv/ready.stamp"
        if stamp.exists():  # one second newer, whatever the resolution of the clock
            os.utime(path, (stamp.stat().st_mtime + 1,) * 2)

    def make(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        self.notes.write_text("")
        environment = {k: v for k, v in os.environ.items() if k not in ("PY", "ARGS", "MAKEFLAGS")}
        environment["PATH"] = f"{self.root / 'bin'}:{environment['PATH']}"
        environment["NOTES"] = str(self.notes)
        return subprocess.run(
            ["make", *arguments], cwd=self.root, env=environment, capture_output=True, text=True
        )

    def did(self, *arguments: str) -> list[str]:
        """Return what `make` asked for, in order; it must succeed."""
        done = self.make(*arguments)
        assert done.returncode == 0, done.stderr
        return self.notes.read_text().splitlines()


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path)


def test_search_makes_the_environment_once_and_passes_arguments_on(project):
    assert project.did("search") == [VENV, INSTALL, SEARCH]
    assert project.did("search", "ARGS=--seed 3") == [f"{SEARCH} --seed 3"]


def test_test_adds_the_test_extra_and_leaves_the_environment_ready(project):
    assert project.did("test") == [
        VENV,
        INSTALL.replace("[all]", "[all,euxfel,test]"),
        "python -m pytest -n 2 --dist loadfile",
    ]
    assert project.did("search") == [SEARCH]


@pytest.mark.parametrize("name", ["src/featcls/_ext/lbp.pyx", "setup.py", "pyproject.toml"])
def test_a_changed_kernel_or_build_file_installs_again(project, name):
    project.did("search")
    project.write(name)
    assert project.did("search") == [INSTALL, SEARCH]


def test_a_changed_python_file_installs_nothing(project):
    project.did("search")
    project.write("src/featcls/frame.py")
    assert project.did("search") == [SEARCH]


@pytest.mark.parametrize("damage", ["killed in venv", "killed in pip", "no pip", "no python"])
def test_a_half_made_environment_is_made_anew(project, damage):
    project.did("search")
    venv = project.root / ".venv"
    if damage == "no python":  # seen even where the stamp is still there
        (venv / "bin/python").unlink()
    else:
        (venv / "ready.stamp").unlink()
    if damage == "killed in venv":
        (venv / "bin/activate").unlink()
    if damage in ("killed in pip", "no pip"):
        (venv / damage.replace("killed in pip", "unfinished").replace(" ", "-")).touch()
    assert project.did("search") == [VENV, INSTALL, SEARCH]


def test_an_install_that_fails_is_tried_again_in_the_same_environment(project):
    project.write("broken")
    assert project.make("search").returncode != 0
    (project.root / "broken").unlink()
    assert project.did("search") == [INSTALL, SEARCH]


def test_another_python_makes_the_environment_anew_and_is_then_kept(project):
    project.did("search")
    header = sysconfig.get_path("include")
    project.python(
        "python3.99",
        f"import sysconfig; sysconfig.get_path = lambda name: {header!r}; "
        "sys.version_info = (3, 99)",
    )
    assert project.did("PY=python3.99", "search") == [VENV, INSTALL, SEARCH]
    assert project.did("search") == [SEARCH]


def test_all_that_is_missing_is_one_message_with_the_remedy(project):
    project.python(
        "python3",
        "sys.version_info = (3, 9); import importlib.util, shutil, sysconfig; "
        "importlib.util.find_spec = lambda name: None; sysconfig.get_path = lambda name: '/no'; "
        "shutil.which = lambda name: None",
    )
    done = project.make("search")
    assert done.returncode != 0
    for text in (
        "Python 3.11 or newer (this is 3.9)",
        "ensurepip",
        "/no/Python.h",
        "C compiler",
        "sudo apt install python3-venv python3-dev gcc make\n",
        "make PY=python3.12",
    ):
        assert text in done.stderr
    assert project.notes.read_text() == ""
    assert not (project.root / ".venv").exists()


def test_a_python_that_is_not_there_is_named(project):
    done = project.make("PY=python3.98", "search")
    assert done.returncode != 0
    assert "python3.98 is not installed" in done.stderr
