import numpy as np
import pytest
import tifffile
from numpy.testing import assert_array_equal

from featcls.data.tiff import TiffReader
from featcls.errors import UnreadableFrameError


def pixels(shape=(12, 10), dtype=np.uint16):
    return np.random.default_rng(0).integers(0, 200, shape).astype(dtype)


def write(tmp_path, array, **options):
    path = tmp_path / "image.tif"
    tifffile.imwrite(path, array, **options)
    return str(path)


def read(path):
    with open(path, "rb") as file:
        assert TiffReader().understands(path, file.read(4096))
    frames = TiffReader().frames(path)
    try:
        return frames[:]
    finally:
        frames.close()


@pytest.mark.parametrize("dtype", ["u1", "u2", "u4", "i2", "i4", "f4", "f8"])
@pytest.mark.parametrize("byteorder", ["<", ">"])
def test_values_are_read_as_they_are(tmp_path, dtype, byteorder):
    array = pixels(dtype=dtype)
    (frame,) = read(write(tmp_path, array, byteorder=byteorder))
    assert frame.image.dtype == array.dtype
    assert_array_equal(frame.image, array)


@pytest.mark.parametrize(
    "options", [{"compression": "zlib"}, {"bigtiff": True}, {"tile": (16, 16)}]
)
def test_values_survive_every_way_of_storing(tmp_path, options):
    (frame,) = read(write(tmp_path, pixels(), **options))
    assert_array_equal(frame.image, pixels())


@pytest.mark.parametrize("options", [{"metadata": {}}, {"metadata": None}, {"imagej": True}])
def test_pages_are_frames(tmp_path, options):
    stack = pixels((3, 12, 10))
    path = write(tmp_path, stack, photometric="minisblack", **options)
    frames = read(path)
    assert [frame.frame_id for frame in frames] == [f"{path}#{i}" for i in range(3)]
    assert_array_equal([frame.image for frame in frames], stack)


@pytest.mark.parametrize("planar", ["contig", "separate"])
def test_colour_becomes_luminance_and_grey_in_colour_stays(tmp_path, planar):
    colour = pixels((12, 10, 3))
    axis = {"contig": -1, "separate": 0}[planar]
    stored = np.moveaxis(colour, -1, axis)
    (frame,) = read(write(tmp_path, stored, photometric="rgb", planarconfig=planar))
    assert_array_equal(frame.image, np.rint(colour @ [0.299, 0.587, 0.114]))
    grey = np.stack([pixels()] * 3, axis)
    (frame,) = read(write(tmp_path, grey, photometric="rgb", planarconfig=planar))
    assert_array_equal(frame.image, pixels())


def test_thumbnails_are_not_frames(tmp_path):
    path = tmp_path / "image.tif"
    with tifffile.TiffWriter(path) as tiff:
        tiff.write(pixels(), metadata=None)
        tiff.write(pixels((6, 5)), subfiletype=1, metadata=None)
    (frame,) = read(str(path))
    assert frame.shape == (12, 10)


def test_where_white_is_zero_the_frame_says_so(tmp_path):
    (frame,) = read(write(tmp_path, pixels(), photometric="miniswhite"))
    assert_array_equal(frame.image, pixels())
    assert "white is zero" in frame.meta["photometric"]


@pytest.mark.parametrize("options", [{}, {"compression": "zlib"}])
def test_every_truncation_is_refused(tmp_path, options):
    path = write(tmp_path, pixels((2, 40, 30)), metadata=None, **options)
    with open(path, "rb") as file:
        data = file.read()
    for end in np.linspace(4, len(data) - 1, 40).astype(int):
        with open(path, "wb") as file:
            file.write(data[:end])
        with pytest.raises(UnreadableFrameError, match=r"image\.tif"):
            read(path)


def test_strips_of_another_length_than_the_image_are_refused(tmp_path):
    path = write(tmp_path, pixels())
    with tifffile.TiffFile(path, mode="r+b") as tiff:
        tiff.pages[0].tags["ImageLength"].overwrite(11)
    with pytest.raises(UnreadableFrameError, match="240 bytes of pixels, its header asks for 220"):
        read(path)


