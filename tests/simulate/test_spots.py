import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from featcls._ext.simulate import cut_area
from featcls.simulate.crystal import block_radius, domain_rotations, reciprocal_cell
from featcls.simulate.presets import find_preset
from featcls.simulate.spots import expose
from simulate import naive_spots as naive

SMALL = {
    "cell": (42.0, 52.0, 88.0, 90.0, 90.0, 90.0),
    "blocks": (27, 22, 13),
    "b_factor": 20.0,
    "shape": (256, 256),
    "pixel": 344e-6,
}
HEXAGONAL = {
    **SMALL,
    "cell": (60.0, 60.0, 80.0, 90.0, 90.0, 120.0),
    "space_group": "P6122",
    "blocks": (19, 19, 14),
}
TURN = np.array([0.5, -0.1, 0.7, 0.5])
TURN /= np.linalg.norm(TURN)


def photons(turn=TURN, wavelength=1.5, preset="diffranet-figure", **changes):
    settings = find_preset(preset, **changes)
    light = np.zeros(settings.shape, np.float32)
    return light, expose(settings, 1.0, wavelength, turn, light)


@pytest.mark.parametrize("width", [0.1, 0.9, 1.0, 3.0, 30.0])
@pytest.mark.parametrize("excess", [0.0, 0.5, -0.95, 1.05, 3.5])
def test_mean_cut_area_equals_quadrature(excess, width):
    assert_allclose(cut_area(excess, width, 1.0), naive.cut_area(excess, width, 1.0), atol=2e-6)


def test_cut_area_without_spread_is_a_disc():
    assert cut_area(0.6, 0.0, 1.0) == pytest.approx(np.pi * 0.64)
    assert cut_area(1.1, 0.0, 1.0) == 0.0


@pytest.mark.parametrize("cell", [SMALL, HEXAGONAL])
def test_reflections_equal_those_of_a_loop_over_the_whole_table(cell):
    changes = {**cell, "distance": 0.3}
    settings = find_preset("diffranet-figure", **changes)
    _, found = photons(**changes)
    expected = naive.reflections(settings, 1.0, 1.5, TURN)
    inside = (np.abs(expected[:, :2] - 127.5) < 127.5).all(axis=1) & (expected[:, 2] > 0)
    got = np.column_stack([found.row, found.col, found.photons])
    for row, col, value in expected[inside]:
        nearest = got[np.argmin(np.hypot(got[:, 0] - row, got[:, 1] - col))]
        assert np.hypot(nearest[0] - row, nearest[1] - col) < 0.6
        assert nearest[2] == pytest.approx(value, rel=1e-3)
    assert inside.sum() > 10


def test_splatting_conserves_intensity():
    light, found = photons(**SMALL)
    margin = np.minimum(np.minimum(found.row, found.col), 255 - np.maximum(found.row, found.col))
    outside = margin < found.half_length + 3
    assert (
        abs(light.sum() - found.photons.sum()) < found.photons[outside].sum() + 1e-5 * light.sum()
    )
    # Seen from far the pattern lies well inside the detector and nothing is lost.
    light, found = photons(**{**SMALL, "shape": (1024, 1024)})
    assert light.sum() == pytest.approx(found.photons.sum(), rel=2e-3)


@pytest.mark.parametrize("cell", [{}, SMALL, HEXAGONAL])
def test_explicit_domains_agree_with_the_closed_form(cell):
    analytic, _ = photons(**cell)
    domains, _ = photons(domains=300, **cell)
    assert np.corrcoef(analytic.ravel(), domains.ravel())[0, 1] > 0.999
    assert analytic.sum() == pytest.approx(domains.sum(), rel=3e-3)


def test_without_mosaic_spread_one_domain_is_the_closed_form():
    assert_array_equal(photons(mosaic=0.0, **SMALL)[0], photons(mosaic=0.0, domains=1, **SMALL)[0])


def test_wider_mosaic_lights_more_reflections_and_smears_them():
    sharp, wide = (photons(mosaic=mosaic, **SMALL)[1] for mosaic in (0.1, 1.0))
    assert len(wide.row) > 3 * len(sharp.row)
    assert wide.half_length.max() > 5 * sharp.half_length.max()


def test_bandwidth_smears_along_the_radius_and_keeps_the_flux():
    sharp, _ = photons(**SMALL)
    broad, _ = photons(bandwidth=0.005, wavelengths=9, **SMALL)
    assert np.count_nonzero(broad) > 1.3 * np.count_nonzero(sharp)
    assert broad.sum() == pytest.approx(sharp.sum(), rel=0.15)


def test_opposite_orientations_give_patterns_turned_by_half():
    # A half turn about the beam moves every spot to the other side of the beam.
    light, _ = photons(**SMALL)
    w, x, y, z = TURN
    turned, _ = photons(np.array([-z, -y, x, w]), **SMALL)
    assert_allclose(turned[::-1, ::-1], light, rtol=1e-3, atol=light.max() * 1e-5)


def test_spots_double_with_distance():
    near, far = (photons(distance=d, **SMALL)[1] for d in (0.08, 0.16))
    radius = [np.hypot(spots.row - 127.5, spots.col - 127.5) for spots in (near, far)]
    first = np.argmin(near.q), np.argmin(far.q)
    assert near.q[first[0]] == pytest.approx(far.q[first[1]])
    assert radius[1][first[1]] == pytest.approx(2 * radius[0][first[0]], rel=1e-6)


def test_beam_centre_moves_the_pattern():
    middle, _ = photons(**SMALL)
    moved, _ = photons(beam_center=(137.5, 127.5), **SMALL)
    assert_allclose(moved[40:250, 10:240], middle[30:240, 10:240], rtol=1e-3, atol=1e-2)


def test_larger_blocks_make_sharper_reflections():
    cell = find_preset("diffranet-text").cell
    assert block_radius(cell, (16, 10, 8)) == pytest.approx(block_radius(cell, (8, 5, 4)) / 2)


def test_domain_rotations_fill_a_ball_evenly():
    turns = domain_rotations(2000, 0.1)
    angle = np.arccos(np.clip((np.trace(turns, axis1=1, axis2=2) - 1) / 2, -1, 1))
    assert_allclose(np.quantile(angle / 0.1, [0.125, 1.0]), [0.5, 1.0], atol=0.01)
    assert_allclose(turns.mean(axis=0), np.eye(3), atol=5e-3)
    assert_allclose(
        turns @ turns.transpose(0, 2, 1), np.broadcast_to(np.eye(3), turns.shape), atol=1e-12
    )


def test_reciprocal_cell_is_dual_to_the_edges():
    cell = (30.0, 40.0, 55.0, 80.0, 95.0, 110.0)
    edges = np.linalg.inv(reciprocal_cell(cell)).T
    assert_allclose(np.linalg.norm(edges, axis=1), cell[:3])
    cosine = edges @ edges.T / np.outer(cell[:3], cell[:3])
    assert_allclose(np.rad2deg(np.arccos([cosine[1, 2], cosine[0, 2], cosine[0, 1]])), cell[3:])
