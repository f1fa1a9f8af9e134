"""The noise of the study `noise-ccf`, and how strong it is."""

import numpy as np

from featcls.frame import Frame
from featcls.studies.bench import Bench
from featcls.studies.noise import UniformNoise
from featcls.studies.noise_ccf import bounds


def test_noise_is_uniform_below_its_bound_and_a_frames_own():
    image = np.full((100, 100), 7.0)
    mask = np.zeros((100, 100), bool)
    mask[:9] = True
    step = UniformNoise(4.0)
    first, again, other = (
        step.apply(Frame(image, mask, name)).image for name in ("a#0", "a#0", "a#1")
    )
    np.testing.assert_array_equal(first, again)
    added = first[9:] - 7
    assert 0 <= added.min() < 0.01
    assert 3.99 < added.max() <= 4
    assert abs(added.mean() - 2) < 0.05
    assert not first[:9].any()
    assert abs(np.corrcoef(first[9:].ravel(), other[9:].ravel())[0, 1]) < 0.05


def test_no_bound_adds_nothing():
    frame = Frame(np.arange(6, dtype=np.uint16).reshape(2, 3))
    np.testing.assert_array_equal(UniformNoise().apply(frame).image, frame.image)


def test_bounds_are_medians_over_the_frames(toy, tmp_path):
    images = np.zeros((3, 4, 4))
    for k, (low, high) in enumerate([(0, 2), (10, 30), (100, 500)]):
        images[k, :2], images[k, 2:] = low, high
    np.savez(tmp_path / "three.npz", images=images, labels=np.array(list("abb")))
    found = bounds(Bench(str(tmp_path / "three.npz"), toy()))
    assert found == {"none": 0.0, "mean": 20.0, "mean + std.": 30.0, "maximum": 30.0}
