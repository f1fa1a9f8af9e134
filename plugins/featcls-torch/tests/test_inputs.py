"""What a network sees of a frame: scaling, masks, crops and random changes."""

import numpy as np
import pytest
import torch
from featcls_torch.augment import Augmentation
from featcls_torch.params import INPUTS
from featcls_torch.scaling import Statistics, channels_of, scaled

NOTHING = {"crop": 0, "shift": 0, "flip": False, "rotate": 0.0}
NOTHING |= {"contrast": 0.0, "brightness": 0.0, "noise": "none"}


@pytest.fixture
def images():
    return torch.rand(6, 1, 20, 24, generator=torch.Generator().manual_seed(0)) * 100


@pytest.fixture
def known(images):
    return Statistics.of(((image[0].numpy(), None) for image in images), True)


def rng(seed=0):
    return torch.Generator().manual_seed(seed)


def test_training_inputs_have_mean_0_and_deviation_1(images, known):
    x = scaled(images, None, "train", False, known)
    assert abs(float(x.mean())) < 1e-5
    assert float(x.std(correction=0)) == pytest.approx(1, abs=1e-5)


def test_frame_inputs_do_not_change_with_brightness_and_contrast(images, known):
    x = scaled(images, None, "frame", False, known)
    torch.testing.assert_close(scaled(3 * images + 7, None, "frame", False, known), x)


def test_unit_inputs_have_the_mean_image_taken_off(images, known):
    x = scaled(images, None, "unit", False, known)
    torch.testing.assert_close(x, images / images.max() - (images / images.max()).mean(0))


def test_unit_inputs_of_a_crop_have_the_middle_of_the_mean_image_taken_off(images, known):
    cropped, _ = Augmentation(**{**NOTHING, "crop": 8}).central(images, None)
    whole = scaled(images, None, "unit", False, known)
    assert torch.equal(scaled(cropped, None, "unit", False, known), whole[:, :, 6:14, 8:16])


def test_jet_goes_from_blue_over_green_to_red(known):
    top = float(known.top)
    x = torch.tensor([0.0, 0.5, 1.0]).reshape(1, 1, 1, 3) * top
    colours = scaled(x, None, "jet", False, known)[0, :, 0].T
    wanted = [[0, 0, 0.5], [0.5, 1, 0.5], [0.5, 0, 0]]
    torch.testing.assert_close(colours, torch.tensor(wanted))


@pytest.mark.parametrize("inputs", INPUTS)
def test_masked_pixels_are_0_and_nothing_under_them_shows(inputs, images):
    mask = np.zeros((20, 24), bool)
    mask[3:9, 5:11] = True
    valid = torch.from_numpy(~mask).expand(6, 1, 20, 24)
    results = []
    for under in (0.0, 1e6):
        given = torch.where(valid, images, torch.tensor(under))
        seen = Statistics.of(((g[0].numpy() * ~mask, mask) for g in given), True)
        results.append(scaled(given * valid, valid, inputs, True, seen))
    assert torch.equal(*results)
    x = results[0]
    assert x.shape[1] == channels_of(inputs, True)
    assert not x[:, :-1][:, :, torch.from_numpy(mask)].any()
    assert torch.equal(x[:, -1] == 1, torch.from_numpy(mask).expand(6, -1, -1))


def test_a_shift_moves_by_whole_pixels_and_marks_what_comes_from_outside(images, known):
    varied = Augmentation(**{**NOTHING, "shift": 5})
    moved, valid = varied.varied(images, None, known, rng())
    found = set()
    for image, shifted, inside in zip(images, moved, valid, strict=True):
        for row in range(-5, 6):
            for col in range(-5, 6):
                there = torch.roll(image[0], (row, col), (0, 1))
                if torch.allclose(there[inside[0]], shifted[0][inside[0]], atol=1e-2):
                    found.add((row, col, int(inside.sum()) == (20 - abs(row)) * (24 - abs(col))))
    assert len(found) == 6
    assert all(whole for *_, whole in found)


def test_a_crop_is_the_middle_and_a_shift_brings_in_what_was_outside(images, known):
    varied = Augmentation(**{**NOTHING, "crop": 8})
    middle, _ = varied.central(images, None)
    assert torch.equal(middle, images[:, :, 6:14, 8:16])
    moved, valid = Augmentation(**{**NOTHING, "crop": 8, "shift": 6}).varied(
        images, None, known, rng()
    )
    assert moved.shape == (6, 1, 8, 8)
    assert valid is None or valid.all()
    assert not torch.equal(moved, middle)


def test_flips_keep_the_pixels_and_change_some_images(images, known):
    flipped, _ = Augmentation(**{**NOTHING, "flip": True}).varied(images, None, known, rng())
    assert torch.equal(flipped.flatten(1).sort().values, images.flatten(1).sort().values)
    assert 0 < sum(torch.equal(a, b) for a, b in zip(images, flipped, strict=True)) < 6


def test_a_turn_keeps_the_middle_where_it_is(known):
    image = torch.zeros(4, 1, 33, 33)
    image[..., 16, 16] = 50.0
    image[..., 16, 26] = 50.0
    turned, _ = Augmentation(**{**NOTHING, "rotate": 90.0}).varied(image, None, known, rng())
    torch.testing.assert_close(turned[..., 16, 16], torch.full((4, 1), 50.0))
    rows, cols = torch.meshgrid(torch.arange(33.0), torch.arange(33.0), indexing="ij")
    radius = torch.hypot(rows - 16, cols - 16)
    ring = (radius > 8.5) & (radius < 11.5)
    assert (turned[:, 0, ring].sum(1) > 30).all()


@pytest.mark.parametrize(("noise", "upper"), [("mean", 0), ("mean+std", 1), ("maximum", 2)])
def test_noise_is_uniform_up_to_the_median_statistic(noise, upper, images, known):
    each = images.flatten(1)
    wanted = [each.mean(1), each.mean(1) + each.std(1, correction=0), each.amax(1)]
    limit = float(np.median(wanted[upper].numpy()))
    noisy, _ = Augmentation(**{**NOTHING, "noise": noise}).varied(images, None, known, rng())
    added = noisy - images
    assert float(added.min()) >= 0
    assert limit * 0.98 < float(added.max()) <= limit * 1.0001


def test_contrast_and_brightness_keep_the_pattern(images, known):
    varied = Augmentation(**{**NOTHING, "contrast": 0.5, "brightness": 0.5})
    changed, _ = varied.varied(images, None, known, rng())
    own = scaled(images, None, "frame", False, known)
    torch.testing.assert_close(scaled(changed, None, "frame", False, known), own)
    assert not torch.allclose(changed, images)
