"""Studies of networks at toy size: what their tables hold, and that they go on where they were."""

import json

import pytest

from featcls.studies import find
from featcls.studies.document import run_study
from featcls.studies.page import markdown

TRIVIAL = ("majority class", "four intensity statistics + rf")


def tables(name, setting):
    """Run a study and return its tables by title; a table holds intervals, the page takes it."""
    document = run_study(find(name), setting)
    text = markdown(json.loads(json.dumps(document, allow_nan=False)))
    assert text.count("\n### ") == len(document["tables"])
    for table in document["tables"]:
        assert table["rows"]
        for cell in (cell for row in table["rows"] for cell in row if isinstance(cell, dict)):
            if cell["interval"] is not None and "unit" not in cell:
                assert 0 <= cell["interval"][0] <= cell["value"] <= cell["interval"][1] <= 1
    return {table["title"]: table for table in document["tables"]}


def column(table, name):
    return [row[table["columns"].index(name)] for row in table["rows"]]


def test_activations_are_compared_on_the_same_droplets(toy):
    setting = toy(seeds=2)
    table, gained, rests = tables("log-activation", setting).values()
    assert column(gained, "taken away") == [f"the logarithm, alpha {a}" for a in (0.2, 0.5, 1.0)]
    assert {"LBP", "CCF", "50% of the training frames"} <= set(column(rests, "taken away"))
    labels = column(table, "pipeline")
    assert [labels.count(f"ResNet-18, alpha {alpha}") for alpha in (0.2, 0.5, 1.0)] == [3, 3, 3]
    assert {"ResNet-18, unmodified", *TRIVIAL} <= set(labels)
    for row in table["rows"]:
        last, best = row[2], row[3]
        if last is not None and last["spread"] != best["spread"]:
            assert best["spread"][1] >= last["spread"][1]
    trained = sorted((setting.work / "networks").iterdir())
    assert len(trained) == 4 * 2
    before = [path.stat().st_mtime_ns for path in trained]
    assert tables("log-activation", setting)[table["title"]]["rows"] == table["rows"]
    assert [path.stat().st_mtime_ns for path in trained] == before


def test_architectures_have_figures_classes_and_times(toy):
    found = tables("architectures", toy())
    droplets, particles = (
        found["Helium droplets by network"],
        found["Four kinds of particle by network"],
    )
    for table in (droplets, particles):
        assert {"ResNet-101", "VGG-19", *TRIVIAL} <= set(column(table, "pipeline"))
    classes = column(found["Classes of the droplets, ResNet-101"], "class")
    assert len(classes) == 3 * len(set(classes))
    assert {"round", "prolate"} <= set(classes)
    times = found["Training time"]
    assert column(times, "over ResNet-18")[0] == 1.0
    assert all(cell["unit"] == "s" for cell in column(times, "in all"))


def test_deepfreak_has_curves_a_choice_and_confusions(toy):
    found = tables("diffranet-cnn", toy())
    three = found["The three best of table 11"]
    assert column(three, "network") == ["A", "B", "C"]
    assert column(three, "lr")[1] == "0.00675792 for 0.00084474"  # a batch of 8 for one of 1
    bands = found["Learning curves with their bands"]
    assert column(bands, "epochs") == [1, 2]
    last = {name: column(bands, name)[-1]["value"] for name in "ABC"}
    (curve,) = (title for title in found if title.startswith("Learning curve of"))
    assert last[curve[-1]] == max(last.values())
    test = found["Test frames"]
    assert {*TRIVIAL, f"DeepFreak {curve[-1]}"} <= set(column(test, "pipeline"))
    told = [cell["value"] for cell in column(test, "diffraction or not, paper") if cell]
    assert told == [0.9983, 0.99563, 0.98706]
    confusions = found[f"Confusions of DeepFreak {curve[-1]} on the test frames"]
    assert sum(sum(row[1:6]) for row in confusions["rows"]) == 10


@pytest.mark.parametrize(
    ("name", "title", "labels"),
    [
        ("hit-finding", "Hit or maybe against miss", {"LCN, CNN", "all four"}),
        ("cross-detector", "One detector to another", {"LCN, CNN", "LCN", "raw"}),
        ("downsample-224", "Accuracy by frame size", {"DeepFreak, CNN", "ResNet-50, CNN", "GLCM"}),
        ("reality-gap", "Before: no real frame seen", {"paper's, DeepFreak, table 17", "spots"}),
    ],
)
def test_networks_stand_beside_features_where_the_plugin_is(toy, name, title, labels):
    table = tables(name, toy())[title]
    assert labels <= {cell for row in table["rows"] for cell in row if isinstance(cell, str)}
    assert not any("left out" in note for note in table["notes"])
