"""CrystFEL geometry files."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from featcls.detector.crystfel import parse_geom, read_geom, vector
from featcls.errors import DataError
from two_panels import TWO


def test_a_file_of_two_panels_is_read_as_its_manual_says():
    geom = parse_geom(TWO)
    first, second = geom.panels
    assert (first.name, first.shape, first.place) == ("q0a0", (185, 194), (0,))
    assert (first.fs, first.ss) == ((-0.0057, 0.9999), (-0.9999, -0.0057))
    assert (second.fs, second.ss, second.place) == ((0.0, 1.0), (-1.0, 0.0), (1,))
    assert second.corner == (443.1, 151.0)
    assert geom.no_index == {"q0a1"}
    assert geom.edge == {"q0a0": 1, "q0a1": 0}
    # A default counts for the panels after it.
    assert geom.flags["q0a0"] == {"flag_morethan": 14000.0}
    assert geom.flags["q0a1"] == {"flag_morethan": 9000.0}
    assert [(mask.data, mask.file, mask.bad) for mask in geom.masks] == [
        ("/entry/mask", "", 0xFFFF),
        ("/mask", "bad.h5", 0),
    ]


def test_lengths_are_metres_and_energies_become_wavelengths():
    geometry = parse_geom(TWO).geometry
    assert geometry.distance == pytest.approx(0.0805)
    assert geometry.pixel_size == pytest.approx(109.92e-6, rel=1e-6)
    assert geometry.wavelength == pytest.approx(1.30510e-10, rel=1e-5)  # 12.39842 / 9.5 A
    stated = parse_geom(TWO.replace("photon_energy = 9.5 keV", "wavelength = 1.2 A"))
    assert stated.geometry.wavelength == pytest.approx(1.2e-10)
    stored = parse_geom(TWO.replace("clen = 80 mm", "clen = /LCLS/detector_1/EncoderValue"))
    assert stored.geometry.distance is None


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("q0a0/max_ss = 184\n", "", "panel q0a0 has no max_ss"),
        ("q0a0/max_ss = 184", "q0a0/max_ss = -3", r"panel q0a0: it has rows \(0, -3\)"),
        ("corner_x = 443.8", "corner_x = nan", "corner is"),
        ("corner_x = 443.8", "corner_x = here", "panel q0a0: could not convert"),
        ("q0a0/fs = -0.0057x +0.9999y", "q0a0/fs = north", "'north' is no direction"),
        ("res = 9097.52", "res = 0", "res, clen, photon_energy or wavelength: "),
        ("badrow/panel = q0a0", "badrow/panel = q9", "names panel q9"),
        ("badrow/min_ss = 0\n", "", "region badrow has"),
        ("clen = 80 mm", "clen", "line 4 is 'clen'"),
        ("clen = 80 mm", "clen = 80 furlong", "res, clen, photon_energy or wavelength: "),
        ("q0a1/dim1 = 1\n", "", "different numbers of dimensions"),
    ],
)
def test_what_cannot_be_meant_is_named(old, new, words):
    assert old in TWO
    with pytest.raises(DataError, match=words):
        parse_geom(TWO.replace(old, new))


def test_a_file_without_panels_or_that_is_no_text_is_refused(tmp_path):
    (tmp_path / "a.geom").write_text("clen = 1\n")
    with pytest.raises(DataError, match="names no panel"):
        read_geom(str(tmp_path / "a.geom"))
    (tmp_path / "b.geom").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DataError, match="not a text file"):
        read_geom(str(tmp_path / "b.geom"))
    with pytest.raises(DataError, match="cannot read"):
        read_geom(str(tmp_path / "c.geom"))


@given(st.integers(0, len(TWO)), st.integers(0, len(TWO)), st.text(max_size=6))
def test_a_damaged_file_gives_a_geometry_or_one_error(start, end, text):
    damaged = TWO[: min(start, end)] + text + TWO[max(start, end) :]
    with suppress(DataError):
        assert parse_geom(damaged).panels


@given(st.floats(-9, 9), st.floats(-9, 9))
def test_a_direction_is_read_as_it_is_written(x, y):
    assert vector(f"{x:+f}x {y:+f}y +0.001z") == (float(f"{x:f}"), float(f"{y:f}"))
