import numpy as np
from PIL import Image

from featcls.frame import Frame
from featcls.report.overlay import (
    COLOURS,
    GAP,
    LEAST,
    LINE,
    PLANE,
    captioned,
    embedded,
    overlay,
    plane,
    write_png,
)


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


def test_single_pixels_of_a_map_stay_where_a_large_frame_is_made_small():
    drawn = np.zeros((1000, 700))
    drawn[501, 301], drawn[700, 400] = 1.0, -1.0
    pixels = overlay(Frame(np.zeros((1000, 700))), drawn).astype(int)
    away = pixels[..., 0] - pixels[..., 2]
    assert (away > 50).sum() == (away < -50).sum() == 1


def test_words_stand_below_a_picture_that_is_large_enough_to_read_them():
    pixels = np.full((40, 84, 3), 7, np.uint8)
    short = captioned(pixels, ["hit", "frame 3"])
    assert short.shape == (LEAST + 2 * LINE, 84 * LEAST // 40, 3)
    assert (short[:LEAST] == 7).all()
    for line in (short[LEAST : LEAST + LINE], short[LEAST + LINE :]):
        assert (line < 100).any()
    end = "x" * 20 + "run_7.h5#3"
    long = captioned(pixels, ["/a/path/of/many/folders/" * 9 + end])
    assert (long[LEAST:, -GAP:] == 255).all()
    assert not np.array_equal(long, captioned(pixels, ["/a/path/of/many/folders/" * 9 + "other"]))


def test_like_vectors_lie_near_on_the_plane_and_every_frame_is_on_it(tmp_path):
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(30, 5)) + 20 * (np.arange(30) % 2)[:, None]
    points = embedded(vectors)
    own = points[::2].mean(axis=0), points[1::2].mean(axis=0)
    nearest = [np.argmin([np.hypot(*(p - c)) for c in own]) for p in points]
    assert nearest == [k % 2 for k in range(30)]
    frames = [Frame(np.full((20, 20), 5.0) * np.arange(20)) for _ in range(30)]
    codes = [k % 2 for k in range(30)]
    write_png(tmp_path / "plane.png", plane(frames, points, codes, ["ice", "rings"]))
    drawn = Image.open(tmp_path / "plane.png")
    assert drawn.size == (PLANE, PLANE + 2 * LINE)
    pixels = np.asarray(drawn)
    step = PLANE // 25
    rims = pixels[1:PLANE:step, 1:PLANE:step]  # a corner of each cell
    for colour in COLOURS[:2]:
        rgb = tuple(bytes.fromhex(colour[1:]))
        assert (rims == rgb).all(axis=2).sum() == 15  # none lies on another
        assert (pixels[PLANE:] == rgb).all(axis=2).any()
