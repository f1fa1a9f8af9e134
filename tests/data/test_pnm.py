import numpy as np
import pytest
from numpy.testing import assert_array_equal

from featcls.data.pnm import PnmReader
from featcls.errors import UnreadableFrameError


def read(tmp_path, data):
    path = tmp_path / "image.pgm"
    path.write_bytes(data)
    assert PnmReader().understands(str(path), data[:4096])
    (frame,) = PnmReader().frames(str(path))
    return frame


def test_bytes_are_read_as_they_are(tmp_path):
    frame = read(tmp_path, b"P5 3 2 255\n" + bytes(range(6)))
    assert frame.image.dtype == np.uint8
    assert frame.image.tolist() == [[0, 1, 2], [3, 4, 5]]


def test_levels_of_12_bit_are_not_rescaled(tmp_path):
    values = np.array([[0, 1, 4095]], ">u2")
    frame = read(tmp_path, b"P5\n# counts\n3 1\n4095\n" + values.tobytes())
    assert frame.image.dtype == np.uint16
    assert frame.image.tolist() == [[0, 1, 4095]]


def test_text_and_binary_give_the_same(tmp_path):
    text = read(tmp_path, b"P2\n2 2 # size\n300\n1 2 # row\n3 300\n")
    binary = read(tmp_path, b"P5 2 2 300\n" + np.array([1, 2, 3, 300], ">u2").tobytes())
    assert_array_equal(text.image, binary.image)


def test_colour_becomes_luminance_and_says_so(tmp_path):
    frame = read(tmp_path, b"P6 2 1 255\n" + bytes([255, 0, 0, 9, 9, 9]))
    assert frame.image.tolist() == [[76, 9]]
    assert "luminance" in frame.meta["colour"]


@pytest.mark.parametrize("change", [-1, +1])
def test_any_other_length_than_the_header_says_is_refused(tmp_path, change):
    with pytest.raises(UnreadableFrameError, match=f"has {6 + change} bytes .* asks for 6"):
        read(tmp_path, b"P5 3 2 255\n" + bytes(6 + change))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"P2 2 1 255\n7", "1 values for 1 x 2 x 1"),
        (b"P2 2 1 255\n7 x", "invalid literal"),
        (b"P2 2 1 255\n7 99999999999999999999", "too large|out of bounds"),
        (b"P5 2 1 99999\n" + bytes(4), "largest value is 99999"),
        (b"P5 2 1 10\n" + bytes([3, 11]), "holds 11, its header says at most 10"),
        (b"P5 0 5 255\n", "shape"),
        (b"P5 90000 90000 255\n", "limit is 64 Mpx"),
    ],
)
def test_what_cannot_be_meant_is_refused(tmp_path, data, message):
    with pytest.raises(UnreadableFrameError, match=message):
        read(tmp_path, data)


def test_other_files_are_not_understood():
    for head in (b"", b"P5", b"P7 1 1", b"P5 is the best page"):
        assert not PnmReader().understands("x.pgm", head)
