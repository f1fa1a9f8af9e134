import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy import ndimage

from featcls.errors import UsageError
from featcls.simulate import counts, find_preset
from featcls.simulate.changes import read_changes
from featcls.simulate.detector import detect
from featcls.simulate.detectors import DETECTORS
from featcls.simulate.tiles import tiles

# Makers' numbers: shape, module, gap (rows, columns each), modules, pixel in micrometres.
MODULAR = {
    "pilatus-300k": ((619, 487), (195, 487), (17, 0), 3, 172),
    "pilatus-1m": ((1043, 981), (195, 487), (17, 7), 10, 172),
    "pilatus-2m": ((1679, 1475), (195, 487), (17, 7), 24, 172),
    "pilatus-6m": ((2527, 2463), (195, 487), (17, 7), 60, 172),
    "eiger-1m": ((1065, 1030), (514, 1030), (37, 0), 2, 75),
    "eiger-4m": ((2167, 2070), (514, 1030), (37, 10), 8, 75),
    "eiger-16m": ((4371, 4150), (514, 1030), (37, 10), 32, 75),
}
# Shape, pixel in micrometres, share that is dead: a hole of 4 mm radius; all but 64 chips; ten
# rows, two columns and a hole.
OTHERS = {
    "rayonix-mx170": ((1920, 1920), 88.5, np.pi * 4**2 / (1920 * 0.0885) ** 2),
    "rayonix-mx340": ((3840, 3840), 88.5, np.pi * 4**2 / (3840 * 0.0885) ** 2),
    "cspad": ((1765, 1765), 110, 1 - 64 * 185 * 194 / 1765**2),
    "pnccd": ((512, 1024), 75, (10 * 1024 + 2 * 502 + 220) / (512 * 1024)),
}


def of(name, **changes):
    return find_preset("diffranet-text", detector=name, **changes)


def test_every_detector_is_tested():
    assert {*MODULAR, *OTHERS} == set(DETECTORS)


@pytest.mark.parametrize("name", MODULAR)
def test_modules_and_gaps_are_the_makers(name):
    shape, module, gap, number, pixel = MODULAR[name]
    settings = of(name)
    assert (settings.shape, settings.pixel) == (shape, pytest.approx(pixel * 1e-6))
    dead = tiles(settings).dead
    modules, found = ndimage.label(~dead)
    assert found == number
    starts = set()
    for rows, cols in ndimage.find_objects(modules):
        assert (rows.stop - rows.start, cols.stop - cols.start) == module
        starts.add((rows.start, cols.start))
    steps = [sorted({place[axis] for place in starts}) for axis in (0, 1)]
    for axis in (0, 1):
        assert set(np.diff(steps[axis])) <= {module[axis] + gap[axis]}


@pytest.mark.parametrize("name", OTHERS)
def test_shape_pixel_and_dead_area_are_the_makers(name):
    settings = of(name)
    shape, pixel, dead = OTHERS[name]
    assert (settings.shape, settings.pixel) == (shape, pytest.approx(pixel * 1e-6))
    assert tiles(settings).dead.mean() == pytest.approx(dead, rel=0.01)


@pytest.mark.parametrize(
    ("name", "kept"),
    [("pilatus-300k", 1.0), ("rayonix-mx170", 0.1506), ("cspad", 1.0), ("pnccd", 1.0)],
)
def test_light_on_a_pixel_spreads_as_the_detector_has_it(name, kept):
    # A spread of g = 80 um keeps 4 atan(x x / (g sqrt(g g + 2 x x))) / 2 pi, x = 44.25 um.
    settings = of(name, photon_gain=1.0, gain_rms=0.0, read_noise=0.0, offset=0.0, saturation=1e7)
    light = np.zeros(settings.shape, np.float32)
    light[100, 100] = 1e5
    counts = detect(settings, light, 3)
    assert counts[100, 100] / 1e5 == pytest.approx(kept, abs=0.01)
    assert (counts[100, 101] > 1000) == (kept < 1)


def test_photon_counters_count_photons_and_others_read_noise():
    dark = {
        name: detect(of(name), np.zeros(of(name).shape, np.float32), 1)
        for name in ("pilatus-300k", "cspad", "rayonix-mx170")
    }
    assert dark["pilatus-300k"].max() == 0
    assert dark["cspad"].min() < -20
    alive = ~tiles(of("rayonix-mx170")).dead
    assert dark["rayonix-mx170"][alive].mean() == pytest.approx(19.5, abs=0.1)


def test_gaps_stay_dark_in_a_frame():
    frame, _ = counts("diffranet-text", 0, 1, detector="pilatus-300k", offset=50.0)
    assert frame[195:212].max() == 0
    assert frame[:195].min() > 0


def test_other_changes_overrule_the_detector():
    settings = of("eiger-1m", psf=40e-6, distance=0.3)
    assert (settings.psf, settings.distance, settings.pixel) == (40e-6, 0.3, 75e-6)
    assert read_changes("diffranet-text", ["detector=eiger-1m"]) == {"detector": "eiger-1m"}
    assert_array_equal(settings.shape, (1065, 1030))


def test_an_unknown_detector_names_the_near_one():
    with pytest.raises(
        UsageError, match="no detector named 'pilatus-6n', did you mean 'pilatus-6m'"
    ):
        of("pilatus-6n")
