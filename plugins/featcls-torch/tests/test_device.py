"""The steps on the device against the kernels of featcls."""

import numpy as np
import pytest
from featcls_torch import device
from featcls_torch.loading import Images

from featcls.errors import DataError
from featcls.frame import Frame
from featcls.geometry import Geometry
from featcls.pipeline import Chained
from featcls.preprocess.ccf import CCF
from featcls.preprocess.crop import Crop
from featcls.preprocess.lcn import LCN
from featcls.preprocess.resize import Resize
from featcls.preprocess.scale import Scale


def frames(masked, shape=(61, 70), n=3):
    rng = np.random.default_rng(0)
    found = []
    for k in range(n):
        image = rng.poisson(30.0, shape).astype(np.float32)
        image[rng.integers(0, shape[0], 20), rng.integers(0, shape[1], 20)] += 3000
        mask = rng.random(shape) < 0.05
        mask[10:24, 5 : 30 + k] = True
        centre = Geometry(beam_center=(29.5 + k, 33.0))
        found.append(Frame(image, mask if masked else None, geometry=centre))
    return found


def batch_of(given):
    (batch,) = Images(given, 1).batches([np.arange(len(given))])
    return batch


STEPS = [
    LCN(),
    LCN(window=15, min_std=0.0, border="truncate"),
    LCN(window=99),
    Resize(32),
    Resize((90, 45), "bicubic"),
    Resize((20, 75), "box"),
    Resize((31, 100), "nearest"),
    Scale(0.37),
    CCF(n_rings=12, n_angles=40),
    CCF(n_rings=12, n_angles=40, reduction="merged", order=4, normalize=True),
    CCF(n_rings=10, n_angles=36, reduction="max", r_min=3.0, r_max=28.0),
    CCF(n_rings=10, n_angles=36, reduction="order", order=2, subtract_mean=False),
    CCF(n_rings=10, n_angles=1001, reduction="order", order=500),
]


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("step", STEPS, ids=str)
def test_a_step_on_the_device_gives_what_the_kernel_gives(step, masked):
    given = frames(masked)
    wanted = [step.apply(frame) for frame in given]
    found = device.apply([step], batch_of(given))
    for k, frame in enumerate(wanted):
        largest = max(float(np.abs(frame.image).max()), 1.0)
        np.testing.assert_allclose(
            found.images[k, 0].numpy(), frame.image, rtol=1e-5, atol=1e-5 * largest
        )
        valid = np.ones(frame.shape, bool) if found.valid is None else found.valid[k, 0].numpy()
        np.testing.assert_array_equal(valid, frame.valid)
        if frame.geometry is not None:
            np.testing.assert_allclose(found.centres[k], frame.geometry.beam_center, atol=1e-9)


def test_a_window_of_equal_pixels_is_0_as_in_the_kernel():
    image = np.full((20, 20), 7.0)
    image[15, 15] = 900.0
    step = LCN(window=5, min_std=0.0)
    found = device.apply([step], batch_of([Frame(image)]))
    np.testing.assert_allclose(found.images[0, 0], step.apply(Frame(image)).image, atol=1e-5)


def test_the_last_known_steps_of_a_chain_go_to_the_device():
    chain = [LCN(), Crop((40, 40)), Resize(32), Scale(2.0)]
    before, on_device = device.split(chain)
    assert [type(step) for step in before] == [LCN, Crop]
    assert [type(step) for step in on_device] == [Resize, Scale]


def test_a_batch_that_ends_its_chain_on_the_device_is_that_of_the_readers():
    given = Chained(frames(True), [Crop((60, 60)), LCN(), Resize(40)])
    (wanted,) = Images(given, 1, twins=False).batches([np.arange(3)])
    images = Images(given, 2, twins=True)
    assert images.shape == (40, 40)
    (found,) = images.batches([np.arange(3)])
    np.testing.assert_allclose(found.images, wanted.images, atol=1e-5)
    assert np.array_equal(found.valid, wanted.valid)


@pytest.mark.parametrize("masked", [False, True])
def test_frames_of_several_sizes_that_the_last_steps_make_one_are_a_batch_in_their_order(masked):
    large, small = frames(masked), frames(False, (50, 64))
    given = Chained([large[0], small[0], large[1], small[1]], [Resize((40, 40))])
    (wanted,) = Images(given, 1, twins=False).batches([np.arange(4)])
    (found,) = Images(given, 2, twins=True).batches([np.arange(4)])
    np.testing.assert_allclose(found.images, wanted.images, rtol=1e-5, atol=1e-3)
    np.testing.assert_allclose(found.centres, wanted.centres)
    assert (found.valid is None) == (wanted.valid is None) == (not masked)
    if masked:
        np.testing.assert_array_equal(found.valid, wanted.valid)


@pytest.mark.parametrize("twins", [False, True])
def test_a_frame_that_the_last_steps_leave_at_another_size_is_refused_by_name(twins):
    odd = Frame(np.zeros((50, 64)), frame_id="odd.tif")
    images = Images(Chained([odd], [LCN()]), 1, shape=(61, 70), twins=twins)
    with pytest.raises(DataError, match=r"odd.tif has 50 x 64 pixels, the network takes 61 x 70"):
        next(images.batches([np.arange(1)]))
