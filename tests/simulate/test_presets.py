import re
from pathlib import Path

import numpy as np
import pytest
from scipy import ndimage

from featcls.errors import UsageError
from featcls.simulate import PRESETS, counts, find_preset, make_dataset
from featcls.simulate.camera import Camera
from featcls.simulate.detectors import DETECTORS
from featcls.simulate.shots import draw_shots
from featcls.simulate.tiles import tiles

# Ke et al. (2018), table 1: photon energy in eV, space group, edges in angstrom, detector.
SCREENED = {
    "L498": (9773, "P6122", (93, 93, 130), "cspad"),
    "LG36": (7088, "P212121", (118, 224, 331), "cspad"),
    "LN84": (9516, "P212121", (118, 223, 311), "rayonix-mx170"),
    "LN83": (9498, "P212121", (73, 96, 119), "rayonix-mx170"),
    "LO19": (9442, "P212121", (42, 52, 88), "rayonix-mx170"),
}
DOCUMENT = Path(__file__).parents[2] / "docs" / "simulate.md"


@pytest.mark.parametrize("name", SCREENED)
def test_screened_runs_are_those_of_the_paper(name):
    energy, group, edges, detector = SCREENED[name]
    settings = find_preset(name)
    assert 12398.42 / settings.wavelength == pytest.approx(energy)
    assert (settings.space_group, settings.cell[:3]) == (group, edges)
    assert settings.cell[3:] == (90, 90, 120 if group == "P6122" else 90)
    assert settings.labels == "ke"
    assert {field: getattr(settings, field) for field in DETECTORS[detector]} == DETECTORS[
        detector
    ]


def test_what_marks_a_run_is_on_in_it_and_off_elsewhere():
    marks = {"streak": {"L498", "LG36", "LO19"}, "belt": {"LN84", "LN83"}, "strip": {"LG36"}}
    marks |= {"disorder": {"LN84"}, "low_gain_spacing": {"LG36"}}
    for field, runs in marks.items():
        assert {name for name in SCREENED if getattr(find_preset(name), field)} == runs
    assert [find_preset(name).lattices for name in ("LN84", "LN83", "LO19")] == [3, 4, 3]


def test_the_lower_chips_of_lg36_see_nothing():
    maps = tiles(find_preset("LG36"))
    lowest, _ = ndimage.label(~maps.dead)
    shades = [maps.shadow[chips].min() for chips in ndimage.find_objects(lowest)]
    lit = [maps.shadow[chips].max() for chips in ndimage.find_objects(lowest)]
    assert shades == lit
    assert lit.count(0) == 8  # of 32 pairs


def test_real_like_is_darker_farther_and_of_worse_crystals():
    usual, real = find_preset("diffranet-figure"), find_preset("real-like")
    assert real.photons < 0.05 * usual.photons
    assert real.distance == 2 * usual.distance
    assert real.mosaic > 3 * usual.mosaic
    index = next(i for i in range(20) if draw_shots(real, 0, [i]).volume > 0)
    dark, bright = (counts(name, 0, index)[0] for name in ("real-like", "diffranet-figure"))
    assert dark.mean() < 0.05 * bright.mean()
    assert dark[195:212].max() == 0  # a gap between modules


def test_brightness_alone_does_not_tell_the_classes_of_the_default():
    from sklearn.ensemble import RandomForestClassifier

    def accuracy(preset):
        images, found, _ = make_dataset(450, 77, preset, shape=(128, 128), pixel=688e-6)
        flat = images.reshape(len(images), -1).astype(float)
        brightness = np.column_stack([flat.mean(1), flat.std(1), flat.min(1), flat.max(1)])
        forest = RandomForestClassifier(100, max_depth=20, random_state=0)
        return forest.fit(brightness[:300], found[:300]).score(brightness[300:], found[300:])

    # Of frames that do not vary otherwise it does; the jet and the bright pixels hide it.
    assert accuracy("diffranet-text") > 0.85
    assert accuracy("diffranet-figure") < 0.75


@pytest.mark.parametrize("name", PRESETS)
def test_the_document_gives_the_baseline_of_every_preset(name):
    (row,) = (line for line in DOCUMENT.read_text().splitlines() if line.startswith(f"| `{name}`"))
    assert len(re.findall(r"\d+ %", row)) == 3
    assert re.search(r"\| \d+ \|", row)


def test_presets_are_found_by_name_and_the_newest_without_version():
    for name, preset in PRESETS.items():
        assert isinstance(preset, Camera)
        assert find_preset(name) == preset
        assert preset.name == name
    assert find_preset("LN84").name == "LN84@2"
    assert find_preset("L498").name == "L498@1"
    with pytest.raises(UsageError, match="no preset named 'L498@2'"):
        find_preset("L498@2")
