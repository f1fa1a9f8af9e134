from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from featcls.errors import UsageError
from featcls.simulate import classes, counts, labels, make_dataset
from featcls.simulate.presets import find_preset
from featcls.simulate.reader import SimulateReader
from featcls.simulate.sfx import write_sfx
from featcls.simulate.spi.particles import DROPLETS, FOUR, HITS
from featcls.simulate.spi.render import draw_flights, expected_light
from featcls.simulate.spi.series import write_spi
from featcls.simulate.spi.settings import SPI_PRESETS

SMALL = {"shape": (64, 128), "pixel": 600e-6}
TABLE_1 = {
    "spherical/oblate": 6589,
    "round": 5792,
    "elliptical": 796,
    "newton rings": 460,
    "prolate": 453,
    "bent": 390,
    "asymmetric": 367,
    "streak": 242,
    "double rings": 218,
    "layered": 47,
    "empty": 222,
}


def rows(name, n=3000, **changes):
    return draw_flights(find_preset(name, **changes), 3, range(n))


def test_droplets_obey_the_rules_of_their_labels():
    for row in rows("spi-droplets"):
        found = set(row["label"])
        assert len(found & {"spherical/oblate", "prolate", "empty"}) == 1
        if "empty" in found:
            assert found == {"empty"}
            assert not row["bodies"]
        assert len(found & {"round", "elliptical"}) == ("spherical/oblate" in found)
        assert "prolate" in found or not found & {"bent", "streak"}
        assert "spherical/oblate" in found or "double rings" not in found


def test_droplets_have_the_shares_of_table_1():
    n = 7264
    drawn = Counter(name for row in rows("spi-droplets", n) for name in row["label"])
    assert set(drawn) == set(TABLE_1) == set(DROPLETS)
    for name, count in TABLE_1.items():
        share = (count + drawn[name]) / (2 * n)
        assert abs(drawn[name] - count) < 3.5 * np.sqrt(2 * n * share * (1 - share)), name


def test_droplets_are_what_their_labels_say():
    for row in rows("spi-droplets", 1500):
        found, bodies = set(row["label"]), row["bodies"]
        if "streak" in found:
            thin, half, _ = bodies[0]["axes"]
            assert half / thin >= 2.5
        if "bent" in found:
            _, x, y, _ = bodies[0]["turn"]
            along = 1 - 2 * (x * x + y * y)
            assert np.sin(np.deg2rad(25)) <= abs(along) <= np.sin(np.deg2rad(45))
        if "round" in found:
            assert len(set(bodies[0]["axes"])) == 1
        if "elliptical" in found:
            assert min(bodies[0]["axes"]) < 0.8 * max(bodies[0]["axes"])
        if "newton rings" in found:
            assert any(body["at"][2] > 2000 for body in bodies)
        extra = {"double rings", "newton rings", "asymmetric", "layered"} & found
        assert len(bodies) == (0 if "empty" in found else 1 + len(extra))


def test_hits_hold_as_many_particles_as_they_say():
    drawn = rows("spi-hits")
    number = {"no-hit": {0}, "single": {1}, "multi": {2, 3}}
    for row in drawn:
        assert len(row["bodies"]) in number[row["label"]]
        for body in row["bodies"]:
            assert body["kind"] == "icosahedron"
            assert 60 <= 2 * body["axes"][0] <= 75
        if row["label"] == "single":
            assert row["size"] == 2 * row["bodies"][0]["axes"][0]
        centres = [np.array(body["at"]) for body in row["bodies"]]
        assert all(np.linalg.norm(b - a) > 75 for a, b in pairwise(centres))
    assert Counter(row["label"] for row in drawn)["no-hit"] / 3000 == pytest.approx(0.5, abs=0.03)
    assert {row["label"] for row in rows("spi-hits", 50, empty_share=1.0)} == {"no-hit"}


def test_four_kinds_come_in_equal_shares_and_shapes():
    drawn = rows("spi-four")
    shape = {
        "icosahedron": ["icosahedron"],
        "tailed capsid": ["icosahedron", "capsule"],
        "chain": ["ellipsoid"] * 4,
        "spheroid": ["ellipsoid"],
    }
    for row in drawn:
        assert [body["kind"] for body in row["bodies"]] == shape[row["label"]]
    for name in FOUR:
        assert sum(row["label"] == name for row in drawn) / 3000 == pytest.approx(0.25, abs=0.03)


