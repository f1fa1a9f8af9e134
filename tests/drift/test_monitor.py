import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from drift_frames import CLASSES, MASK, make_stream, measure
from featcls.drift.monitor import QUIET, Monitor
from featcls.frame import Frame


@pytest.fixture(scope="module")
def stream():
    return make_stream(250, seed=2)


def fed(reference, codes, images, mask=MASK):
    """Return the alarms of frames."""
    alarms = []
    monitor = Monitor(reference, CLASSES, ["mean", "max"], [0], tell=alarms.append)
    monitor.add(codes, *measure(images, mask))
    return alarms


def shifted(image):
    return np.roll(image, 4, axis=0)


def with_gap(image):
    own = image.copy()
    own[8:11] = 0
    return own


CHANGES = {
    "gain changed": lambda image: 2 * image,
    "background up": lambda image: (
        image + np.random.default_rng(image.sum()).poisson(150, (48, 48))
    ),
    "blurred": lambda image: gaussian_filter(image.astype(float), 1.0),
    "beam moved": shifted,
    "dead pixels": with_gap,
    "values rescaled": lambda image: image**2,
    "detector changed": lambda image: image[:40, :40],
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_found_and_named(reference, stream, name):
    codes, images = stream
    changed = [CHANGES[name](image) for image in images]
    mask = MASK[:40, :40] if name == "detector changed" else MASK
    alarms = fed(reference, codes, changed, mask)
    assert alarms[0]["name"] == name, alarms[0]["message"]
    assert alarms[0]["frame"] == alarms[0]["frames"] <= 100


def test_a_new_mask_is_found_and_named(reference, stream):
    mask = MASK.copy()
    mask[:7, :7] = True
    alarms = fed(reference, *stream, mask)
    assert alarms[0]["name"] == "mask changed"
    moved = {move["name"]: move for move in alarms[0]["features"]}
    assert (
        moved["masked"]["now"] > moved["masked"]["before"] == pytest.approx(MASK.mean(), abs=1e-3)
    )
    assert moved["masked"]["size"] > 0


def test_a_change_is_said_once_while_it_lasts(reference, stream):
    codes, images = stream
    again = np.tile(np.arange(250), 3)
    alarms = fed(reference, codes[again], [2 * images[i] for i in again])
    names = [alarm["name"] for alarm in alarms]
    assert len(names) == len(set(names))
    assert QUIET > 750


@pytest.mark.parametrize("size", [1, 7])
def test_frames_raise_the_same_alarms_however_many_come_at_once(reference, stream, size):
    codes, images = stream
    measured, features = measure(
        [2 * image if k > 100 else image for k, image in enumerate(images)]
    )
    alarms = []
    monitor = Monitor(reference, CLASSES, ["mean", "max"], [0], tell=alarms.append)
    for at in range(0, len(codes), size):
        part = slice(at, at + size)
        monitor.add(codes[part], measured[part], features[part])
    whole = []
    Monitor(reference, CLASSES, ["mean", "max"], [0], tell=whole.append).add(
        codes, measured, features
    )
    assert [alarm["message"] for alarm in alarms] == [alarm["message"] for alarm in whole]
    assert whole[0]["frame"] - whole[0]["frames"] > 90


def test_a_swinging_hit_rate_is_no_change(reference):
    alarms = []
    monitor = Monitor(reference, CLASSES, ["mean", "max"], [0], tell=alarms.append)
    codes, images = make_stream(600, seed=3, hit_rate=0.5)
    measured, features = measure(images)
    rng = np.random.default_rng(0)
    for start in range(0, 10_000, 100):
        hit = rng.random(100) < 0.205 - 0.195 * np.cos(2 * np.pi * start / 2000)
        at = [rng.choice(np.flatnonzero(codes == code)) for code in hit]
        monitor.add(codes[at], measured[at], features[at])
    assert monitor.frames == 10_000
    assert alarms == []


def test_frames_that_fail_are_watched_without_a_class(reference, stream):
    alarms = []
    monitor = Monitor(reference, CLASSES, ["mean", "max"], [0], tell=alarms.append)
    for image in stream[1][:60]:
        monitor.failed(Frame(image**2, MASK))
    assert alarms[0]["name"] == "values rescaled"
    assert alarms[0]["features"][0]["of"] is None
