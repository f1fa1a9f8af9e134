"""pyFAI geometry files."""

from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from featcls.detector.poni import parse_poni, read_poni
from featcls.errors import DataError

TILTED = """# Nota: C-Order, 1 refers to the Y axis, 2 to the X axis
poni_version: 2
Detector: Pilatus1M
Detector_config: {}
PixelSize1: 0.000172
PixelSize2: 0.000172
Distance: 1.2
Poni1: 0.08
Poni2: 0.09
Rot1: 0.02
Rot2: -0.03
Rot3: 0.5
Wavelength: 1e-10
"""


def in_the_laboratory(p1, p2, distance, rot1, rot2, rot3):
    """Positions along axes 1, 2, 3, as pyFAI's documentation gives them for its left-handed
    rotations about 1 and 2 and the right-handed one about 3."""
    (c1, c2, c3), (s1, s2, s3) = np.cos([rot1, rot2, rot3]), np.sin([rot1, rot2, rot3])
    x1 = p1 * c2 * c3 + p2 * (c3 * s1 * s2 - c1 * s3) - distance * (c1 * c3 * s2 + s1 * s3)
    x2 = p1 * c2 * s3 + p2 * (c1 * c3 + s1 * s2 * s3) - distance * (-c3 * s1 + c1 * s2 * s3)
    x3 = p1 * s2 - p2 * c2 * s1 + distance * c1 * c2
    return x1, x2, x3


def test_the_beam_goes_through_the_centre_of_a_tilted_detector():
    geometry = parse_poni(TILTED)
    row, col = geometry.beam_center
    p1, p2 = (row + 0.5) * 0.000172 - 0.08, (col + 0.5) * 0.000172 - 0.09
    x1, x2, x3 = in_the_laboratory(p1, p2, 1.2, 0.02, -0.03, 0.5)
    assert abs(x1) < 1e-12
    assert abs(x2) < 1e-12
    assert x3 == pytest.approx(geometry.distance, rel=1e-9)
    assert geometry.wavelength == 1e-10


def test_the_newest_block_and_version_2_pixels_count(tmp_path):
    text = TILTED.replace("PixelSize1: 0.000172\nPixelSize2: 0.000172\n", "")
    text = text.replace("{}", '{"pixel1": 7.5e-05, "pixel2": 7.5e-05}')
    (tmp_path / "a.poni").write_text(TILTED + text)
    assert read_poni(str(tmp_path / "a.poni")).pixel_size == 7.5e-05


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("Distance: 1.2\n", "", "has no distance"),
        ("Distance: 1.2", "Distance: -1", "distance is -1"),
        ("Poni1: 0.08", "Poni1: far", "could not convert"),
        ("PixelSize1: 0.000172", "PixelSize1: 0.0003", "wanted square ones"),
        ("{}", "{not json", "cannot be meant"),
        ("{}", "[1]", "cannot be meant"),
    ],
)
def test_what_cannot_be_meant_is_named(old, new, words):
    with pytest.raises(DataError, match=words):
        parse_poni(TILTED.replace(old, new))


@given(st.integers(0, len(TILTED)), st.integers(0, len(TILTED)), st.text(max_size=6))
def test_a_damaged_file_gives_a_geometry_or_one_error(start, end, text):
    with suppress(DataError):
        parse_poni(TILTED[: min(start, end)] + text + TILTED[max(start, end) :])
