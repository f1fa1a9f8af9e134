import json
import re

import pytest

BROKEN = """
import numpy as np
from featcls.extractors.base import Extractor
from featcls.hookspecs import hookimpl

featcls_api = 1


class Leaky(Extractor):
    def feature_names(self):
        return ["mean"]

    def extract(self, frame):
        return np.array([np.nan])


@hookimpl
def register_extractors(register):
    register("leaky", Leaky)
"""


@pytest.fixture
def broken(tmp_path, monkeypatch):
    (tmp_path / "leaky_plugin.py").write_text(BROKEN)
    monkeypatch.syspath_prepend(tmp_path)
    return "leaky_plugin"


def test_the_list_names_what_each_distribution_provides(featcls):
    result = featcls("plugins")
    assert result.exit_code == 0
    assert "glcm, intensity, lbp" in result.stdout
    assert "featcls" in result.stdout


def test_json_has_a_row_a_plugin_with_its_reason(featcls, tmp_path, monkeypatch):
    (tmp_path / "old_plugin.py").write_text("featcls_api = 99\n")
    monkeypatch.syspath_prepend(tmp_path)
    document = json.loads(featcls("plugins", "--plugin", "old_plugin", "--json").stdout)
    assert document["schema_version"] == 1
    rows = {row["plugin"]: row for row in document["plugins"]}
    assert "extractor glcm" in rows["featcls.extractors.glcm"]["provides"]
    assert "featcls_api = 99" in rows["old_plugin"]["reason"]


def test_a_plugin_that_is_off_is_listed_with_its_reason(featcls, tmp_path, monkeypatch):
    (tmp_path / "absent_plugin.py").write_text("import no_such_package\n")
    monkeypatch.syspath_prepend(tmp_path)
    result = featcls("plugins", "--plugin", "absent_plugin")
    assert result.exit_code == 0
    assert "no_such_package" in result.stdout


def test_check_runs_the_contract_and_counts(featcls):
    result = featcls("plugins", "check", "mask")
    assert result.exit_code == 0, result.stderr
    assert "checks run, 0 failed" in result.stdout


def test_each_check_is_named_as_it_starts(featcls):
    result = featcls("plugins", "check", "-v", "crop")
    assert "crop: " in result.stderr
    assert len(result.stderr.splitlines()) >= 10, result.stderr


def test_check_of_a_broken_plugin_says_what_breaks_and_exits_with_5(featcls, broken):
    result = featcls("plugins", "check", "leaky", "--plugin", broken)
    assert result.exit_code == 5
    assert "extractor leaky breaks its contract" in result.stderr
    assert "finite" in result.stdout


def test_check_of_an_unknown_name_suggests_the_nearest(featcls):
    result = featcls("plugins", "check", "gclm")
    assert result.exit_code == 2
    assert "did you mean 'glcm'?" in result.stderr


def test_a_reader_is_checked_on_the_files_that_are_given(featcls, images):
    file = images / "dark" / "00.png"
    told = [featcls("plugins", "check", "pillow", *words) for words in ((), ("--file", file))]
    assert [result.exit_code for result in told] == [0, 0], told[1].stderr
    without, given = [int(re.search(r"(\d+) checks", result.stdout)[1]) for result in told]
    assert given > without