def test_sizes_and_fluence_follow_their_settings():
    sizes = [row["size"] for row in rows("spi-hits", 300, smallest=100.0, largest=101.0)]
    assert {size for size in sizes if size} <= {s for s in sizes if 100 <= s <= 101}
    spread = [row["brightness"] for row in rows("spi-hits", 2000, fluence_sigma=0.3)]
    assert np.log([b for b in spread if b]).std() == pytest.approx(0.3, abs=0.02)


@pytest.mark.parametrize(
    ("option", "value", "factor"),
    [("fluence", 6e23, 2.0), ("density", 860.0, 4.0), ("background", 0.0, 1.0)],
)
def test_light_scales_as_physics_says(option, value, factor):
    row = next(row for row in rows("spi-hits", 20) if row["label"] == "single")
    base = find_preset("spi-hits", background=0.0, **SMALL)
    changed = find_preset("spi-hits", **{"background": 0.0, **SMALL, option: value})
    light = expected_light(base, row)
    np.testing.assert_allclose(expected_light(changed, row), factor * light, rtol=1e-4)
    assert expected_light(find_preset("spi-hits", **SMALL), row).sum() > light.sum() + 10


@pytest.mark.parametrize("preset", ["spi-hits", "spi-droplets", "spi-four"])
def test_a_shot_is_the_same_alone_and_in_a_series(preset):
    images, found, truth = make_dataset(3, 4, preset, **SMALL)
    frame, row = counts(preset, 4, 2, **SMALL)
    assert_array_equal(images[2], np.sqrt(np.clip(frame, 0, 65025)).astype(np.uint8))
    assert row == truth[2]
    assert found == labels(preset, 3, 4, **SMALL)


def test_empty_shots_are_darker_than_hits():
    images, found, truth = make_dataset(12, 1, "spi-hits", **SMALL)
    mean = {label: [] for label in HITS}
    for image, label in zip(images, found, strict=True):
        mean[label].append(image.mean())
    assert max(mean["no-hit"]) < min(mean["single"])
    assert min(row["photons"] for row in truth) > 0


def test_reader_gives_lists_of_labels_for_droplets():
    reader = SimulateReader("spi-droplets", n=5, seed=2, changes={"shape": [64, 64]})
    assert [row["label"] for row in reader.rows("")] == labels("spi-droplets", 5, 2)
    assert isinstance(reader.rows("")[0]["label"], list)
    assert reader.frames("")[0].mask is not None


def test_classes_are_listed_in_order():
    assert classes("spi-hits") == HITS
    assert classes("spi-droplets") == DROPLETS
    assert classes("spi-four") == FOUR


def test_series_on_disk_parts_several_labels(tmp_path):
    manifest = write_spi(tmp_path, 4, 2, "spi-droplets", format="pgm", shape=(64, 64))
    lines = manifest.read_text().splitlines()
    assert lines[0] == f"# classes: {';'.join(DROPLETS)}"
    found = labels("spi-droplets", 4, 2)
    assert [line.split(",")[1] for line in lines[2:]] == [";".join(names) for names in found]


def test_a_preset_of_the_other_kind_is_refused(tmp_path):
    with pytest.raises(UsageError, match="preset of crystals"):
        write_spi(tmp_path, 1, preset="diffranet-text")
    with pytest.raises(UsageError, match="preset of single particles"):
        write_sfx(tmp_path, 1, preset="spi-hits")


@pytest.mark.parametrize("name", sorted(SPI_PRESETS))
def test_presets_are_frozen(name):
    settings = find_preset(name)
    index, kinds, photons = FROZEN[name]
    (row,) = draw_flights(settings, 11, [index])
    assert row["label"] == kinds
    assert expected_light(settings, row).sum(dtype=float) == pytest.approx(photons, rel=1e-4)


# Index of a shot of seed 11, its labels and its mean photons. A preset whose numbers move needs
# a new version.
FROZEN = {
    "spi-droplets@1": (0, ["prolate", "bent"], 8.49791e07),
    "spi-four@1": (16, "tailed capsid", 4201823),
    "spi-hits@1": (3, "single", 430545),
}
