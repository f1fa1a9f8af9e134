"""Every study at toy size: what its tables hold, and that the papers' own layouts are taken."""

import json

import pytest

from featcls.errors import DataError, UsageError
from featcls.search import Run
from featcls.studies import NAMES, find
from featcls.studies.document import run_study
from featcls.studies.page import markdown

TRIVIAL = ("majority class", "four intensity statistics + rf", "trivial", "commoner class")
WITHOUT_BASELINE = {"cost"}  # times
NETWORKS = ("diffranet-cnn", "log-activation", "architectures")  # run by the plugin's own tests
LEFT_OUT = {  # what is said where the plugin is not installed
    "hit-finding": "left out: the plugin featcls-torch, which brings ke, is not installed",
    "cross-detector": "The paper's CNN is left out",
    "downsample-224": "The paper's networks are left out",
    "reality-gap": "The paper's DeepFreak is left out",
}
SIMULATED = [name for name in NAMES if name not in ("textures", "diffranet-search", *NETWORKS)]


def cells(document):
    return [cell for table in document["tables"] for row in table["rows"] for cell in row]


def check(name, document):
    """Hold what every document has to say."""
    assert document["tables"]
    assert all(table["rows"] for table in document["tables"])
    figures = [cell for cell in cells(document) if isinstance(cell, dict)]
    for figure in figures:
        assert "table" in figure or "unit" in figure or figure["interval"] is not None
        if figure["interval"] is not None and "unit" not in figure:
            low, high = figure["interval"]
            assert 0 <= low <= figure["value"] <= high <= 1
    words = [cell for cell in cells(document) if isinstance(cell, str)]
    if name not in WITHOUT_BASELINE:
        assert any(trivial in word for trivial in TRIVIAL for word in words)
    if name != "ice":  # a class that the paper only names
        assert any("table" in figure for figure in figures)
    text = markdown(json.loads(json.dumps(document, allow_nan=False)))
    assert text.count("\n### ") == len(document["tables"])


@pytest.mark.parametrize("name", SIMULATED)
def test_a_study_runs_on_simulated_frames(name, toy):
    document = run_study(find(name), toy())
    check(name, document)
    assert LEFT_OUT.get(name, "") in markdown(document)


def test_a_search_over_the_synthetic_part_of_diffranet_goes_on_where_it_was(diffranet, toy):
    setting = toy(diffranet / "synthetic")
    first = run_study(find("diffranet-search"), setting)
    check("diffranet-search", first)
    trials = Run.open(setting.work / "search-quick").trials
    again = run_study(find("diffranet-search"), setting)
    assert Run.open(setting.work / "search-quick").trials == trials

    def rows(document):
        return [table["rows"] for table in document["tables"]]

    assert rows(again) == rows(first)


def test_textures_are_searched_below_a_folder(textures, toy):
    document = run_study(find("textures"), toy(textures))
    check("textures", document)
    table, rests = document["tables"]
    sets = {"NEU, 6 surface defects", "KTH-TIPS, 10 materials"}
    assert {row[0] for row in table["rows"]} == {row[0] for row in rests["rows"]} == sets
    assert {row[1] for row in rests["rows"]} >= {"LBP", "GLCM"}


def test_textures_that_are_not_there_are_named(toy, tmp_path):
    with pytest.raises(DataError, match=r"neu_det/split\.csv does not exist"):
        run_study(find("textures"), toy(tmp_path))


def test_thresholds_are_chosen_on_runs_as_cxidb_has_them(cxidb_76, toy):
    document = run_study(find("spot-threshold"), toy(cxidb_76))
    check("spot-threshold", document)
    found = {(row[0], row[3]): row[4] for row in document["tables"][1]["rows"]}
    assert found["L498", "hits found"]["value"] == 1.0
    assert found["L498", "misses kept out"]["n"] == 6


def test_pipelines_learn_from_runs_as_cxidb_has_them(cxidb_76, toy):
    document = run_study(find("preprocessing"), toy(cxidb_76))
    check("preprocessing", document)
    assert {"L498", "LG36"} <= {cell for cell in cells(document) if isinstance(cell, str)}


def test_a_run_that_is_not_there_is_named(cxidb_76, toy):
    (cxidb_76 / "LN83").rename(cxidb_76 / "other")
    with pytest.raises(DataError, match="has no folder LN83"):
        run_study(find("spot-threshold"), toy(cxidb_76))


def test_the_reality_gap_is_measured_on_the_folder_of_diffranet(diffranet, toy):
    document = run_study(find("reality-gap"), toy(diffranet))
    check("reality-gap", document)
    assert {row[0] for row in document["tables"][0]["rows"]} == {"raw", "preprocessed"}


def test_a_study_that_there_is_not_is_named():
    with pytest.raises(UsageError, match="no study named 'ise'"):
        find("ise")
