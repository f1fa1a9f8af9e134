"""Masks and geometry that HDF5 files state, against figures worked out by hand."""

import h5py
import numpy as np
import pytest
from numpy.testing import assert_array_equal

from featcls.data.hdf5.reader import Hdf5Reader
from featcls.dataset import open_dataset
from featcls.errors import UnreadableFrameError
from featcls.simulate.sfx import write_sfx

IMAGES = np.random.default_rng(0).integers(3, 200, (2, 4, 9, 8)).astype(np.uint16)


def written(folder, values, name="a.h5"):
    """File of data sets by path; a value with a unit is a pair."""
    path = str(folder / name)
    with h5py.File(path, "w") as file:
        for key, value in values.items():
            value, unit = value if isinstance(value, tuple) else (value, None)
            file[key] = value
            if unit:
                file[key].attrs["units"] = unit
    return path


def nexus(folder, images=IMAGES[0], **detector):
    fields = {f"entry/instrument/detector/{key}": value for key, value in detector.items()}
    return written(folder, {"entry/data/data": images, **fields})


def cxi(folder, images=IMAGES, beam=None, **detector):
    fields = {f"entry_1/instrument_1/detector_1/{key}": value for key, value in detector.items()}
    beams = {} if beam is None else {"entry_1/instrument_1/source_1/energy": beam}
    return written(folder, {"entry_1/data_1/data": images, **fields, **beams})


def first(path, **options):
    return Hdf5Reader(**options).frames(path)[0]


def test_nxmx_bits_that_make_a_pixel_unusable_are_masked_with_their_names(tmp_path):
    bits = np.zeros((9, 8), np.uint32)
    bits[0, 0], bits[1], bits[2, :3] = 1, 2, 1 | 16
    bits[3], bits[4, 0] = 1 << 31, 1 << 16
    path = nexus(tmp_path, pixel_mask=bits)
    for k, frame in enumerate(Hdf5Reader().frames(path)):
        assert_array_equal(frame.valid, (bits & 0xFFFF) == 0)
        assert_array_equal(frame.image, IMAGES[0, k] * frame.valid)
        assert frame.meta["masked"] == {"pixel_mask bit 0 (gap)": 4, "pixel_mask bit 1 (dead)": 8}
    assert first(path, mask_bits=16).meta["masked"] == {"pixel_mask bit 4 (noisy)": 3}
    assert first(path, mask_bits=0).mask is None
    assert first(path, flags=False).mask is None


def test_the_mask_of_dectris_files_is_found_where_they_have_it(tmp_path):
    bits = np.eye(9, 8, dtype=np.uint32)
    path = nexus(tmp_path, **{"detectorSpecific/pixel_mask": bits})
    assert_array_equal(first(path).mask, bits == 1)


def test_cxi_bits_of_peaks_regions_and_corrections_leave_a_pixel_in(tmp_path):
    bits = np.zeros((4, 9, 8), np.uint16)
    bits[0, 0] = 2 ** np.arange(8)
    bits[0, 1] = 2 ** np.arange(8, 16).astype(np.uint16)
    frame = first(cxi(tmp_path, mask=bits))
    out = [0, 1, 2, 3, 4, 6, 7], [1, 2, 4]
    assert np.flatnonzero(frame.mask[0]).tolist() == out[0]
    assert np.flatnonzero(frame.mask[1]).tolist() == out[1]
    assert frame.meta["masked"]["mask bit 3 (dead)"] == 1
    assert frame.mask.sum() == 10


@pytest.mark.parametrize("panels", ["slab", "each"])
@pytest.mark.parametrize("shape", [(2, 4, 9, 8), (4, 9, 8), (1, 4, 9, 8)])
def test_a_mask_goes_with_its_shot_and_its_panel(tmp_path, shape, panels):
    bits = np.random.default_rng(1).integers(0, 2, shape).astype(np.uint8)
    path = cxi(tmp_path, mask=bits)
    wanted = np.broadcast_to(bits, IMAGES.shape) != 0
    frames = Hdf5Reader(panels=panels).frames(path)
    wanted = wanted.reshape(len(frames), -1, 8)
    for frame, mask in zip(frames, wanted, strict=True):
        assert_array_equal(frame.mask, mask)


def test_a_mask_of_another_shape_is_refused_with_the_way_round_it(tmp_path):
    path = nexus(tmp_path, pixel_mask=np.zeros((9, 9), np.uint32))
    with pytest.raises(UnreadableFrameError, match=r"shape \(9, 9\).*option mask_bits"):
        first(path)
    assert first(path, mask_bits=0).mask is None


@pytest.mark.parametrize("layout", [nexus, cxi], ids=["nexus", "cxi"])
def test_a_mask_given_in_its_place_replaces_that_of_the_file_and_leaves_its_flags(
    tmp_path, layout
):
    name = "pixel_mask" if layout is nexus else "mask"
    images = IMAGES[0].copy()
    images[0, 0, 0] = 65535
    path = layout(tmp_path, images, **{name: np.full((9, 8), 4, np.uint32)})
    given = np.zeros((9, 8), np.uint8)
    given[3] = 1
    np.save(tmp_path / "mask.npy", given)
    own = {"mask": [str(tmp_path / "mask.npy")]}
    assert open_dataset(path, labelled=False, detector=own).frame(0).status == "masked"
    own["replace_mask"] = True
    frame = open_dataset(path, labelled=False, detector=own).frame(0)
    assert frame.meta["masked"] == {"flag 65535": 1, "mask mask.npy": 8}


def test_a_plain_mask_of_unknown_sense_is_not_used(tmp_path):
    path = written(tmp_path, {"x": IMAGES[0], "mask": np.ones((9, 8), bool)})
    assert first(path).mask is None


