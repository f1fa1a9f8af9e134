"""Formats of detectors: what is read, and that nothing short or damaged is."""

import gzip
import struct
from contextlib import suppress

import numpy as np
import pytest

from data.samples import FORMATS, STACKS, edf, spe
from featcls.dataset import open_dataset
from featcls.errors import DataError, UnreadableFrameError
from featcls.plugins import registry
from featcls.preprocess.quantise import Quantise

IMAGE = np.random.default_rng(0).poisson(300.0, (13, 17)).astype(np.int64)
NO_CHECKSUM = {".img", ".edf", ".spe", ".mib", ".idx", ".pgm", ".npy", ".tif"}


def opened(path, **options):
    return open_dataset(path, labelled=False, options=options)


@pytest.mark.parametrize("ending", FORMATS)
def test_the_same_picture_in_every_format_gives_the_same_pixels(tmp_path, ending):
    path = tmp_path / f"a{ending}"
    FORMATS[ending](path, IMAGE)
    data = opened(path)
    frame = data.frame(0)
    assert len(data) == 1
    assert frame.mask is None
    assert np.array_equal(frame.image, IMAGE)
    assert data.frame_ids == [f"a{ending}"]


OF_COUNTS = ("ccf", "intensity", "spots")  # the others want grey levels


@pytest.mark.parametrize("name", registry().names("extractor"))
def test_the_same_picture_in_every_format_gives_the_same_features(tmp_path, name):
    if name == "sift_bovw":
        pytest.importorskip("cv2")
    image = np.random.default_rng(3).poisson(30.0, (64, 60)).astype(np.int64)
    rows, cols = np.indices(image.shape)
    for row, col, width in ((20, 31, 2), (44, 12, 8), (40, 44, 20)):
        far = (rows - row) ** 2 + (cols - col) ** 2
        image += (900 * np.exp(-far / width)).astype(np.int64)
    extractor = registry().get("extractor", name).factory()
    found = {}
    for ending in (".png", ".tif", ".h5", ".cbf", ".mar345", ".edf"):
        path = tmp_path / f"a{ending}"
        FORMATS[ending](path, image)
        frame = opened(path).frame(0).replace(geometry=None)  # some formats state one
        levels = Quantise(levels=256, range="frame").apply(frame)
        frame = frame if name in OF_COUNTS else levels
        found[ending] = (extractor if found else extractor.fit([frame])).transform([frame])
    assert found[".png"].any()
    assert {vector.tobytes() for vector in found.values()} == {found[".png"].tobytes()}


READERS = {
    ".img": "smv",
    ".edf": "edf",
    ".spe": "spe",
    ".mib": "mib",
    ".idx": "idx",
    ".cbf": "cbf",
    ".mar345": "mar345",
}


@pytest.mark.parametrize("ending", READERS)
def test_its_reader_is_chosen_by_the_bytes_whatever_the_file_is_called(tmp_path, ending):
    path = tmp_path / "a.dat"
    FORMATS[ending](path, IMAGE)
    assert open_dataset(path, labelled=False).pixels_id == (
        open_dataset(path, labelled=False, reader=READERS[ending]).pixels_id
    )


@pytest.mark.parametrize("ending", STACKS)
def test_frames_of_a_stack_are_named_by_their_index(tmp_path, ending):
    path = tmp_path / f"a{ending}"
    STACKS[ending](path, IMAGE, 3)
    data = opened(path)
    assert data.frame_ids == [f"a{ending}#{i}" for i in range(3)]
    assert all(np.array_equal(data.frame(i).image, IMAGE + i) for i in range(3))


@pytest.mark.parametrize("ending", FORMATS)
def test_no_truncation_goes_unnoticed(tmp_path, ending):
    path = tmp_path / f"cut{ending}"
    FORMATS[ending](path, IMAGE)
    whole = path.read_bytes()
    # An HDF5 file may end in space that holds nothing, a CBF in an empty line.
    sizes = np.random.default_rng(1).integers(1, len(whole) - 4, 60).tolist()
    sizes += [] if ending in (".h5", ".cbf") else [len(whole) - 1]
    for size in sizes:
        path.write_bytes(whole[:size])
        with pytest.raises((UnreadableFrameError, DataError), match=f"cut{ending}"):
            opened(path).frame(0)


@pytest.mark.parametrize("ending", sorted(NO_CHECKSUM))
def test_what_is_too_long_is_not_what_it_says(tmp_path, ending):
    if ending in (".tif",):
        pytest.skip("a TIFF may hold anything between its pieces")
    path = tmp_path / f"long{ending}"
    FORMATS[ending](path, IMAGE)
    path.write_bytes(path.read_bytes() + b"\0")
    with pytest.raises((UnreadableFrameError, DataError), match="long"):
        opened(path).frame(0)


