"""Studies of networks at toy size: what their tables hold, and that they go on where they were."""

import json

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
            if cell["interval"] is not None:
                assert 0 <= cell["interval"][0] <= cell["value"] <= cell["interval"][1] <= 1
    return {table["title"]: table for table in document["tables"]}


def column(table, name):
    return [row[table["columns"].index(name)] for row in table["rows"]]


def test_activations_are_compared_on_the_same_droplets(toy):
    setting = toy(seeds=2)
    (table,) = tables("log-activation", setting).values()
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
    assert len(found["Classes of the droplets, ResNet-101"]["rows"]) == 11 * 3
    times = found["Training time"]
    assert column(times, "over ResNet-18")[0] == 1.0
    assert all(cell["unit"] == "s" for cell in column(times, "in all"))
