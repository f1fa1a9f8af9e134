"""`featcls study` as a user calls it."""

import json

import pytest
from click.testing import CliRunner

from featcls.cli.root import root
from featcls.studies import NAMES


@pytest.fixture
def featcls():
    def run(*words):
        return CliRunner().invoke(root, [str(word) for word in words], prog_name="featcls")

    return run


def test_without_a_name_the_studies_are_listed(featcls):
    done = featcls("study", "--json")
    assert done.exit_code == 0
    assert [row["name"] for row in json.loads(done.stdout)["studies"]] == list(NAMES)
    assert "diffranet-search" in featcls("study").stdout


def test_a_name_that_there_is_not_is_a_usage_error(featcls):
    done = featcls("study", "texture")
    assert done.exit_code == 2
    assert "no study named 'texture'" in done.stderr


@pytest.mark.parametrize(
    ("name", "network"),
    [
        ("diffranet-cnn", "deepfreak"),
        ("log-activation", "airynet"),
        ("architectures", "airynet"),
    ],
)
def test_a_study_of_networks_says_what_is_missing(featcls, name, network):
    done = featcls("study", name)
    assert done.exit_code == 2
    assert f"brings {network}, is not installed" in done.stderr
    assert "pip install torch" in done.stderr


@pytest.mark.filterwarnings("ignore:plugin no_such_module")
def test_a_module_of_plugins_that_there_is_not_is_named(featcls):
    done = featcls("study", "ice", "--plugin", "no_such_module")
    assert done.exit_code == 5
    assert "plugin no_such_module cannot be used" in done.stderr


def test_a_study_leaves_its_json_and_shows_its_table(featcls, cxidb_76, tmp_path):
    done = featcls("study", "spot-threshold", "--data", cxidb_76, "--seeds", 1, "--out", "kept")
    assert done.exit_code == 0, done.stderr
    kept = json.loads((tmp_path / "kept/spot-threshold-small.json").read_text())
    assert kept["command"].startswith("featcls study spot-threshold --scale small --data")
    assert str(tmp_path) not in json.dumps(kept)
    assert "### The best threshold on the number of spots" in done.stdout
    assert featcls("study", "--page", "page.md", "--out", "kept").exit_code == 0
    assert "## Counting spots" in (tmp_path / "page.md").read_text()