@pytest.mark.parametrize("ending", FORMATS)
def test_a_damaged_file_is_read_or_refused_with_our_error(tmp_path, ending):
    rng = np.random.default_rng(2)
    path = tmp_path / f"bad{ending}"
    FORMATS[ending](path, IMAGE)
    whole = np.frombuffer(path.read_bytes(), np.uint8)
    for _ in range(40):  # `make fuzz` looks at many more, and at how long they take
        damaged = whole.copy()
        at = rng.integers(0, min(len(whole), 600), rng.integers(1, 4))
        damaged[at] = rng.integers(0, 256, len(at))
        path.write_bytes(damaged.tobytes())
        with suppress(DataError):  # UnreadableFrameError is one
            assert opened(path).frame(0).image.size <= 64 * 2**20


def test_flips_within_the_pixels_of_a_cbf_are_found(tmp_path):
    path = tmp_path / "a.cbf"
    FORMATS[".cbf"](path, IMAGE)
    whole = path.read_bytes()
    start = whole.index(b"\x0c\x1a\x04\xd5") + 4
    for at in range(start, start + 200, 7):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 8]) + whole[at + 1 :])
        with pytest.raises(UnreadableFrameError, match="MD5"):
            opened(path).frame(0)


def test_a_cbf_without_a_checksum_still_shows_a_missing_end(tmp_path):
    path = tmp_path / "a.cbf"
    FORMATS[".cbf"](path, IMAGE)
    lines = path.read_bytes().split(b"\r\n")
    bare = b"\r\n".join(line for line in lines if not line.startswith(b"Content-MD5"))
    path.write_bytes(bare)
    assert np.array_equal(opened(path).frame(0).image, IMAGE)
    size = next(line for line in lines if line.startswith(b"X-Binary-Size:")).split()[1]
    start = bare.index(b"\x0c\x1a\x04\xd5") + 4
    shorter = bare.replace(b"X-Binary-Size: " + size, b"X-Binary-Size: %d" % (int(size) - 9))
    end = start + len(shorter) - len(bare) + int(size)
    path.write_bytes(shorter[: end - 9] + shorter[end:])
    with pytest.raises(UnreadableFrameError, match=r"a\.cbf"):
        opened(path).frame(0)


@pytest.mark.parametrize("size", [4093, 4094, 4096, 4097, 70_000])
def test_headers_of_an_edf_may_have_any_length(tmp_path, size):
    path = tmp_path / "a.edf"
    edf(path, IMAGE)
    head, pixels = path.read_bytes()[:512], path.read_bytes()[512:]
    longer = head[:-2] + b" " * (size - 512) + head[-2:]
    path.write_bytes(2 * (longer + pixels))
    assert [opened(path).frame(i).image.tolist() for i in (0, 1)] == 2 * [IMAGE.tolist()]
    path.write_bytes(longer[:-2])
    with pytest.raises(DataError, match="cut short"):
        opened(path).frame(0)


def test_geometry_and_its_conversions(tmp_path):
    path = tmp_path / "a.edf"
    edf(path, IMAGE)
    geometry = opened(path).frame(0).geometry
    # Center_1 = 7.5 is the middle of the 8th column, Center_2 = 4 the border of two rows.
    assert geometry.beam_center == (3.5, 7.0)
    assert (geometry.pixel_size, geometry.distance, geometry.wavelength) == (1e-4, 0.2, 1e-10)
    FORMATS[".img"](tmp_path / "a.img", IMAGE)
    frame = opened(tmp_path / "a.img").frame(0)
    assert frame.geometry.beam_center is None
    assert frame.meta["beam_center_stated"] == "12.5, 14"
    assert frame.geometry.distance == pytest.approx(0.53185)
    assert frame.geometry.wavelength == pytest.approx(1.25e-10)


def test_a_plate_has_its_overflows_in_a_table(tmp_path):
    image = IMAGE.copy()
    image[0, 2] = 123456
    path = tmp_path / "a.mar345"
    FORMATS[".mar345"](path, image)
    frame = opened(path).frame(0)
    assert np.array_equal(frame.image, image)
    assert frame.geometry.beam_center == (6.0, 8.0)
    assert frame.geometry.pixel_size == pytest.approx(150e-6)
    assert frame.geometry.wavelength == pytest.approx(1.54179e-10)


def plate(folder, pixels, packed):
    """A mar345 file of a given size and packing."""
    path = folder / "p.mar345"
    FORMATS[".mar345"](path, IMAGE)
    head, _, _ = path.read_bytes().partition(b"\nCCP4")
    rows, cols = pixels
    path.write_bytes(head + b"\nCCP4 packed image, X: %04d, Y: %04d\n" % (cols, rows) + packed)
    return path


def chunk(count_code, bits_code, *values):
    """A chunk of the packing that fills whole bytes or begins one: code, then its values."""
    widths = (0, 4, 5, 6, 7, 8, 16, 32)
    bits = count_code | bits_code << 3
    for k, value in enumerate(values):
        bits |= value << 6 + widths[bits_code] * k
    return bits, 6 + widths[bits_code] * (1 << count_code)


