"""Single hits: what the slides print, sizes, sets, and frames that a user brings."""

import csv

import numpy as np
import pytest

from featcls.errors import DataError, UsageError
from featcls.frame import Frame
from featcls.geometry import Geometry
from featcls.simulate.reader import SimulateReader
from featcls.simulate.spi.series import write_spi
from featcls.studies import find
from featcls.studies.document import run_study
from featcls.studies.selection import best_threshold, f1_of, figures
from featcls.studies.sphere import ANGLES, RINGS, RingPhotons, SphereSize, exposure
from featcls.studies.spi_frames import CHANGES, SPHERE
from featcls.studies.spi_single_hit import EM, NETWORKS, PAPER
from featcls.studies.tables import share

# IoU, accuracy, precision, recall in percent, as the slides print them.
PRINTED = {
    "YOLOv2, color, linear": (38, 95, 50, 60),
    "YOLOv2, color, log": (35, 94, 45, 62),
    "YOLOv2, grayscale, linear": (29, 92, 35, 63),
    "YOLOv2, grayscale, log": (34, 95, 54, 49),  # printed 50: 487 of 995 are 48.9
    "YOLOv3, color, linear": (33, 94, 49, 51),
    "YOLOv3, grayscale, linear": (16, 87, 20, 47),
}


@pytest.mark.parametrize("label", NETWORKS)
def test_the_slides_figures_follow_from_their_counts(label):
    rows = figures(label, [], NETWORKS[label][2:], where="slides", **PAPER)
    found = {row[1]: row[3]["value"] * 100 for row in rows}
    for name, printed in zip(
        ("IoU", "accuracy", "precision", "recall"), PRINTED[label], strict=True
    ):
        assert abs(found[name] - printed) <= 0.5
    assert found["F1"] == pytest.approx(
        200 * NETWORKS[label][3] / (NETWORKS[label][2] + 995), abs=1e-2
    )


def test_the_reference_methods_overlap_is_not_the_printed_one():
    (row,) = [r for r in figures("EM", [], EM, where="slides", **PAPER) if r[1] == "IoU"]
    assert row[3]["value"] == pytest.approx(574 / (1085 + 995 - 574), abs=1e-5)
    assert round(100 * row[3]["value"]) == 38


def test_a_selection_has_the_figures_of_its_counts():
    wanted = np.array([True] * 3 + [False] * 7)
    selected = np.array([True, True, False, True] + [False] * 6)
    found = {row[1]: row[2] for row in figures("x", [(selected, wanted)])}
    assert {name: round(figure["value"], 3) for name, figure in found.items()} == {
        "F1": 0.667,
        "IoU": 0.5,
        "precision": 0.667,
        "recall": 0.667,
        "accuracy": 0.8,
    }
    low, high = found["IoU"]["interval"]
    assert found["F1"]["interval"] == pytest.approx([2 * j / (1 + j) for j in (low, high)], 1e-4)


def test_nothing_selected_has_no_precision():
    nothing, wanted = np.zeros(4, bool), np.array([True, False, False, False])
    found = {row[1]: row[2] for row in figures("x", [(nothing, wanted)])}
    assert found["precision"] is None
    assert found["F1"]["value"] == 0
    assert f1_of(share([])) is None


def test_the_threshold_gives_the_greatest_f1():
    rng = np.random.default_rng(0)
    scores, wanted = rng.random(40).round(1), rng.random(40) < 0.3

    def f1(least):
        selected = scores >= least
        return 2 * (selected & wanted).sum() / (selected.sum() + wanted.sum())

    assert f1(best_threshold(scores, wanted)) == max(f1(least) for least in np.unique(scores))


@pytest.fixture(scope="module")
def single():
    """Return simulated single hits."""
    frames = SimulateReader("spi-hits", 8, compressed=False, changes=CHANGES).frames("")
    return [frame for frame in frames if frame.meta["label"] == "single"][:4]


def test_the_size_of_an_icosahedron_is_that_of_its_sphere(single):
    for frame in single:
        size, explained = SphereSize().extract(frame)
        assert abs(size - SPHERE * frame.meta["size"]) < 1.5
        assert explained > 0.6


def test_no_size_is_found_where_there_is_no_fringe_or_no_pixel(single):
    flat = single[0].replace(image=np.full(single[0].shape, 3.0))
    dark = single[0].replace(mask=np.ones(single[0].shape, bool))
    assert SphereSize().extract(flat).tolist() == [0.0, 0.0]
    assert SphereSize().extract(dark).tolist() == [0.0, 0.0]


def test_a_size_needs_the_geometry():
    with pytest.raises(UsageError, match="needs pixel size, distance and wavelength"):
        SphereSize().extract(Frame(np.ones((130, 130)), geometry=Geometry((64.0, 64.0))))


def test_photons_on_rings_are_those_of_the_pixels(single):
    flat = single[0].replace(image=np.full(single[0].shape, 20.0 + 40.0 * 1.5))
    light = RingPhotons(offset=20.0, gain=40.0).extract(flat).reshape(RINGS, ANGLES)
    np.testing.assert_allclose(light, 1.5 * exposure(flat), rtol=1e-6)
    assert (light == 0).any()  # masked rows at the beam


@pytest.fixture
def given(tmp_path):
    """Return a manifest of hits with splits, as a user has them."""
    small = {**CHANGES, "smallest": 76.0, "largest": 92.0}
    path = write_spi(tmp_path / "hits", 24, 3, **small)
    lines = path.read_text().splitlines()
    rows = list(csv.DictReader(lines[1:]))
    seen = {"single": 0, "multi": 0}
    for row in rows:
        row["split"] = ("train", "validation", "test")[seen[row["label"]] % 3]
        seen[row["label"]] += 1
    with open(path.with_name("split.csv"), "w", newline="") as file:
        writer = csv.DictWriter(file, ["path", "label", "split"], extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    return path.with_name("split.csv")


def test_given_hits_are_selected_by_their_splits(given, toy):
    document = run_study(find("spi-single-hit"), toy(given))
    table, rests = document["tables"]
    assert {row[0] for row in rests["rows"]} == {"all of these, forest", "Poisson averages"}
    assert "sphere fit" in {row[1] for row in rests["rows"]}
    assert {row[0] for row in table["rows"]} >= {"Poisson averages (EM)", "all of these, forest"}
    assert "24 given frames" in table["notes"][0]
    given.write_text(given.read_text().replace(",validation", ",train"))
    with pytest.raises(DataError, match="the split 'validation'"):
        run_study(find("spi-single-hit"), toy(given))


def test_given_frames_without_single_hits_are_refused(tmp_path, toy):
    np.savez(tmp_path / "a.npz", images=np.ones((4, 130, 250)), labels=np.array(list("abab")))
    with pytest.raises(DataError, match="has no class 'single'"):
        run_study(find("spi-single-hit"), toy(tmp_path / "a.npz"))
