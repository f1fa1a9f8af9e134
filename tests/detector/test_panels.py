"""Assembly of panels."""

import numpy as np
import pytest

from featcls.detector.panels import GAP, Panel, assembly, slab
from featcls.errors import DataError


def test_every_pixel_of_axis_aligned_panels_is_placed_once():
    panels = (
        Panel("a", (0, 3), (0, 5), (-7.0, -4.0)),
        Panel("b", (0, 3), (6, 11), (1.0, -4.0)),
        Panel("c", (4, 7), (0, 5), (7.0, 5.0), (-1.0, 0.0), (0.0, -1.0)),
    )
    layout = assembly(panels, (8, 12), "x")
    taken = layout.source[layout.source != GAP]
    assert sorted(taken.tolist()) == sorted(
        row * 12 + col
        for rows, cols in (((0, 4), (0, 6)), ((0, 4), (6, 12)), ((4, 8), (0, 6)))
        for row in range(*rows)
        for col in range(*cols)
    )
    assert layout.source.shape == (9, 14)


def test_a_quarter_turn_places_each_pixel_where_its_axes_say():
    turned = Panel("t", (0, 1), (0, 2), (0.0, 0.0), fs=(0.0, 1.0), ss=(-1.0, 0.0))
    layout = assembly((turned,), (2, 3), "x")
    # Columns run down (+y), rows to the left (-x): the first row ends up in the right column.
    assert layout.source.tolist() == [[3, 0], [4, 1], [5, 2]]
    assert layout.center == (-0.5, 1.5)


def test_the_centre_is_where_x_and_y_are_zero():
    layout = assembly((Panel("p", (0, 9), (0, 19), (-10.0, -5.0)),), (10, 20), "x")
    assert layout.center == (4.5, 9.5)  # between the pixels 4 and 5, 9 and 10


def test_a_slightly_turned_panel_leaves_no_hole():
    angle = np.deg2rad(1.3)
    fs, ss = (np.cos(angle), np.sin(angle)), (-np.sin(angle), np.cos(angle))
    panel = Panel("p", (0, 49), (0, 79), (3.3, -7.7), fs, ss)
    layout = assembly((panel,), (50, 80), "x")
    y, x = np.nonzero(layout.source != GAP)
    low = np.floor(panel.corners().min(0))
    # The inner pixels, found by their distance from the rim in the panel's own axes.
    yy, xx = np.indices(layout.source.shape)
    centres = np.stack([xx + low[0] + 0.5 - 3.3, yy + low[1] + 0.5 + 7.7], -1)
    along, down = centres @ np.array(fs), centres @ np.array(ss)
    inner = (along > 1) & (along < 79) & (down > 1) & (down < 49)
    assert (layout.source[inner] != GAP).all()
    assert np.array_equal(layout.source[inner], (np.floor(down) * 80 + np.floor(along))[inner])
    assert len(y) == len(x) == pytest.approx(50 * 80, rel=0.02)


def test_stacks_of_panels_lie_along_the_rows():
    panels = tuple(
        Panel(f"q{q}m{m}", (0, 1), (0, 2), (0.0, 0.0), place=(q, m))
        for q in range(2)
        for m in range(3)
    )
    assert slab(panels[4], panels) == (slice(8, 10), slice(0, 3))  # q1m1: after four of 2 rows


@pytest.mark.parametrize(
    ("panel", "words"),
    [
        (Panel("far", (0, 3), (0, 3), (0.0, 0.0)), "panel far ends at row 3"),
        (Panel("flat", (0, 1), (0, 1), (0.0, 0.0), (1.0, 0.0), (2.0, 0.0)), "flat are parallel"),
        (Panel("wide", (0, 1), (0, 1), (0.0, 0.0), (1e5, 0.0), (0.0, 1e5)), "limit is 64 Mpx"),
    ],
)
def test_what_does_not_fit_is_named(panel, words):
    with pytest.raises(DataError, match=words):
        assembly((panel,), (2, 2), "x")