def test_a_plate_whose_packing_begins_with_white_space_is_read(tmp_path):
    first, n_first = chunk(2, 1, 0, 0, 0, 0)  # the byte 0x0a, a new line
    rest, n_rest = chunk(2, 2, 9, 1, 1, 1)
    bits = first | rest << n_first
    packed = bits.to_bytes(-(-(n_first + n_rest) // 8), "little")
    assert packed[:1] == b"\n"
    path = plate(tmp_path, (2, 4), packed)
    values = np.frombuffer(path.read_bytes()[4096:4160], "<i4")[:2]
    image = opened(path).frame(0).image.ravel()
    # The first row, and one more pixel, are running sums; the table of overflows has one.
    assert image[:2].tolist() + image[3:5].tolist() == [0, 0, 0, 9]
    assert image[values[0] - 1] == values[1]


def test_a_plate_whose_chunks_do_not_fit_its_pixels_is_refused(tmp_path):
    bits, n = chunk(3, 0)  # eight zeros
    path = plate(tmp_path, (2, 3), bits.to_bytes(-(-n // 8), "little"))
    with pytest.raises(UnreadableFrameError, match="hold 8 pixels, its header asks for 6"):
        opened(path).frame(0)
    path = plate(tmp_path, (1, 8), bits.to_bytes(-(-n // 8), "little"))
    with pytest.raises(UnreadableFrameError, match="asks for 1 x 8 pixels"):
        opened(path).frame(0)


@pytest.mark.parametrize("end", [b"\x80", b"\x80\x00\x80", b"\x80\x00\x80\0\0\0\x80\1"])
def test_byte_offsets_that_end_within_an_escape_are_refused(end):
    from featcls.data.cbf_codecs import byte_offset

    whole = b"\1\2" + b"\x80\0\1"
    pixels = byte_offset(whole, (1, 1, 3), np.dtype("<i4"), True)
    assert pixels.tolist() == [1, 3, 259]
    with pytest.raises(ValueError, match="do not unpack"):
        byte_offset(b"\1\2" + end, (1, 1, 3), np.dtype("<i4"), True)


def test_a_mini_cbf_gives_beam_flags_and_cutoff(tmp_path):
    image = IMAGE.copy()
    image[0, :3] = -1, -2, 5000
    path = tmp_path / "a.cbf"
    FORMATS[".cbf"](path, image)
    about = (
        b"# Detector: PILATUS 100K\r\n# Pixel_size 172e-6 m x 172e-6 m\r\n"
        b"# Count_cutoff 4999 counts\r\n# Wavelength 0.96859 A\r\n"
        b"# Detector_distance 0.35100 m\r\n# Beam_xy (10.5, 6.0) pixels\r\n"
    )
    first, _, rest = path.read_bytes().partition(b"\n")
    path.write_bytes(first + b"\n" + about + rest)
    frame = opened(path).frame(0)
    assert frame.geometry.beam_center == (5.5, 10.0)
    assert frame.geometry.pixel_size == pytest.approx(172e-6)
    assert frame.meta["masked"] == {"flag -2": 1, "flag -1": 1, "saturated (> 4999)": 1}
    assert np.argwhere(frame.mask).tolist() == [[0, 0], [0, 1], [0, 2]]
    assert np.array_equal(opened(path, flags=False).frame(0).image, image)


def test_an_spe_of_version_3_ends_with_its_footer(tmp_path):
    path = tmp_path / "a.spe"
    spe(path, IMAGE, 2, version=3.0)
    assert np.array_equal(opened(path).frame(1).image, IMAGE + 1)
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(DataError, match="cut short"):
        opened(path).frame(0)


def test_labels_of_idx_lie_beside_the_images_compressed_or_not(tmp_path):
    images = np.arange(3 * 20, dtype=np.uint8).reshape(3, 4, 5)
    head = struct.pack(">4B3I", 0, 0, 8, 3, 3, 4, 5)
    labels = struct.pack(">4BI3B", 0, 0, 8, 1, 3, 7, 1, 7)
    for folder, packed in (tmp_path / "plain", bytes), (tmp_path / "gz", gzip.compress):
        folder.mkdir()
        end = ".gz" if packed is gzip.compress else ""
        (folder / f"t-images-idx3-ubyte{end}").write_bytes(packed(head + images.tobytes()))
        (folder / f"t-labels-idx1-ubyte{end}").write_bytes(packed(labels))
        for source in folder, folder / f"t-images-idx3-ubyte{end}":
            data = open_dataset(source)
            assert data.classes == ("1", "7")
            assert data.y.tolist() == [1, 0, 1]
            assert np.array_equal(data.frame(2).image, images[2])


def test_fabio_reads_only_where_it_is_named(tmp_path):
    path = tmp_path / "a.cbf"
    FORMATS[".cbf"](path, IMAGE)
    data = open_dataset(path, reader="fabio", labelled=False)
    assert np.array_equal(data.frame(0).image, IMAGE)
    (tmp_path / "b.sfrm").write_bytes(b"FORMAT :  86" + bytes(600))
    with pytest.raises(DataError, match="no reader understands it"):
        open_dataset(tmp_path / "b.sfrm", labelled=False).frame(0)
