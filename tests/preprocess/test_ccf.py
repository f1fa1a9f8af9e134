import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from featcls.errors import UsageError
from featcls.frame import Frame
from featcls.geometry import Geometry
from featcls.kernels.correlation import REDUCTIONS, angular_correlation
from featcls.preprocess.ccf import CCF
from featcls.preprocess.rings import Grid, rings_of

CENTRE = Geometry(beam_center=(32.0, 32.0))
RADIUS, PHI = CENTRE.radius_map((65, 65)), CENTRE.phi_map((65, 65))
NOISY = np.random.default_rng(0).poisson(30 * np.exp(-RADIUS / 40), RADIUS.shape)
SMALL = {"n_rings": 12, "n_angles": 72, "r_min": 4.0}


def map_of(image, mask=None, **params):
    return CCF(**(SMALL | params)).apply(Frame(image, mask, geometry=CENTRE))


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("options", [{}, {"subtract_mean": False, "normalize": True, "order": 2}])
def test_the_map_is_that_of_the_kernels(reduction, options):
    frame = map_of(NOISY, reduction=reduction, **options)
    rings = rings_of(Frame(NOISY, geometry=CENTRE), Grid(12, 72, 4.0, 32.0))
    wanted = angular_correlation(*rings, reduction=reduction, **options)
    assert_allclose(frame.image, wanted, atol=1e-5 * np.abs(wanted).max())
    assert frame.shape == (12, 12)
    assert frame.mask is frame.geometry is None


def test_orders_are_found_where_they_are():
    image = 10 + np.cos(2 * PHI)
    full = map_of(image).image
    assert_allclose(full, 0.5, atol=0.02)  # bilinear samples flatten a wave near the beam
    assert_allclose(map_of(image, reduction="order", order=2).image, full / 2, atol=1e-4)
    assert np.abs(map_of(image, reduction="order", order=4).image).max() < 1e-6


def test_the_merged_map_of_the_paper_has_one_order_above_its_diagonal():
    merged = map_of(NOISY, reduction="merged").image
    below = np.tri(12, dtype=bool)
    assert_array_equal(merged[below], map_of(NOISY).image[below])
    assert_array_equal(merged[~below], map_of(NOISY, reduction="order").image[~below])


@pytest.mark.parametrize("reduction", ["delta0", "order", "merged"])
def test_a_quarter_turn_leaves_the_map(reduction):
    wanted = map_of(NOISY, reduction=reduction).image
    turned = map_of(np.rot90(NOISY), reduction=reduction).image
    assert_allclose(turned, wanted, atol=1e-5 * np.abs(wanted).max())


def test_pairs_of_rings_that_a_mask_leaves_nothing_of_are_masked():
    near = (RADIUS < 18) & (np.abs(PHI) > 1.5)  # near rings are seen to the right only
    far = (RADIUS > 14) & (np.abs(PHI) < 1.7)  # far rings to the left only
    valid = map_of(NOISY, near | far).valid
    assert valid[:3, :3].all()
    assert valid[-3:, -3:].all()
    assert not valid[:3, -3:].any()
    assert_array_equal(valid, valid.T)
    assert map_of(NOISY, near | far, reduction="max").valid[:3, -3:].all()  # at another delta
    merged = map_of(NOISY, near | far, reduction="merged").valid
    assert not merged[-3:, :3].any()  # below the diagonal: delta0
    assert merged[:3, -3:].all()  # above it: each ring alone
    blind = map_of(NOISY, RADIUS < 10, reduction="order").valid
    assert not blind[0].any()
    assert blind[4:, 4:].all()


def test_random_masks_do_not_change_the_expected_map():
    rng = np.random.default_rng(1)
    flat = rng.normal(100, 5, RADIUS.shape)
    wanted = map_of(flat).image
    maps = [map_of(flat, rng.random(flat.shape) < 0.2).image for _ in range(60)]
    error = np.std(maps, axis=0) / np.sqrt(len(maps))
    diagonal = np.eye(12, dtype=bool)
    shift = (np.mean(maps, axis=0) - wanted) / np.maximum(error, 1e-9)
    assert np.abs(shift[~diagonal]).mean() < 1.5
    assert_allclose(np.mean(maps, axis=0)[diagonal].mean() / wanted[diagonal].mean(), 1, atol=0.15)


@pytest.mark.parametrize(
    ("params", "text"),
    [
        ({"n_rings": 0}, "ccf: n_rings is 0"),
        ({"r_min": 40.0}, "ccf: r_max is 32.0, r_min 40"),
        ({"order": 37, "reduction": "order"}, "ccf: order is 37; 0 to 36"),
        ({"reduction": "mean"}, "reduction is 'mean'; one of delta0, max, order, merged"),
    ],
)
def test_parameters_that_cannot_be_meant_are_refused(params, text):
    with pytest.raises(UsageError, match=text):
        map_of(NOISY, **params)


def test_a_beam_centre_outside_the_image_is_refused():
    with pytest.raises(UsageError, match=r"ccf: centre is .*inside the image"):
        CCF().apply(Frame(NOISY, geometry=Geometry(beam_center=(-5.0, 3.0))))
