"""The commands and the plugin that README and documents show, run as a reader runs them."""

import ast
import contextlib
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from featcls.cli.root import root
from test_layers import ROWS

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"


def blocks(page: Path, kind: str) -> str:
    """Return the text of a page's blocks of a kind, with lines that go on joined."""
    found = re.findall(rf"```(?:{kind})\n(.*?)```", page.read_text(), re.DOTALL)
    return re.sub(r" \\\n +", " ", "\n".join(found))


def commands(page: Path) -> list[str]:
    """Return what stands behind `$` in the console blocks of a page."""
    return re.findall(r"^\$ (featcls .*)$", blocks(page, "console"), re.MULTILINE)


def shown_anywhere(page: Path) -> list[str]:
    """Return every command line of a page's blocks, also those that are not run here."""
    lines = re.findall(
        r"^(?:\$ )?(featcls [a-z].*)$", blocks(page, "console|sh|text"), re.MULTILINE
    )
    return [re.split(r" {4,}|  #| \| ", line)[0] for line in lines]  # without remarks


def parse(command: str) -> None:
    """Have click read a command line and check its values, and run nothing."""
    words = shlex.split(command)
    group, context = root, click.Context(root, info_name="featcls")
    name, found, words = group.resolve_command(context, words[1:])
    while isinstance(found, click.Group) and words and not words[0].startswith("-"):
        context = click.Context(found, parent=context)
        name, found, words = found.resolve_command(context, words)
    found.make_context(name, list(words), parent=context)


def python_blocks(page: Path) -> list[str]:
    return re.findall(r"```python\n(.*?)```", page.read_text(), re.DOTALL)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with the simulated images of the tutorial and the plugin of the guide."""
    folder = tmp_path_factory.mktemp("tutorial")
    run(commands(DOCS / "tutorial.md")[0], folder)
    (folder / "bright.py").write_text((DOCS / "bright.py").read_text())
    return folder


def run(command: str, folder: Path) -> str:
    """Run a command line in a folder and return what it printed.

    A search, and what imports a module of the folder, is a process as a reader starts it; all
    others spare the start of Python.
    """
    words = shlex.split(command)[1:]
    own = {"FEATCLS_CACHE_DIR": str(folder / "cache"), "FEATCLS_NO_PLUGINS": "1"}
    if words[0] == "search" or "--plugin" in words:
        done = subprocess.run(
            [sys.executable, "-m", "featcls.cli", *words],
            cwd=folder,
            env={**os.environ, **own},
            capture_output=True,
            text=True,
            timeout=200,
        )
        code, printed = done.returncode, done.stdout + done.stderr
    else:
        with contextlib.chdir(folder):
            result = CliRunner().invoke(root, words, env=own)
        code, printed = result.exit_code, result.output
    assert code == 0, f"{command}\n{printed}"
    return printed


def run_python(block: str, folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", block], cwd=folder, capture_output=True, text=True
    )
    assert done.returncode == 0, f"{block}\n{done.stderr}"


PAGES = sorted(page for page in DOCS.glob("**/*.md") if not {"_build", "api"} & {*page.parts})


@pytest.mark.parametrize("page", [ROOT / "README.md", *PAGES], ids=lambda page: page.stem)
def test_every_command_line_of_a_page_has_options_and_values_that_there_are(page, monkeypatch):
    monkeypatch.setenv("FEATCLS_NO_PLUGINS", "1")
    for command in shown_anywhere(page):
        try:
            parse(command)
        except click.UsageError as error:
            pytest.fail(f"{command}\n{error.format_message()}")


def test_a_command_line_with_an_option_that_there_is_not_is_noticed():
    with pytest.raises(click.UsageError, match="--no-such"):
        parse("featcls predict m.featcls images --no-such")


def test_the_layers_of_the_development_page_are_those_that_are_held():
    page = (DOCS / "development.md").read_text()
    (shown,) = re.findall(r"```text\n(cli\n.*?)\n```", page, re.DOTALL)
    assert shown.splitlines() == [row.removesuffix(" _version") for row in ROWS]


def said_by_the_source() -> str:
    """Return all texts of the source, with ... for what is filled in."""
    said = []
    for file in sorted((ROOT / "src").glob("**/*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.JoinedStr):
                parts = [getattr(part, "value", "") for part in node.values]
                said.append("".join(part if isinstance(part, str) else "..." for part in parts))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                said.append(node.value)
    return "\n".join(said)


def test_every_error_of_the_faq_is_one_that_featcls_has():
    quoted = re.findall(r"^### `(.*)`$", (DOCS / "faq.md").read_text(), re.MULTILINE)
    said = said_by_the_source()
    assert len(quoted) > 15
    assert not [text for text in quoted if text not in said]


@pytest.mark.parametrize("page", ["tutorial.md", "plugins.md"])
def test_the_commands_of_a_page_run_one_after_the_other(page, folder):
    shown = commands(DOCS / page)
    assert shown
    for command in shown:
        run(command, folder)
    if page == "tutorial.md":
        assert (folder / "runs/first/report.html").stat().st_size > 10_000
        assert len((folder / "predictions.csv").read_text().splitlines()) == 1 + 100
        assert len((folder / "screened.jsonl").read_text().splitlines()) == 100
        run_python(python_blocks(DOCS / page)[0], folder)


def test_the_photon_science_tutorial_ends_in_a_list_for_crystfel(tmp_path):
    told = ""
    for command in commands(DOCS / "photon-science.md"):
        few = " --backend serial" if " search " in command else ""
        told += run(command + few, tmp_path)
    assert re.search(r"^threshold +hits \(weak, good, strong\) from", told, re.MULTILINE)
    rows = (tmp_path / "rows.jsonl").read_text().splitlines()
    hits = (tmp_path / "hits.lst").read_text().splitlines()
    assert len(rows) == 150
    assert len(hits) == sum('"hit": true' in row for row in rows) > 0
    assert all(re.fullmatch(r".*/frames/shots_\d+\.h5 //\d+", hit) for hit in hits)


def test_the_commands_and_the_python_of_the_readme_run(folder):
    (folder / "new").mkdir()
    for picture in sorted(folder.glob("images/*.pgm"))[:5]:
        shutil.copy(picture, folder / "new")
    shown = commands(ROOT / "README.md")
    assert shown
    for command in shown:
        few = " --space quick --max-evals 2" if " search " in command else ""
        run(command + few, folder)
    search, kernels, plugin = python_blocks(ROOT / "README.md")
    run_python(search.replace("max_evals=8", "max_evals=2") + "assert len(labels) == 5", folder)
    run_python(kernels, folder)
    assert plugin == (DOCS / "bright.py").read_text()