def test_limits_and_flags_of_the_detector_are_masked(tmp_path):
    images = IMAGES[0].copy()
    images[0, 0, :4] = 65535, 1000, 1001, 0
    path = nexus(tmp_path, images, saturation_value=1000, underload_value=1)
    assert first(path).meta["masked"] == {
        "flag 65535": 1,
        "below 1": 1,
        "saturated (> 1000)": 1,
    }
    assert first(path, flags=False).image[0, :4].tolist() == [65535, 1000, 1001, 0]


def test_255_is_a_flag_of_an_8_bit_counter_and_white_elsewhere(tmp_path):
    images = np.full((9, 8), 255, np.uint8)
    images[0] = 7
    assert first(nexus(tmp_path, images)).mask is None
    counted = nexus(tmp_path, images, **{"detectorSpecific/bit_depth_image": 8})
    assert first(counted).meta["masked"] == {"flag 255": 64}


def test_nxmx_geometry_in_pixels(tmp_path):
    # Borders are whole numbers: 4.0 lies between pixels 3 and 4, which are centred at 3 and 4.
    path = nexus(
        tmp_path,
        beam_center_x=(4.0, "pixel"),
        beam_center_y=(2.5, "pixels"),
        x_pixel_size=(75.0, "um"),
        y_pixel_size=(7.5e-5, "m"),
        detector_distance=(120.0, "mm"),
    )
    geometry = first(path).geometry
    assert geometry.beam_center == (2.0, 3.5)
    assert geometry.pixel_size == pytest.approx(75e-6)
    assert geometry.distance == pytest.approx(0.12)
    assert geometry.wavelength is None


def test_nxmx_geometry_as_lengths(tmp_path):
    # 1.72 mm are 10 pixels of 0.172 mm.
    path = nexus(
        tmp_path,
        beam_center_x=(1.72, "mm"),
        beam_center_y=(3.44e-3, "m"),
        x_pixel_size=(0.172, "mm"),
        y_pixel_size=(0.172, "mm"),
    )
    assert first(path).geometry.beam_center == pytest.approx((19.5, 9.5))


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("instrument/beam/incident_wavelength", (1.0, "angstrom")),
        ("sample/beam/incident_wavelength", (0.1, "nm")),
        ("instrument/monochromator/wavelength", (1e-10, "m")),
        # 12.39842 keV angstrom = h c
        ("instrument/monochromator/energy", (12.39842, "keV")),
        ("instrument/beam/incident_energy", (12398.42, "eV")),
        ("instrument/detector/detectorSpecific/photon_energy", (12398.42, "eV")),
    ],
)
def test_nxmx_wavelength_from_length_or_energy(tmp_path, place, value):
    path = nexus(tmp_path, distance=(1.0, "m"))
    with h5py.File(path, "a") as file:
        file[f"entry/{place}"] = value[0]
        file[f"entry/{place}"].attrs["units"] = value[1]
    assert first(path).geometry.wavelength == pytest.approx(1e-10, rel=1e-6)


def test_a_length_without_a_unit_is_left_out_and_said_so(tmp_path):
    path = nexus(tmp_path, distance=513.8, x_pixel_size=(0.0, "m"), y_pixel_size=(0.0, "m"))
    frame = first(path)
    assert frame.geometry is None
    assert frame.meta["geometry"] == "distance is left out: it has no unit"


def test_cxi_geometry_from_the_corner_of_the_first_pixel(tmp_path):
    # 0.8 mm of 0.2 mm pixels: 4 columns from the corner, 3.5 from the centre of the first.
    path = cxi(
        tmp_path,
        IMAGES[:, 0],
        beam=np.array([1.98644586e-15, 2 * 1.98644586e-15]),
        x_pixel_size=2e-4,
        y_pixel_size=2e-4,
        distance=0.1,
        corner_position=[8e-4, 6e-4, 0.1],
    )
    frames = Hdf5Reader().frames(path)
    assert frames[0].geometry.beam_center == pytest.approx((2.5, 3.5))
    assert frames[0].geometry.pixel_size == 2e-4
    assert frames[0].geometry.distance == 0.1
    # h c / E of each shot: 1.98644586e-25 / 1.98644586e-15.
    assert frames[0].geometry.wavelength == pytest.approx(1e-10)
    assert frames[1].geometry.wavelength == pytest.approx(0.5e-10)


def test_cxi_geometry_along_its_basis_vectors_for_each_panel(tmp_path):
    # Rows along +x, columns along -y: the beam lies 3 rows and 5 columns from the corner.
    slow, fast = [1e-4, 0, 0], [0, -1e-4, 0]
    path = cxi(
        tmp_path,
        x_pixel_size=1e-4,
        y_pixel_size=1e-4,
        basis_vectors=[[slow, fast]] * 4,
        corner_positions=[[-3e-4, 5e-4, 0.1]] + 3 * [[0.0, 0.0, 0.1]],
    )
    frames = Hdf5Reader(panels="each").frames(path)
    assert frames[4].geometry.beam_center == pytest.approx((2.5, 4.5))
    assert frames[3].geometry.beam_center == pytest.approx((-0.5, -0.5))
    assert first(path).geometry.beam_center is None


def test_simulated_geometry_comes_back(tmp_path):
    write_sfx(tmp_path / "out", 2, seed=1, format="hdf5", shape=(96, 80))
    (path,) = map(str, tmp_path.glob("out/*.h5"))
    with h5py.File(path) as file:
        detector = {
            key: value[()] for key, value in file["entry_1/instrument_1/detector_1"].items()
        }
    geometry = first(path).geometry
    assert geometry.beam_center == (detector["beam_center_y"], detector["beam_center_x"])
    assert geometry.pixel_size == detector["x_pixel_size"]
    assert geometry.distance == detector["distance"]
