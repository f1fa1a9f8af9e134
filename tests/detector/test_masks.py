"""Masks from what a person states."""

import numpy as np
import pytest

from featcls.detector import masks
from featcls.detector.crystfel import parse_geom
from featcls.errors import DataError, UsageError
from two_panels import TWO


def test_a_polygon_holds_the_pixels_whose_centres_it_holds():
    shape = (40, 50)
    rows, cols = np.indices(shape)
    angle = 2 * np.pi * np.arange(200) / 200
    circle = np.stack([20 + 12 * np.sin(angle), 24 + 12 * np.cos(angle)], 1)
    inside = masks.polygon(circle, shape)
    radius = np.hypot(rows - 20, cols - 24)
    assert inside[radius < 11.9].all()
    assert not inside[radius > 12.01].any()


@pytest.mark.parametrize(
    "corners", [[(0, 0), (1, 1)], [(0, 0, 0)] * 3, [(0, 0), (1, np.nan), (2, 2)]]
)
def test_what_is_no_polygon_is_refused(corners):
    with pytest.raises(UsageError, match="polygon"):
        masks.polygon(corners, (5, 5))


def test_gaps_grow_at_their_edges_and_bad_pixels_do_not():
    mask = np.zeros((60, 60), bool)
    mask[28:32] = True  # a gap
    mask[10, 10] = mask[50, 20:25] = True  # bad pixels
    grown = masks.edges(mask, mask.shape, 2) | mask
    assert grown[26:34].all()
    assert not grown[25, 2:-2].any()
    assert grown[9:12, 9:12].sum() == 1
    assert grown[:2].all()
    assert grown[:, -2:].all()


def test_regions_edges_and_flags_of_a_geometry_file():
    geom = parse_geom(TWO)
    shape = (370, 194)  # two panels of 185 rows
    out = masks.bad_panels(geom, shape, 0, "two.geom")
    assert out[185:].all()  # no_index
    first = out[:185]
    assert first[:, 10:13].all()  # badrow
    assert first[0].all()
    assert first[:, -1].all()  # mask_edge_pixels
    # badstreak: x falls along the rows from 443.8, y grows along the columns from -49.
    x = 443.8 - 0.0057 * 48.5 - 0.9999 * 184.5
    assert x > 250  # no pixel of this panel reaches the streak
    assert first.sum() == 185 * 3 + 2 * 194 + 2 * 185 - 4 - 2 * 3
    image = np.zeros(shape, np.int32)
    image[3, 4] = 14001
    image[200, 4] = 9001
    image[5, 5] = 9001
    assert np.argwhere(masks.flagged(geom, image, "two.geom")).tolist() == [[3, 4], [200, 4]]


def test_a_region_of_the_laboratory_covers_the_pixels_that_lie_there():
    text = TWO.replace("badstreak/min_x = -200.0", "badstreak/min_x = 300.0").replace(
        "badstreak/max_x = 250.0", "badstreak/max_x = 310.0"
    )
    text = text.replace("mask_edge_pixels = 1", "mask_edge_pixels = 0")
    out = masks.bad_panels(parse_geom(text), (370, 194), 0, "x")[:185]
    rows, cols = np.indices((185, 194))
    x = 443.8 + (cols + 0.5) * -0.0057 + (rows + 0.5) * -0.9999
    y = -49.0 + (cols + 0.5) * 0.9999 + (rows + 0.5) * -0.0057
    wanted = (x > 300) & (x < 310) & (abs(y) < 5)
    wanted[:, 10:13] = True
    assert wanted.sum() > 185 * 3 + 90
    assert np.array_equal(out, wanted)


def test_an_image_of_another_detector_is_refused():
    with pytest.raises(DataError, match="panel q0a1 ends at row 369"):
        masks.bad_panels(parse_geom(TWO), (369, 194), 0, "two.geom")
