"""`featcls plugins new`: what it writes is a distribution whose own tests pass."""

import difflib
import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from featcls.cli.new_plugin import write_distribution
from featcls.cli.plugins import TEMPLATES
from featcls.plugins import KINDS

EXAMPLE = Path(__file__).parents[2] / "plugins" / "featcls-example"


def test_there_is_a_template_for_every_kind():
    assert {*TEMPLATES} == {*KINDS}


def test_the_tests_of_a_new_distribution_of_every_kind_pass(featcls, tmp_path):
    for kind in TEMPLATES:
        done = featcls("plugins", "new", f"my-{kind}", "--kind", kind, "--into", str(tmp_path))
        assert done.exit_code == 0, done.stderr
    folders = sorted(tmp_path.glob("featcls-my-*"))
    command = [sys.executable, "-m", "pytest", "--import-mode=importlib", "-q", str(tmp_path)]
    path = os.pathsep.join(map(str, folders))
    environment = {**os.environ, "PYTHONPATH": path, "FEATCLS_NO_PLUGINS": "all"}
    done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert f"{len(TEMPLATES)} passed" in done.stdout


def test_the_entry_point_of_a_new_distribution_names_its_module(featcls, tmp_path):
    done = featcls("plugins", "new", "featcls-two-words", "--into", str(tmp_path), "--json")
    document = json.loads(done.stdout)
    folder = Path(document["folder"])
    assert folder.name == "featcls-two-words"
    project = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    assert project["entry-points"]["featcls"] == {"two-words": "featcls_two_words"}
    assert str(folder / "featcls_two_words.py") in document["files"]


def test_an_existing_folder_is_left_alone(featcls, tmp_path):
    (tmp_path / "featcls-mine").mkdir()
    done = featcls("plugins", "new", "mine", "--into", str(tmp_path))
    assert done.exit_code == 2
    assert "is there already" in done.stderr
    assert not [*(tmp_path / "featcls-mine").iterdir()]


@pytest.mark.parametrize("name", ["", "Mine", "1st", "a_b", "a/b", "a--b", "featcls-"])
def test_a_name_that_no_distribution_can_have_is_refused(name, featcls, tmp_path):
    done = featcls("plugins", "new", "--into", str(tmp_path), "--", name)
    assert done.exit_code == 2
    assert "use lower-case letters" in done.stderr
    assert not [*tmp_path.iterdir()]


def test_the_example_is_what_the_command_writes_but_for_what_it_computes(tmp_path):
    """Its description, its licence and its module are its own; that module has the same parts."""
    write_distribution("example", "extractor", tmp_path)
    written = tmp_path / "featcls-example"
    assert differences(written, "tests/test_contract.py") == []
    assert [line.partition("=")[0] for line in differences(written, "pyproject.toml")] == [
        "- description ",
        "+ description ",
        "+ license ",
    ]
    parts = [
        [line for line in module.read_text().splitlines() if line.startswith(PARTS)]
        for module in (written / "featcls_example.py", EXAMPLE / "featcls_example.py")
    ]
    assert [line.split("(")[-1] for line in parts[0]] == [line.split("(")[-1] for line in parts[1]]


PARTS = ("import", "from featcls.extr", "from featcls.hook", "featcls_api", "class", "@", "def")


def differences(written: Path, name: str) -> list[str]:
    texts = [(folder / name).read_text().splitlines() for folder in (written, EXAMPLE)]
    return [line for line in difflib.ndiff(*texts) if line.startswith(("-", "+"))]
