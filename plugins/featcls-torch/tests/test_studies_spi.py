"""Studies of single particles at toy size with their networks."""

import pytest

from featcls.studies import find


def test_eight_networks_are_trained_on_noisy_images_and_maps(toy):
    table, rests = find("noise-ccf").run(toy())
    assert {row[2] for row in rests["rows"]} >= {"CCF maps, for images", "CCF", "LBP"}
    networks = [row for row in table["rows"] if row[1].endswith("network")]
    assert len(networks) == 8 * 3
    assert {row[0] for row in networks} == {"none", "mean", "mean + std.", "maximum"}
    assert all(row[3]["n"] == 4 and row[4]["table"] == "table 6" for row in networks)


def test_the_six_networks_of_the_slides_select_single_hits(toy):
    table, *_ = find("spi-single-hit").run(toy())
    named = [row for row in table["rows"] if row[0].startswith("YOLO")]
    assert len(named) == 6 * 5
    overlap = {row[0]: row[3]["value"] for row in named if row[1] == "IoU"}
    assert overlap["YOLOv2, color, linear"] == pytest.approx(597 / (1185 + 995 - 597), abs=1e-5)
    assert any(note.startswith("Networks: Darknet-19 and -53") for note in table["notes"])


def pipelines_of(table, column):
    """Return the pipelines that stand in a column of a table."""
    at = table["columns"].index(column)
    return {row[at] for row in table["rows"]}


def test_networks_stand_beside_features_for_every_number_of_training_frames(toy):
    screening, droplets = find("training-size").run(toy())
    assert {"LCN, features", "LCN, CNN"} <= pipelines_of(screening, "pipeline")
    trained = [row[1] for row in droplets["rows"] if row[0] == "ResNet18"]
    assert sorted(set(trained)) == [4, 7, 10, 14]


def test_a_network_stands_beside_features_behind_every_step(toy):
    table, rests = find("preprocessing").run(toy())
    assert {row[1] for row in rests["rows"]} == {"features", "CNN"}
    steps = {row[1] for row in table["rows"] if row[2] == "CNN"}
    assert steps == {"none", "linear contrast, M 0.4", "LCN"}


def test_a_network_tells_particles_apart_on_the_frames_of_the_search(toy):
    table, *_ = find("particle-type").run(toy())
    judged = {row[2]["n"] for row in table["rows"] if row[1] == "frames right"}
    assert len(judged) == 1
    assert "ResNet18" in pipelines_of(table, "pipeline")
