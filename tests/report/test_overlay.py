import numpy as np
from PIL import Image

from featcls.frame import Frame
from featcls.report.overlay import GAP, PLANE, embedded, overlay, plane, write_png


def test_a_map_is_orange_where_it_speaks_for_the_label_and_blue_where_against():
    drawn = np.zeros((40, 60))
    drawn[5, 10], drawn[30, 50] = 1.0, -1.0
    pixels = overlay(Frame(np.random.default_rng(0).random((40, 60))), drawn)
    assert pixels.shape == (40, 60 + GAP + 60, 3)
    under = pixels[:, 60 + GAP :].astype(int)
    red, _, blue = under[5, 10]
    assert red > blue + 100
    red, _, blue = under[30, 50]
    assert blue > red + 100
    np.testing.assert_array_equal(under[20, 20], pixels[20, 20])


def test_a_large_frame_and_its_map_are_made_small_alike():
    drawn = np.zeros((1000, 700))
    drawn[500:600, 300:400] = 1.0
    pixels = overlay(Frame(np.zeros((1000, 700))), drawn)
    rows, _ = np.nonzero(pixels[..., 0] - pixels[..., 2].astype(int) > 50)
    assert pixels.shape[0] < 1000
    assert abs(rows.mean() / pixels.shape[0] - 0.55) < 0.02


def test_like_vectors_lie_near_on_the_plane_and_every_frame_is_on_it(tmp_path):
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(30, 5)) + 20 * (np.arange(30) % 2)[:, None]
    points = embedded(vectors)
    own = points[::2].mean(axis=0), points[1::2].mean(axis=0)
    nearest = [np.argmin([np.hypot(*(p - c)) for c in own]) for p in points]
    assert nearest == [k % 2 for k in range(30)]
    frames = [Frame(np.full((20, 20), 5.0) * np.arange(20)) for _ in range(30)]
    write_png(tmp_path / "plane.png", plane(frames, points))
    assert Image.open(tmp_path / "plane.png").size == (PLANE, PLANE)
