"""Real diffraction images in the formats of their detectors."""

import csv
import os
from pathlib import Path

import pytest

from featcls.dataset import open_dataset

ROOT = Path(os.environ.get("FEATCLS_SHARED_DATA", Path(__file__).parents[3] / "shared" / "data"))
FOLDER = ROOT / "diffraction_native"
ROWS = []
if (FOLDER / "manifest.csv").is_file():
    with open(FOLDER / "manifest.csv", newline="") as file:
        ROWS = list(csv.DictReader(file))


@pytest.mark.skipif(not ROWS, reason="needs the real images of FEATCLS_SHARED_DATA")
def test_there_are_37_files():
    assert len(ROWS) == 37


@pytest.mark.parametrize("row", ROWS, ids=[row["file"] for row in ROWS])
def test_a_file_is_read_with_the_pixels_that_its_manifest_states(row):
    data = open_dataset(FOLDER / row["file"], labelled=False, options={"flags": False})
    n, low, high = 0, [], []
    for frame in data.frames():
        assert frame.mask is None
        n += frame.image.size
        low.append(int(frame.image.min()))
        high.append(int(frame.image.max()))
    sides = [int(side) for side in row["shape"].split("x")]
    pixels = 1
    for side in sides:
        pixels *= side
    assert n == pixels
    assert frame.shape[1] == sides[-1]
    assert frame.image.dtype.str.lstrip("<>|") == _short(row["dtype"])
    assert (min(low), max(high)) == (int(row["min"]), int(row["max"]))


def _short(dtype):
    return {"int32": "i4", "int16": "i2", "uint32": "u4", "uint8": "u1"}.get(dtype, "u2")


@pytest.mark.skipif(not ROWS, reason="needs the real images of FEATCLS_SHARED_DATA")
def test_grid_scan_frames_carry_their_masks_and_their_beam():
    frame = open_dataset(FOLDER / "thaumatin_grid/thau_3_2_0016.cbf.bz2", labelled=False).frame(0)
    masked = frame.meta["masked"]
    # A PILATUS 6M has 5 x 12 modules with gaps of 7 and 17 pixels, all of them -1.
    assert masked["flag -1"] == 2527 * 2463 - 60 * 195 * 487
    assert masked["flag -2"] > 0
    assert frame.mask.sum() == sum(masked.values())
    assert frame.geometry.beam_center == pytest.approx((1306.46, 1261.11))
