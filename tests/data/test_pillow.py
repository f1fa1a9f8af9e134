import io

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from PIL import Image, ImageFile

from featcls.data.pillow import PillowReader
from featcls.errors import UnreadableFrameError


def pixels(shape=(13, 17), dtype=np.uint8):
    return np.random.default_rng(0).integers(0, np.iinfo(dtype).max, shape, dtype, endpoint=True)


def encoded(image, kind, **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def read(tmp_path, data):
    path = tmp_path / "image.bin"
    path.write_bytes(data)
    reader = PillowReader()
    assert reader.understands(str(path), data[:4096])
    (frame,) = reader.frames(str(path))
    assert frame.frame_id == str(path)
    return frame


@pytest.mark.parametrize("kind", ["PNG", "BMP"])
def test_grey_of_8_bit_is_read_as_it_is(tmp_path, kind):
    frame = read(tmp_path, encoded(Image.fromarray(pixels()), kind))
    assert frame.image.dtype == np.uint8
    assert_array_equal(frame.image, pixels())
    assert frame.meta == {}


def test_grey_of_16_bit_is_read_as_it_is(tmp_path):
    wide = pixels(dtype=np.uint16)
    frame = read(tmp_path, encoded(Image.fromarray(wide), "PNG"))
    assert frame.image.dtype == np.uint16
    assert_array_equal(frame.image, wide)


def test_jpeg_is_what_pillow_decodes(tmp_path):
    data = encoded(Image.fromarray(pixels((40, 40))), "JPEG")
    assert_array_equal(read(tmp_path, data).image, np.asarray(Image.open(io.BytesIO(data))))


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "LA", "P"])
def test_grey_in_several_channels_becomes_the_same_one(tmp_path, mode):
    data = encoded(Image.fromarray(pixels()).convert(mode), "PNG")
    assert_array_equal(read(tmp_path, data).image, pixels())


def test_colour_becomes_luminance_and_says_so(tmp_path):
    colour = Image.fromarray(pixels((13, 17, 3)))
    frame = read(tmp_path, encoded(colour, "PNG"))
    assert_array_equal(frame.image, np.asarray(colour.convert("L")))
    assert "luminance" in frame.meta["colour"]


def test_a_palette_is_looked_up(tmp_path):
    image = Image.fromarray(np.array([[0, 1]], np.uint8)).convert("P")
    image.putpalette([255, 0, 0, 0, 0, 255])
    assert read(tmp_path, encoded(image, "PNG")).image.tolist() == [[76, 29]]


def test_black_and_white_becomes_0_and_1(tmp_path):
    image = Image.fromarray(np.array([[True, False, True]]))
    assert read(tmp_path, encoded(image, "PNG")).image.tolist() == [[1, 0, 1]]


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP"])
def test_every_truncation_is_refused(tmp_path, kind):
    data = encoded(Image.fromarray(pixels((40, 40))), kind)
    for end in np.linspace(30, len(data) - 3, 40).astype(int):
        with pytest.raises(UnreadableFrameError, match=r"image\.bin"):
            read(tmp_path, data[:end])


def test_a_png_with_a_flipped_byte_is_refused(tmp_path):
    data = bytearray(encoded(Image.fromarray(pixels()), "PNG"))
    data[60] ^= 1
    with pytest.raises(UnreadableFrameError, match="checksum of its 'IDAT'"):
        read(tmp_path, bytes(data))


def test_pixels_behind_a_wrong_checksum_of_a_text_are_refused_too(tmp_path):
    data = encoded(Image.fromarray(pixels()), "PNG")
    data = data[:-12] + b"\0\0\0\1tEXtx\0\0\0\0" + data[-12:]
    with pytest.raises(UnreadableFrameError, match="checksum of its 'tEXt'"):
        read(tmp_path, data)


def test_colour_of_16_bit_is_refused_and_not_cut_to_8(tmp_path):
    import struct
    import zlib

    def chunk(kind, body):
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    header = struct.pack(">IIBBBBB", 1, 1, 16, 2, 0, 0, 0)
    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header)
    data += chunk(b"IDAT", zlib.compress(b"\0" + bytes(6))) + chunk(b"IEND", b"")
    assert Image.open(io.BytesIO(data)).mode == "RGB"  # what Pillow would make of it
    with pytest.raises(UnreadableFrameError, match="16-bit grey PNG or as TIFF"):
        read(tmp_path, data)


def test_a_header_beyond_the_budget_is_refused_before_memory_is_taken(tmp_path):
    import struct
    import zlib

    data = bytearray(encoded(Image.fromarray(pixels()), "PNG"))
    data[16:24] = struct.pack(">II", 9000, 9000)
    data[29:33] = struct.pack(">I", zlib.crc32(data[12:29]))
    with pytest.raises(UnreadableFrameError, match=r"9000 x 9000.* limit is 64 Mpx"):
        read(tmp_path, bytes(data))


def test_a_bomb_within_the_budget_is_refused(tmp_path):
    blank = Image.fromarray(np.zeros((6000, 8000), np.uint16))
    with pytest.raises(
        UnreadableFrameError, match=r"6000 x 8000 pixels of 2 bytes, stored in \d+;"
    ):
        read(tmp_path, encoded(blank, "PNG", compress_level=9))


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_a_decompression_bomb_is_refused(tmp_path):
    data = bytearray(encoded(Image.fromarray(pixels()), "BMP"))
    data[18:26] = np.array([60_000, 60_000], "<i4").tobytes()
    with pytest.raises(UnreadableFrameError):
        read(tmp_path, bytes(data))


def test_it_refuses_to_work_where_pillow_was_told_to_fill_up_cut_images(tmp_path, monkeypatch):
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    with pytest.raises(UnreadableFrameError, match="LOAD_TRUNCATED_IMAGES = False"):
        read(tmp_path, encoded(Image.fromarray(pixels()), "PNG"))


def test_other_files_are_not_understood():
    for head in (b"", b"BM", b"GIF89a", b"II*\0", b"BMbut then some text that goes on"):
        assert not PillowReader().understands("x.png", head)


def test_a_file_that_is_gone_is_named(tmp_path):
    with pytest.raises(UnreadableFrameError, match=r"gone\.png"):
        PillowReader().frames(str(tmp_path / "gone.png"))[0]