@pytest.mark.parametrize("options", [{"tile": (16, 16)}, {"rowsperstrip": 4}])
@pytest.mark.parametrize("compression", [None, "zlib"])
def test_what_was_never_written_is_not_read_as_zeros(tmp_path, options, compression):
    path = write(tmp_path, pixels((30, 40)), compression=compression, **options)
    assert_array_equal(read(path)[0].image, pixels((30, 40)))
    with tifffile.TiffFile(path, mode="r+b") as tiff:
        tags = tiff.pages[0].tags
        counts = tags.get("TileByteCounts") or tags["StripByteCounts"]
        n = len(counts.value)
        counts.overwrite((0, *counts.value[1:]))
    with pytest.raises(UnreadableFrameError, match=f"it holds {n - 1} strips or tiles of {n}"):
        read(path)
    with tifffile.TiffFile(path, mode="r+b") as tiff:
        tiff.pages[0].tags["ImageLength"].overwrite(60)
    with pytest.raises(UnreadableFrameError, match=r"strips or tiles of (12|15)"):
        read(path)


@pytest.mark.parametrize("options", [{}, {"tile": (16, 16)}, {"rowsperstrip": 7}])
@pytest.mark.parametrize("tag", ["ImageWidth", "BitsPerSample"])
def test_packed_pixels_of_another_size_than_the_header_says_are_refused(tmp_path, options, tag):
    path = write(tmp_path, pixels((20, 32)), compression="zlib", **options)
    assert_array_equal(read(path)[0].image, pixels((20, 32)))
    with tifffile.TiffFile(path, mode="r+b") as tiff:
        tags = tiff.pages[0].tags
        tags[tag].overwrite({"ImageWidth": 16, "BitsPerSample": 8}[tag])
    with pytest.raises(UnreadableFrameError, match=r"its header asks for|strips or tiles of"):
        read(path)


@pytest.mark.parametrize("planar", ["contig", "separate"])
def test_tiles_of_colour_are_read(tmp_path, planar):
    colour = np.stack([pixels((30, 40))] * 3, -1 if planar == "contig" else 0)
    path = write(tmp_path, colour, tile=(16, 16), photometric="rgb", planarconfig=planar)
    assert_array_equal(read(path)[0].image, pixels((30, 40)))


def test_a_header_beyond_the_budget_is_refused(tmp_path):
    path = write(tmp_path, pixels(), compression="zlib")
    with tifffile.TiffFile(path, mode="r+b") as tiff:
        tiff.pages[0].tags["ImageLength"].overwrite(2**31)
    with pytest.raises(UnreadableFrameError, match="limit is 64 Mpx"):
        read(path)


def test_a_bomb_is_refused(tmp_path):
    options = {"compression": "zlib", "compressionargs": {"level": 9}, "rowsperstrip": 6000}
    path = write(tmp_path, np.zeros((6000, 6000), np.uint16), **options)
    with pytest.raises(UnreadableFrameError, match=r"6000 x 6000 .* stored in \d+; the limit"):
        read(path)


def test_complex_numbers_and_palettes_are_refused(tmp_path):
    with pytest.raises(UnreadableFrameError, match="complex"):
        read(write(tmp_path, pixels().astype(np.complex64)))
    palette = np.zeros((3, 256), np.uint16)
    with pytest.raises(UnreadableFrameError, match="palette"):
        read(write(tmp_path, pixels(dtype="u1"), photometric="palette", colormap=palette))


def test_a_list_of_pages_that_goes_in_a_circle_or_off_into_garbage_is_refused(tmp_path):
    path = tmp_path / "image.tif"
    write(tmp_path, pixels((2, 12, 10)), photometric="minisblack", metadata=None)
    with tifffile.TiffFile(path) as tiff:
        first, second = (page.offset for page in tiff.pages)
    whole = bytearray(path.read_bytes())
    n_tags = int.from_bytes(whole[second : second + 2], "little")
    end = second + 2 + 12 * n_tags
    whole[end : end + 4] = first.to_bytes(4, "little")
    path.write_bytes(whole)
    with pytest.raises(UnreadableFrameError, match="its list of pages leads in a circle"):
        read(str(path))
    whole[second : second + 2] = b"\xff\xff"
    path.write_bytes(whole)
    with pytest.raises(UnreadableFrameError, match="claims 65535 tags; the limit is 1000"):
        read(str(path))
