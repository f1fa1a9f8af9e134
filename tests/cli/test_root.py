import json
import os
import subprocess
import sys

import pytest
from click.testing import CliRunner

from featcls.cli.root import COMMANDS, root
from featcls.errors import DataError, ModelError, NoTrialSucceeded, PluginError, UsageError
from test_meta import commands

HEAVY = "numpy scipy sklearn hyperopt xgboost cv2 h5py torch matplotlib skops pebble rich joblib"


def modules_after(*words):
    """Return the names of top-level modules that a command loads."""
    code = (
        "import sys, featcls.cli.root as r\n"
        f"r.root({list(words)!r}, standalone_mode=False)\n"
        "print(*sorted({m.partition('.')[0] for m in sys.modules}), file=sys.stderr)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(run.stderr.split())


def test_help_and_version_load_nothing_heavy():
    assert not modules_after("--help") & set(HEAVY.split())
    assert not modules_after("--version") & set(HEAVY.split())
    assert not modules_after("search", "--help") & set(HEAVY.split())


def test_listing_plugins_loads_no_library_of_a_plugin():
    allowed = {"numpy", "rich"}
    assert not modules_after("plugins") & (set(HEAVY.split()) - allowed)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_json_and_an_example_in_its_help(featcls, name):
    result = featcls(name, "--help")
    assert result.exit_code == 0
    assert "--json" in result.output
    assert f"featcls {name}" in result.output.partition("Example:")[2]


def test_an_unknown_command_names_the_nearest(featcls):
    result = featcls("serach")
    assert result.exit_code == 2
    assert "did you mean 'search'?" in result.stderr


def failing(monkeypatch, error):
    def fail():
        raise error

    monkeypatch.setattr("featcls.cache.cache_root", fail)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UsageError("u", "mend u"), 2),
        (DataError("d", "mend d"), 1),
        (PluginError("p", "mend p"), 5),
        (ModelError("m", "mend m"), 1),
        (NoTrialSucceeded("n", "mend n"), 4),
    ],
)
def test_an_error_gives_its_exit_code_and_its_remedy(featcls, monkeypatch, error, code):
    failing(monkeypatch, error)
    result = featcls("cache")
    assert result.exit_code == code
    assert result.stdout == ""
    assert f"error: {error.message}" in result.stderr
    assert error.remedy in result.stderr


def test_with_json_an_error_is_a_document_on_standard_output(featcls, monkeypatch):
    failing(monkeypatch, DataError("no frames", "name another folder"))
    result = featcls("cache", "--json")
    assert json.loads(result.stdout) == {
        "schema_version": 1,
        "error": {
            "type": "DataError",
            "message": "no frames",
            "remedy": "name another folder",
            "exit_code": 1,
        },
    }


def test_with_json_a_wrong_option_is_a_document_too(featcls):
    result = featcls("inspect", "--json", "--jobs", "0")
    error = json.loads(result.stdout)["error"]
    assert (error["exit_code"], result.exit_code) == (2, 2)
    assert "'--jobs': 0 is not in the range" in error["message"]


def test_an_unexpected_error_is_short_and_verbose_shows_the_traceback(featcls, monkeypatch):
    failing(monkeypatch, TypeError("odd"))
    short, long = featcls("cache"), featcls("cache", "--verbose")
    assert short.exit_code == long.exit_code == 1
    assert "unexpected TypeError: odd" in short.stderr
    assert "-v" in short.stderr
    assert "Traceback" not in short.stderr
    assert "Traceback" in long.stderr


def test_a_path_that_cannot_be_used_is_named(featcls, monkeypatch):
    failing(monkeypatch, PermissionError(13, "Permission denied", "/a/file"))
    result = featcls("cache")
    assert result.exit_code == 1
    assert "cannot use /a/file: Permission denied" in result.stderr
    assert "unexpected" not in result.stderr


def test_the_shell_completes_commands_options_and_values(featcls):
    def complete(words):
        asked = {"_FEATCLS_COMPLETE": "bash_complete", "COMP_WORDS": f"featcls {words}"}
        asked["COMP_CWORD"] = str(len(words.split(" ")))
        done = CliRunner().invoke(root, [], prog_name="featcls", env=asked)
        return set(done.stdout.splitlines())

    assert complete("scr") == {"plain,screen"}
    assert complete("predict model.featcls im") == {"file,im"}
    assert complete("search --space qu") == {"plain,quick"}
    assert complete("search --space my") == {"file,my"}
    assert "plain,--labels" in complete("simulate sfx --lab")
    assert complete("search --vote ") == {"plain,soft", "plain,majority", "plain,intersection"}


@pytest.mark.parametrize("path", [(), *commands()], ids=" ".join)
def test_the_help_of_every_command_fits_into_80_columns(path, featcls, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    result = featcls(*path, "--help")
    assert result.exit_code == 0
    assert [line for line in result.stdout.splitlines() if len(line) > 80] == []


def test_an_interrupt_of_the_first_imports_is_130_without_a_word():
    code = (
        "import sys\n"
        "class Finder:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name == 'featcls.cli.root': raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Finder())\n"
        "from featcls.cli import main\n"
        "main()\n"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert (result.returncode, result.stdout, result.stderr) == (130, b"", b"")


def test_an_interrupt_is_130(featcls, monkeypatch):
    failing(monkeypatch, KeyboardInterrupt())
    assert featcls("cache").exit_code == 130


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--no-plugins", "runs"], "all"),
        (["runs", "--no-plugins", "--json"], "all"),
        (["--no-plugins=a,b", "runs"], "a,b"),
        (["runs", "--no-plugins=a"], "a"),
    ],
)
def test_no_plugins_stands_anywhere_and_takes_no_word_that_is_not_its_own(
    featcls, monkeypatch, words, told
):
    monkeypatch.setenv("FEATCLS_NO_PLUGINS", "")
    assert featcls(*words).exit_code == 0
    assert os.environ["FEATCLS_NO_PLUGINS"] == told


def test_a_pipe_gets_no_colour_and_a_terminal_gets_none_with_no_color(process):
    forced = {"FORCE_COLOR": "1", "NO_COLOR": "1"}
    assert "\x1b[3" not in process("doctor", env=forced).stdout
    assert "\x1b" not in process("doctor").stdout
